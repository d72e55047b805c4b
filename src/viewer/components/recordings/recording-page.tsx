import { useEffect, useState } from 'preact/hooks';
import { jobOf, jobs } from '../../state/jobs.js';
import type { Player } from '../../state/player.js';
import { recordingsLink } from '../../state/router.js';
import { mayControl } from '../../state/session.js';
import { models } from '../../state/streams.js';
import { ClassList } from '../stream/classes-panel.js';
import { Downloads } from './downloads.js';
import { JobActions } from './job-actions.js';
import { JobBadge } from './job-badge.js';
import { JobFigures, JobProgressPanel } from './job-progress.js';
import { JobSettings } from './job-settings.js';
import { JobWarnings } from './job-warnings.js';
import { PlayerPage } from './player/player-page.js';

/** One job: how far it is, then what has come of it. */
export function RecordingPage({ id }: { readonly id: string }) {
  const job = jobOf(id);
  const name = job?.name ?? id;
  const [player, setPlayer] = useState<Player>();
  const model = models.value.find((candidate) => candidate.name === job?.model);
  useEffect(() => {
    document.title = `${name} – Maskcast`;
  }, [name]);
  if (!job) return jobs.value === undefined ? <main class="page" aria-busy="true" /> : <Gone />;
  return (
    <main class="page recording-page">
      <div class="page-head">
        <h1>{job.name}</h1>
        <JobBadge state={job.state} />
        {mayControl.value && <JobActions job={job} words />}
      </div>
      <div class="recording-main">
        {job.state === 'done' ? <PlayerPage job={job} onPlayer={setPlayer} /> : <JobProgressPanel job={job} />}
        <JobWarnings warnings={job.warnings} />
      </div>
      <aside class="rail" aria-label="Figures, classes, results and settings">
        <JobFigures job={job} />
        {player && model && <ClassList model={model} shares={player.shares.value} />}
        <Downloads job={job} />
        <JobSettings job={job} />
      </aside>
    </main>
  );
}

function Gone() {
  return (
    <main class="page">
      <section class="empty">
        <h2>This recording is not there any more</h2>
        <p>Somebody has deleted it, or the address is wrong.</p>
        <a class="button" href={recordingsLink}>
          All recordings
        </a>
      </section>
    </main>
  );
}
