import { MaskcastError } from './errors.js';
import { type Milliseconds, ms } from './time.js';

/** Which frames the network sees. */
export type InferencePolicy =
  /** every frame that arrives */
  | { readonly kind: 'every' }
  /** frames 0, n, 2n, … since the last discontinuity; n ≥ 1 */
  | { readonly kind: 'interval'; readonly frames: number }
  /** frames that have changed enough, never less often than `maxStaleness` allows */
  | { readonly kind: 'adaptive'; readonly maxStaleness: Milliseconds };

/** A mask never rests on pixels older than this under `adaptive`, unless configured otherwise. */
export const DEFAULT_MAX_STALENESS = ms(2000);

/**
 * Reads `every`, `interval=N` or `adaptive`; `maxStaleness` goes into an adaptive policy.
 * @throws MaskcastError USAGE
 */
export function parsePolicy(text: string, maxStaleness: Milliseconds = DEFAULT_MAX_STALENESS): InferencePolicy {
  if (text === 'every') return { kind: 'every' };
  if (text === 'adaptive') return { kind: 'adaptive', maxStaleness };
  const interval = /^interval=(\d{1,4})$/.exec(text);
  if (interval && Number(interval[1]) >= 1) return { kind: 'interval', frames: Number(interval[1]) };
  throw new MaskcastError(
    'USAGE',
    `policy must be every, interval=N (N from 1 to 9999) or adaptive; received "${text}"`,
  );
}

/** The text that `parsePolicy` reads. */
export function formatPolicy(policy: InferencePolicy): string {
  return policy.kind === 'interval' ? `interval=${policy.frames}` : policy.kind;
}
