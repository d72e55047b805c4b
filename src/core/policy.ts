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
const DEFAULT_MAX_STALENESS = ms(2000);

/** The texts that `parsePolicy` reads. */
export const POLICY = /^(?:every|adaptive|interval=([1-9]\d{0,3}))$/;
export const POLICY_RULE = 'must be every, interval=N (N from 1 to 9999) or adaptive';

/**
 * Reads `every`, `interval=N` or `adaptive`; `maxStaleness` goes into an adaptive policy.
 * @throws MaskcastError USAGE
 */
export function parsePolicy(text: string, maxStaleness: Milliseconds = DEFAULT_MAX_STALENESS): InferencePolicy {
  const match = POLICY.exec(text);
  if (!match) throw new MaskcastError('USAGE', `policy ${POLICY_RULE}; received "${text}"`);
  if (match[1] !== undefined) return { kind: 'interval', frames: Number(match[1]) };
  return text === 'every' ? { kind: 'every' } : { kind: 'adaptive', maxStaleness };
}

/** The text that `parsePolicy` reads. */
export function formatPolicy(policy: InferencePolicy): string {
  return policy.kind === 'interval' ? `interval=${policy.frames}` : policy.kind;
}
