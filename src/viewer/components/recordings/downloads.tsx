import type { JobFile, JobView } from '../../../delivery/http/jobs-schema.js';
import { formatBytes } from '../../lib/format.js';
import { fileLabel } from '../../lib/job-form.js';
import { jobUrls } from '../../transport/jobs-api.js';
import { Download } from '../icons.js';

/** Everything that the job has made. */
export function Downloads({ job }: { readonly job: JobView }) {
  if (job.files.length === 0) return null;
  return (
    <section class="panel downloads">
      <header class="panel-head">
        <h2>Results</h2>
        <small>{formatBytes(job.files.reduce((sum, { bytes }) => sum + bytes, 0))}</small>
      </header>
      <ul>
        {job.files.map((file) => (
          <Row key={file.path} job={job} file={file} />
        ))}
      </ul>
    </section>
  );
}

function Row({ job, file }: { readonly job: JobView; readonly file: JobFile }) {
  const name = file.kind === 'folder' ? `${file.path}.zip` : file.path;
  return (
    <li>
      <span class="download-text">
        <span>{fileLabel(file.path)}</span>
        <small>
          {name} · {formatBytes(file.bytes)}
        </small>
      </span>
      {file.contentType.startsWith('text/html') && (
        <a class="button" href={jobUrls.file(job.id, file.path, false)} target="_blank" rel="noopener">
          Open<span class="visually-hidden"> {file.path} in a new tab</span>
        </a>
      )}
      <a
        class="tool"
        href={jobUrls.file(job.id, file.path, true)}
        download={name}
        aria-label={`Download ${name}`}
        title={`Download ${name}`}
      >
        <Download size={18} />
      </a>
    </li>
  );
}
