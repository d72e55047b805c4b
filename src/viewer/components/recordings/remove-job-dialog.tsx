import { useSignal } from '@preact/signals';
import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { formatBytes } from '../../lib/format.js';
import { closeDialog } from '../../state/dialogs.js';
import { act } from '../../state/jobs.js';
import { notify } from '../../state/notices.js';
import { navigate, recordingsLink } from '../../state/router.js';
import { ApiError } from '../../transport/api.js';
import { Modal } from '../stream/controls.js';
import { Trouble } from '../trouble.js';

export function RemoveJobDialog({ job }: { readonly job: JobView }) {
  const trouble = useSignal<ApiError | undefined>(undefined);
  const busy = useSignal(false);
  const bytes = job.files.reduce((sum, file) => sum + file.bytes, 0);
  const remove = async () => {
    busy.value = true;
    try {
      await act(job, 'remove');
      notify('good', `${job.name} is deleted.`);
      closeDialog();
      navigate(recordingsLink);
    } catch (error) {
      trouble.value = error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0);
      busy.value = false;
    }
  };
  return (
    <Modal title={`Delete ${job.name}?`} onClose={closeDialog}>
      <div class="form">
        <p>
          The job and its results are deleted for everybody
          {bytes > 0 ? `, ${formatBytes(bytes)} in all` : ''}, and so is the recording if it was uploaded here. A file
          in a folder of the server stays.
        </p>
        {trouble.value && <Trouble title="Not deleted" error={trouble.value} />}
        <footer class="form-foot">
          <button type="button" class="button quiet" data-first onClick={closeDialog}>
            Keep it
          </button>
          <button type="button" class="button danger" disabled={busy.value} onClick={() => void remove()}>
            Delete
          </button>
        </footer>
      </div>
    </Modal>
  );
}
