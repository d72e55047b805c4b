import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { doneShare } from '../../lib/job-words.js';

/** How far a job has come; a bar without a length where its end is not known. */
export function JobBar({ job }: { readonly job: JobView }) {
  const share = doneShare(job);
  const percent = share === undefined ? undefined : Math.floor(share * 100);
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={`Progress of ${job.name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === undefined ? {} : { 'aria-valuenow': percent })}
      data-state={job.state}
      data-known={share !== undefined}
    >
      <span style={{ '--done': share ?? 0 }} />
    </div>
  );
}
