import { formatBytes, formatElapsed } from '../../lib/format.js';
import { jobAdvice } from '../../lib/job-words.js';
import { sentence } from '../../lib/words.js';
import { dropUpload, retryUpload, type UploadItem } from '../../state/uploads.js';
import { Again, Alert, Close, Upload } from '../icons.js';

/** One file on its way to the server. */
export function UploadRow({ item }: { readonly item: UploadItem }) {
  const { id, name, bytes, sent, state, error } = item;
  const percent = bytes === 0 ? 100 : Math.floor((sent / bytes) * 100);
  return (
    <li class="job upload" data-state={state}>
      <div class="job-link">
        <span class="thumbnail" aria-hidden="true">
          {state === 'failed' ? <Alert size={22} /> : <Upload size={22} />}
        </span>
        <span class="job-text">
          <span class="job-name">{name}</span>
          <small class="job-facts">{formatBytes(bytes)}</small>
        </span>
      </div>
      <div class="job-state">
        <div class="job-line">
          <span class="badge" data-tone={state === 'failed' ? 'bad' : state === 'waiting' ? 'off' : 'busy'}>
            <span class="lamp" aria-hidden="true" />
            {LABELS[state]}
          </span>
          <span class="job-words" role={state === 'failed' ? 'alert' : undefined}>
            {error ? [sentence(error.message), jobAdvice(error.code)].filter(Boolean).join(' ') : words(item)}
          </span>
        </div>
        {state !== 'failed' && (
          <div
            class="progress"
            role="progressbar"
            aria-label={`Upload of ${name}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={percent}
            data-state={state === 'waiting' ? 'queued' : 'running'}
            data-known={state !== 'checking'}
          >
            <span style={{ '--done': percent / 100 }} />
          </div>
        )}
      </div>
      <div class="job-actions">
        {state === 'failed' && (
          <button
            type="button"
            class="tool"
            aria-label={`Upload ${name} again`}
            title="Try again"
            onClick={() => retryUpload(id)}
          >
            <Again size={18} />
          </button>
        )}
        <button
          type="button"
          class="tool"
          aria-label={state === 'failed' ? `Dismiss ${name}` : `Cancel the upload of ${name}`}
          title={state === 'failed' ? 'Dismiss' : 'Cancel'}
          onClick={() => dropUpload(id)}
        >
          <Close size={18} />
        </button>
      </div>
    </li>
  );
}

const LABELS = { waiting: 'Waiting', sending: 'Uploading', checking: 'Checking', failed: 'Not accepted' } as const;

function words({ state, sent, bytes, rate }: UploadItem): string {
  if (state === 'waiting') return 'Starts when the one before it has arrived';
  if (state === 'checking') return 'The server looks at the file';
  const parts = [`${formatBytes(sent)} of ${formatBytes(bytes)}`];
  if (rate !== undefined && rate > 0) {
    parts.push(`${formatBytes(rate)}/s`, `${formatElapsed(((bytes - sent) / rate) * 1000)} left`);
  }
  return parts.join(' · ');
}
