import { batch, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SourceInfoView, StreamChange, StreamView } from '../../../delivery/http/api-schema.js';
import {
  describeSource,
  EMPTY_SOURCE,
  isNetworkAddress,
  isRtsp,
  type SourceFields,
  suggestName,
  toSourceInput,
} from '../../lib/source-form.js';
import { closeDialog } from '../../state/dialogs.js';
import { notify } from '../../state/notices.js';
import { navigate, streamLink } from '../../state/router.js';
import { addStream, changeStream, models } from '../../state/streams.js';
import { ApiError, api } from '../../transport/api.js';
import { Check } from '../icons.js';
import { Modal, Segmented } from '../stream/controls.js';
import { Trouble } from '../trouble.js';

type Probe =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'found'; readonly info: SourceInfoView }
  | { readonly kind: 'refused'; readonly error: ApiError };

/**
 * Adds a camera, or changes one. An address is probed before it can be saved; one that does not answer now may be saved all
 * the same, after the reason was shown: the camera may be off today.
 */
export function CameraDialog({ stream }: { readonly stream: StreamView | undefined }) {
  const source = useSignal<SourceFields>(EMPTY_SOURCE);
  const newSource = useSignal(stream === undefined);
  const name = useSignal(stream?.name ?? '');
  const named = useSignal(stream !== undefined);
  const model = useSignal(stream?.model ?? models.value.find((candidate) => candidate.default)?.name ?? '');
  const probe = useSignal<Probe>({ kind: 'none' });
  const trouble = useSignal<ApiError | undefined>(undefined);
  const saving = useSignal(false);
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const edit = (change: Partial<SourceFields>) => {
    running.current?.abort();
    batch(() => {
      source.value = { ...source.value, ...change };
      probe.value = { kind: 'none' };
      trouble.value = undefined;
      if (!named.value) name.value = suggestName(source.value.url);
    });
  };
  const check = async () => {
    const controller = new AbortController();
    running.current = controller;
    probe.value = { kind: 'running' };
    try {
      probe.value = { kind: 'found', info: await api.probe(toSourceInput(source.value), controller.signal) };
    } catch (error) {
      if (!controller.signal.aborted && error instanceof ApiError) probe.value = { kind: 'refused', error };
    }
  };
  const save = async () => {
    saving.value = true;
    trouble.value = undefined;
    try {
      if (stream) {
        const change: StreamChange = { name: name.value.trim() };
        if (newSource.value) change.source = toSourceInput(source.value);
        if (model.value && model.value !== stream.model) change.model = model.value;
        await changeStream(stream.id, change);
        notify('good', `${name.value.trim()} is changed.`);
      } else {
        const added = await addStream({
          name: name.value.trim(),
          source: toSourceInput(source.value),
          settings: {},
          ...(model.value && { model: model.value }),
        });
        notify('good', `${added.name} is added.`);
        navigate(streamLink(added.id));
      }
      closeDialog();
    } catch (error) {
      trouble.value = error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0);
    } finally {
      saving.value = false;
    }
  };

  const { url, user, password, transport } = source.value;
  const probed = probe.value;
  const answered = probed.kind === 'found' || probed.kind === 'refused';
  const sourceReady = !newSource.value || answered;
  const maySave = sourceReady && name.value.trim() !== '' && !saving.value;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!sourceReady) void check();
    else if (maySave) void save();
  };
  return (
    <Modal title={stream ? `Edit ${stream.name}` : 'Add a camera'} onClose={closeDialog}>
      <form class="form" onSubmit={submit}>
        {stream && !newSource.value && (
          <div class="field">
            <span class="field-name">Address</span>
            <div class="field-row">
              <code class="address">{stream.source}</code>
              <button type="button" class="button quiet" onClick={() => (newSource.value = true)}>
                Change
              </button>
            </div>
          </div>
        )}
        {newSource.value && (
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
            {isNetworkAddress(url) && (
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
            )}
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
        )}
        <div aria-live="polite">
          {probed.kind === 'running' && (
            <p class="probe-running">
              <span class="spinner" aria-hidden="true" /> Asking the source…
            </p>
          )}
          {probed.kind === 'found' && (
            <section class="found">
              <h3>
                <Check size={18} /> It answers
              </h3>
              <dl>
                {describeSource(probed.info).map(([term, value]) => (
                  <div key={term}>
                    <dt>{term}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            </section>
          )}
          {probed.kind === 'refused' && <Trouble title="It can't be used now" error={probed.error} />}
        </div>
        {(sourceReady || stream) && (
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
        )}
        {trouble.value && <Trouble title="Not saved" error={trouble.value} />}
        <footer class="form-foot">
          <button type="button" class="button quiet" onClick={closeDialog}>
            Cancel
          </button>
          {newSource.value && answered && (
            <button type="button" class="button" disabled={saving.value} onClick={() => void check()}>
              Check again
            </button>
          )}
          {sourceReady ? (
            <button type="submit" class="button primary" disabled={!maySave}>
              {stream ? 'Save' : probed.kind === 'refused' ? 'Add anyway' : 'Add camera'}
            </button>
          ) : (
            <button type="submit" class="button primary" disabled={url.trim() === '' || probed.kind === 'running'}>
              Check
            </button>
          )}
        </footer>
      </form>
    </Modal>
  );
}
