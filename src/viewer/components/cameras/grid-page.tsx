import type { StreamView } from '../../../delivery/http/api-schema.js';
import { listTrouble } from '../../lib/words.js';
import { dialog } from '../../state/dialogs.js';
import { mayControl } from '../../state/session.js';
import { refreshStreams, streams, streamsTrouble } from '../../state/streams.js';
import { Plus } from '../icons.js';
import { ListHead } from '../list-head.js';
import { Tile } from './tile.js';

export function GridPage() {
  const list = streams.value;
  const trouble = streamsTrouble.value;
  return (
    <main class="page grid-page">
      <ListHead
        title="Streams"
        summary={list && list.length > 0 ? summary(list) : undefined}
        trouble={trouble && listTrouble(trouble.message, list !== undefined)}
        onRetry={() => void refreshStreams()}
      />
      {list === undefined && !trouble && <Skeleton />}
      {list?.length === 0 && <Empty />}
      {list && list.length > 0 && (
        <ul
          class="tiles"
          data-size={list.length === 1 ? 'one' : list.length <= 4 ? 'few' : list.length <= 9 ? 'some' : 'many'}
        >
          {list.map((stream) => (
            <Tile key={stream.id} stream={stream} />
          ))}
        </ul>
      )}
    </main>
  );
}

function summary(list: readonly StreamView[]): string {
  const live = list.filter(({ status }) => status.state === 'live').length;
  const trouble = list.filter(({ status }) => ['stalled', 'reconnecting', 'failed'].includes(status.state)).length;
  const words = [`${live} of ${list.length} live`];
  if (trouble > 0) words.push(`${trouble} in trouble`);
  return words.join(', ');
}

function Skeleton() {
  return (
    <ul class="tiles" data-size="few" aria-label="Loading streams">
      {[0, 1].map((i) => (
        <li key={i} class="tile skeleton">
          <div class="tile-picture" />
          <div class="tile-foot" />
        </li>
      ))}
    </ul>
  );
}

function Empty() {
  return (
    <section class="empty">
      <svg viewBox="0 0 320 120" class="empty-art" aria-hidden="true">
        <rect x="8" y="8" width="140" height="104" rx="8" />
        <rect x="172" y="8" width="140" height="104" rx="8" />
        <path class="raw" d="M46 112V70a32 32 0 0 1 64 0v42" />
        <path class="masked" d="M210 112V70a32 32 0 0 1 64 0v42z" />
        <path class="way" d="M152 60h14" />
      </svg>
      <h2>No streams yet</h2>
      {mayControl.value ? (
        <>
          <p>
            Add a camera by its address: <code>rtsp://…</code>, an HTTP or HLS URL, a video file on the server, or a
            capture device such as <code>/dev/video0</code>. Maskcast checks what it is before anything is saved.
          </p>
          <button type="button" class="button primary" onClick={() => (dialog.value = { kind: 'add' })}>
            <Plus size={18} />
            Add a camera
          </button>
        </>
      ) : (
        <p>Somebody with an admin token has to add a camera first. It appears here by itself.</p>
      )}
    </section>
  );
}
