import type { StreamView } from '../../../delivery/http/api-schema.js';
import { closeDialog } from '../../state/dialogs.js';
import { Modal } from '../stream/controls.js';
import { Trouble } from '../trouble.js';
import { NameAndModel, ProbeResult, SourceFields } from './camera-fields.js';
import { useCameraForm } from './use-camera-form.js';

/**
 * Adds a camera, or changes one. An address is probed before it can be saved; one that does not answer now may be saved all
 * the same, after the reason was shown: the camera may be off today.
 */
export function CameraDialog({ stream }: { readonly stream: StreamView | undefined }) {
  const form = useCameraForm(stream);
  const { newSource, name, probe, trouble, saving, check } = form;
  const probed = probe.value;
  const answered = probed.kind === 'found' || probed.kind === 'refused';
  const sourceReady = !newSource.value || answered;
  const maySave = sourceReady && name.value.trim() !== '' && !saving.value;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!sourceReady) void check();
    else if (maySave) void form.save();
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
        {newSource.value && <SourceFields form={form} />}
        <ProbeResult probe={probed} />
        {(sourceReady || stream) && <NameAndModel form={form} />}
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
            <button
              type="submit"
              class="button primary"
              disabled={form.source.value.url.trim() === '' || probed.kind === 'running'}
            >
              Check
            </button>
          )}
        </footer>
      </form>
    </Modal>
  );
}
