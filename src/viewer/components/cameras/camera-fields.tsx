import { describeSource, isNetworkAddress, isRtsp } from '../../lib/source-form.js';
import { models } from '../../state/streams.js';
import { Check } from '../icons.js';
import { Segmented } from '../stream/controls.js';
import { Trouble } from '../trouble.js';
import type { CameraForm, Probe } from './use-camera-form.js';

/** Address and log-in of a camera. */
export function SourceFields({ form }: { readonly form: CameraForm }) {
  const { edit } = form;
  const { url, transport } = form.source.value;
  return (
    <fieldset class="plain">
      <legend class="visually-hidden">Source</legend>
      <label class="field">
        <span class="field-name">Address</span>
        <input
          type="text"
          name="url"
          required
          data-first
          maxLength={4096}
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          placeholder="rtsp://192.0.2.10/stream1"
          value={url}
          onInput={(event) => edit({ url: event.currentTarget.value })}
        />
        <small>RTSP, HTTP (MJPEG, HLS), a file on the server, or a device such as /dev/video0</small>
      </label>
      {isNetworkAddress(url) && <UserFields form={form} />}
      {isRtsp(url) && (
        <div class="field">
          <span class="field-name">Transport</span>
          <Segmented
            label="Transport"
            value={transport}
            options={[
              { value: 'tcp', label: 'TCP', title: 'Passes routers and firewalls; the usual choice' },
              { value: 'udp', label: 'UDP', title: 'For cameras that offer nothing else' },
            ]}
            onChoose={(chosen) => edit({ transport: chosen })}
          />
        </div>
      )}
    </fieldset>
  );
}

function UserFields({ form: { source, edit } }: { readonly form: CameraForm }) {
  const { user, password } = source.value;
  return (
    <div class="field-pair">
      <label class="field">
        <span class="field-name">User</span>
        <input
          type="text"
          name="camera-user"
          maxLength={256}
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          value={user}
          onInput={(event) => edit({ user: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span class="field-name">Password</span>
        <input
          type="password"
          name="camera-password"
          maxLength={256}
          autoComplete="new-password"
          value={password}
          onInput={(event) => edit({ password: event.currentTarget.value })}
        />
      </label>
    </div>
  );
}

/** What the source said when it was asked. */
export function ProbeResult({ probe }: { readonly probe: Probe }) {
  return (
    <div aria-live="polite">
      {probe.kind === 'running' && (
        <p class="probe-running">
          <span class="spinner" aria-hidden="true" /> Asking the source…
        </p>
      )}
      {probe.kind === 'found' && (
        <section class="found">
          <h3>
            <Check size={18} /> It answers
          </h3>
          <dl>
            {describeSource(probe.info).map(([term, value]) => (
              <div key={term}>
                <dt>{term}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {probe.kind === 'refused' && <Trouble title="It can't be used now" error={probe.error} />}
    </div>
  );
}

/** What a camera is called, and which network it gets. */
export function NameAndModel({ form: { name, named, model } }: { readonly form: CameraForm }) {
  return (
    <>
      <label class="field">
        <span class="field-name">Name</span>
        <input
          type="text"
          name="name"
          required
          maxLength={100}
          autoComplete="off"
          value={name.value}
          onInput={(event) => {
            named.value = true;
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      {models.value.length > 0 && (
        <label class="field">
          <span class="field-name">Model</span>
          <select value={model.value} onChange={(event) => (model.value = event.currentTarget.value)}>
            {models.value.map((option) => (
              <option key={option.name} value={option.name} selected={option.name === model.value}>
                {option.name}, {option.classes.length} classes{option.default ? ' (default)' : ''}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}
