import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { formatInstant, formatSeconds, formatSize } from '../../lib/format.js';
import { progressWords } from '../../lib/job-words.js';
import { sentence } from '../../lib/words.js';
import { now } from '../../state/clock.js';
import { recordingLink } from '../../state/router.js';
import { mayControl } from '../../state/session.js';
import { JobActions } from './job-actions.js';
import { JobBadge } from './job-badge.js';
import { JobBar } from './job-bar.js';
import { Thumbnail } from './thumbnail.js';

/** One job of the list. */
export function JobRow({ job }: { readonly job: JobView }) {
  const { video, error, warnings } = job;
  const facts = [
    video && formatSize(video),
    video?.duration === undefined ? undefined : formatSeconds(video.duration, 0),
    formatInstant(job.finished ?? job.created, now.value),
  ].filter((fact) => fact !== undefined);
  return (
    <li class="job" data-state={job.state} data-job={job.id}>
      <a class="job-link" href={recordingLink(job.id)}>
        <Thumbnail job={job} />
        <span class="job-text">
          <span class="job-name">{job.name}</span>
          <small class="job-facts">{facts.join(' · ')}</small>
        </span>
      </a>
      <div class="job-state">
        <div class="job-line">
          <JobBadge state={job.state} />
          <span class="job-words">
            {error && job.state === 'failed' ? sentence(error.message) : progressWords(job)}
            {warnings.length > 0 && (
              <span class="job-warnings"> · {warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`}</span>
            )}
          </span>
        </div>
        {job.state !== 'done' && job.state !== 'failed' && <JobBar job={job} />}
      </div>
      {mayControl.value && <JobActions job={job} />}
    </li>
  );
}
