import { useSignal } from '@preact/signals';
import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { listTrouble } from '../../lib/words.js';
import { dialog } from '../../state/dialogs.js';
import { jobs, jobsTrouble, refreshJobs } from '../../state/jobs.js';
import { mayControl } from '../../state/session.js';
import { uploads } from '../../state/uploads.js';
import type { ApiError } from '../../transport/api.js';
import { Plus, Stack, Upload } from '../icons.js';
import { ListHead } from '../list-head.js';
import { JobRow } from './job-row.js';
import { UploadRow } from './upload-row.js';

/** All jobs; a file dropped anywhere on the page begins a new one. */
export function RecordingsPage() {
  const list = jobs.value;
  const trouble = jobsTrouble.value;
  const sending = uploads.value;
  const drop = useFileDrop();
  const empty = list?.length === 0 && sending.length === 0;
  return (
    <main class="page recordings-page" {...drop.handlers}>
      <ListHead
        title="Recordings"
        summary={list && list.length > 0 ? summary(list) : undefined}
        trouble={trouble && troubleWords(trouble, list !== undefined)}
        onRetry={() => void refreshJobs()}
      >
        {list?.some(({ state }) => state === 'done') && (
          <button type="button" class="button make-dataset" onClick={() => (dialog.value = { kind: 'dataset' })}>
            <Stack size={18} />
            Make a data set
          </button>
        )}
      </ListHead>
      {list === undefined && !trouble && <p class="hint">Loading recordings…</p>}
      {empty && <Empty />}
      {sending.length > 0 && (
        <section aria-label="Uploads">
          <ul class="jobs">
            {sending.map((item) => (
              <UploadRow key={item.id} item={item} />
            ))}
          </ul>
        </section>
      )}
      {list && list.length > 0 && (
        <ul class="jobs" aria-label="Jobs">
          {list.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </ul>
      )}
      {drop.over.value && (
        <div class="drop-veil" aria-hidden="true">
          <p>
            <Upload size={28} />
            Drop to process
          </p>
        </div>
      )}
    </main>
  );
}

const troubleWords = ({ status, message }: ApiError, listed: boolean): string =>
  status === 404 ? 'This server processes no recordings.' : listTrouble(message, listed);

function summary(list: readonly JobView[]): string {
  const count = (state: JobView['state']) => list.filter((job) => job.state === state).length;
  const words = (['running', 'queued', 'paused', 'failed', 'done'] as const).flatMap((state) => {
    const jobsThere = count(state);
    return jobsThere === 0 ? [] : `${jobsThere} ${state === 'queued' ? 'waiting' : state}`;
  });
  return words.join(', ');
}

/** Files dragged over the page: only those, not text or links, and only for who may start a job. */
function useFileDrop() {
  const over = useSignal(false);
  const carriesFiles = (event: DragEvent) =>
    mayControl.value && dialog.value === undefined && (event.dataTransfer?.types.includes('Files') ?? false);
  return {
    over,
    handlers: {
      onDragOver(event: DragEvent) {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        over.value = true;
      },
      onDragLeave(event: DragEvent) {
        const to = event.relatedTarget as Node | null;
        if (!to || !(event.currentTarget as Node).contains(to)) over.value = false;
      },
      onDrop(event: DragEvent) {
        over.value = false;
        if (!carriesFiles(event)) return;
        event.preventDefault();
        const files = [...(event.dataTransfer?.files ?? [])];
        if (files.length > 0) dialog.value = { kind: 'new-job', files };
      },
    },
  };
}

function Empty() {
  return (
    <section class="empty">
      <svg viewBox="0 0 320 120" class="empty-art" aria-hidden="true">
        <rect x="8" y="18" width="304" height="84" rx="8" />
        <path class="way" d="M84 18v84M160 18v84M236 18v84" />
        <path class="raw" d="M28 102V76a18 18 0 0 1 36 0v26M104 102V70a18 18 0 0 1 36 0v32" />
        <path class="masked" d="M180 102V64a18 18 0 0 1 36 0v38zM256 102V70a18 18 0 0 1 36 0v32z" />
      </svg>
      <h2>No recordings yet</h2>
      {mayControl.value ? (
        <>
          <p>
            Drop a video here, or pick one that is on the server. Every frame is segmented once, with its exact time:
            watch the result with masks you can switch, measure it in a table, or take the masks to your labelling tool.
          </p>
          <button type="button" class="button primary" onClick={() => (dialog.value = { kind: 'new-job', files: [] })}>
            <Plus size={18} />
            Process a recording
          </button>
        </>
      ) : (
        <p>Somebody with an admin token has to start a job first. It appears here by itself.</p>
      )}
    </section>
  );
}
