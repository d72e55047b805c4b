import { formatElapsed, formatInstant } from '../../lib/format.js';
import { adviceFor } from '../../lib/words.js';
import { now } from '../../state/clock.js';
import type { LiveStream } from '../../state/live-stream.js';
import { gridLink } from '../../state/router.js';

/** Lies over a picture that must not pass for a live one, and says why, since when, and what comes next. */
export function Veil({ stream, compact }: { readonly stream: LiveStream; readonly compact?: boolean }) {
  const view = stream.view.value;
  if (!view.stale) return null;
  const painted = stream.painted.value;
  const lastFrameAt = painted?.capturedAt ?? lastFrameOf(stream);
  const canRetry = view.key === 'server-lost' || view.key === 'no-network';
  const advice = compact || view.tone === 'busy' ? undefined : adviceFor(view.code);
  return (
    <div class="veil" data-tone={view.tone} data-empty={painted === undefined}>
      <div class="veil-words">
        <strong>{view.label}</strong>
        {view.detail && <p>{view.detail}</p>}
        {advice && <p class="veil-advice">{advice}</p>}
        <p class="veil-times">
          {lastFrameAt !== undefined && (
            <span>
              Last picture {formatInstant(lastFrameAt, now.value)}, {formatElapsed(now.value - lastFrameAt)} ago
            </span>
          )}
          {view.retryIn !== undefined && (
            <span>{view.retryIn > 0 ? `Next attempt in ${view.retryIn}\u00a0s` : 'Trying again now'}</span>
          )}
        </p>
        {canRetry && !compact && (
          <button type="button" class="button" onClick={() => stream.retry()}>
            Try now
          </button>
        )}
        {view.key === 'removed' && !compact && (
          <a class="button" href={gridLink}>
            All streams
          </a>
        )}
      </div>
    </div>
  );
}

function lastFrameOf(stream: LiveStream): number | undefined {
  const at = stream.status.value?.lastFrameAt;
  return at === undefined ? undefined : at - stream.clock.value;
}
