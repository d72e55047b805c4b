import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { formatSize } from '../../lib/format.js';
import { outputLabel } from '../../lib/job-form.js';
import { settingsWords } from '../../lib/job-words.js';
import { codecName } from '../../lib/source-form.js';
import { Facts } from '../facts.js';

/** What the job was asked for. */
export function JobSettings({ job }: { readonly job: JobView }) {
  const rows = [...settingsWords(job.model, job.options)];
  rows.push(['Results', job.options.outputs.map(outputLabel).join(', ')]);
  if (job.video) rows.unshift(['Recording', `${formatSize(job.video)}, ${codecName(job.video.codec)}`]);
  return (
    <section class="panel settings" aria-label="Settings">
      <header class="panel-head">
        <h2>Settings</h2>
      </header>
      <Facts rows={rows} />
    </section>
  );
}
