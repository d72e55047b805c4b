import { useSignal } from '@preact/signals';
import type { StreamView } from '../../../delivery/http/api-schema.js';
import { closeDialog } from '../../state/dialogs.js';
import { drop } from '../../state/live-streams.js';
import { notify } from '../../state/notices.js';
import { gridLink, navigate } from '../../state/router.js';
import { removeStream } from '../../state/streams.js';
import { ApiError } from '../../transport/api.js';
import { Modal } from '../stream/controls.js';
import { Trouble } from '../trouble.js';

export function RemoveDialog({ stream }: { readonly stream: StreamView }) {
  const trouble = useSignal<ApiError | undefined>(undefined);
  const busy = useSignal(false);
  const remove = async () => {
    busy.value = true;
    try {
      await removeStream(stream.id);
      drop(stream.id);
      notify('good', `${stream.name} is removed.`);
      closeDialog();
      navigate(gridLink);
    } catch (error) {
      trouble.value = error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0);
      busy.value = false;
    }
  };
  return (
    <Modal title={`Remove ${stream.name}?`} onClose={closeDialog}>
      <div class="form">
        <p>
          The stream stops for everybody who watches, and its address and password are forgotten.
          {!stream.persistent && ' It comes from the configuration and is back after a restart.'}
        </p>
        <code class="address">{stream.source}</code>
        {trouble.value && <Trouble title="Not removed" error={trouble.value} />}
        <footer class="form-foot">
          <button type="button" class="button quiet" data-first onClick={closeDialog}>
            Keep it
          </button>
          <button type="button" class="button danger" disabled={busy.value} onClick={() => void remove()}>
            Remove
          </button>
        </footer>
      </div>
    </Modal>
  );
}
