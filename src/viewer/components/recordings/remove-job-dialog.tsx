import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { formatBytes } from '../../lib/format.js';
import { closeDialog } from '../../state/dialogs.js';
import { act } from '../../state/jobs.js';
import { notify } from '../../state/notices.js';
import { navigate, recordingsLink } from '../../state/router.js';
import { ConfirmRemoval } from '../confirm-removal.js';

export function RemoveJobDialog({ job }: { readonly job: JobView }) {
  const bytes = job.files.reduce((sum, file) => sum + file.bytes, 0);
  const remove = async () => {
    await act(job, 'remove');
    notify('good', `${job.name} is deleted.`);
    closeDialog();
    navigate(recordingsLink);
  };
  return (
    <ConfirmRemoval verb="Delete" name={job.name} refused="Not deleted" remove={remove}>
      <p>
        The job and its results are deleted for everybody
        {bytes > 0 ? `, ${formatBytes(bytes)} in all` : ''}, and so is the recording if it was uploaded here. A file in
        a folder of the server stays.
      </p>
    </ConfirmRemoval>
  );
}
