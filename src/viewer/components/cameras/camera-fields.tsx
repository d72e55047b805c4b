import { describeSource, isNetworkAddress, isRtsp } from '../../lib/source-form.js';
import { models } from '../../state/streams.js';
import { Facts } from '../facts.js';
import { Check } from '../icons.js';
import { Segmented } from '../stream/controls.js';
import { Trouble } from '../trouble.js';
import type { CameraForm, Probe } from './use-camera-form.js';

function TextField(props: {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onEdit: (text: string) => void;
  readonly maxLength: number;
  readonly required?: boolean;
  /** Has the focus when the dialog opens. */
  readonly first?: boolean;
  readonly secret?: boolean;
  /** Words, with which keyboards may help. */
  readonly prose?: boolean;
  readonly placeholder?: string;
  readonly hint?: string;
}) {
  const {
    label,
    name,
    value,
    onEdit,
    maxLength,
    required = false,
    first,
    secret,
    prose = false,
    placeholder,
    hint,
  } = props;
  return (
    <label class="field">
      <span class="field-name">{label}</span>
      <input
        {...(secret ? { type: 'password' as const } : { type: 'text' as const })}
        name={name}
        required={required}
        data-first={first}
        maxLength={maxLength}
        autoComplete={secret ? 'new-password' : 'off'}
        autoCapitalize={prose ? undefined : 'off'}
        spellcheck={prose ? undefined : false}
        placeholder={placeholder}
        value={value}
        onInput={(event) => onEdit(event.currentTarget.value)}
      />
      {hint && <small>{hint}</small>}
    </label>
  );
}

/** Address and log-in of a camera. */
export function SourceFields({ form }: { readonly form: CameraForm }) {
  const { edit } = form;
  const { url, transport } = form.source.value;
  return (
    <fieldset class="plain">
      <legend class="visually-hidden">Source</legend>
      <TextField
        label="Address"
        name="url"
        value={url}
        onEdit={(text) => edit({ url: text })}
        required
        first
        maxLength={4096}
        placeholder="rtsp://192.0.2.10/stream1"
        hint="RTSP, HTTP (MJPEG, HLS), a file on the server, or a device such as /dev/video0"
      />
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
      <TextField label="User" name="camera-user" value={user} onEdit={(text) => edit({ user: text })} maxLength={256} />
      <TextField
        label="Password"
        name="camera-password"
        secret
        value={password}
        onEdit={(text) => edit({ password: text })}
        maxLength={256}
      />
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
          <Facts rows={describeSource(probe.info)} />
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
      <TextField
        label="Name"
        name="name"
        value={name.value}
        onEdit={(text) => {
          named.value = true;
          name.value = text;
        }}
        required
        prose
        maxLength={100}
      />
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
