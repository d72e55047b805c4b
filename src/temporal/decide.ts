import type { InferencePolicy } from '../core/policy.js';
import type { Observation } from '../core/ports.js';
import { type Seconds, seconds } from '../core/time.js';

/** In: what is known of a frame before any network saw it. Out: whether the network should see it, and why. Pure. */
export interface Situation {
  /** Nothing carries over from before: first frame, discontinuity, change of size. */
  readonly start: boolean;
  readonly cut: boolean;
  /** Frames since the last one that the network saw or is to see. */
  readonly frames: number;
  /** Source time since that frame. */
  readonly elapsed: Seconds;
  /** Share of the mask that is expected to be wrong without an inference, 0–1. */
  readonly expectedLoss: number;
  /** What a frame usually added to it before this one. */
  readonly usualGrowth: number;
  /** Network runs that could start at once. */
  readonly freeSlots: number;
}

/** Expected loss that is worth a run of the network, however seldom it comes. */
export const LOSS_WORTH_A_RUN = 0.02;

/** Share of the frames that the network sees of a picture that never rests; where loss grows faster than usual it sees more. */
export const BUSY_SHARE = 0.24;

export function decide(policy: InferencePolicy, situation: Situation): Pick<Observation, 'infer' | 'reason'> {
  if (situation.start) return { infer: true, reason: 'start' };
  if (policy.kind === 'every') return { infer: true, reason: 'policy' };
  if (situation.cut) return { infer: true, reason: 'cut' };
  if (policy.kind === 'interval') {
    return situation.frames >= policy.frames ? { infer: true, reason: 'policy' } : { infer: false, reason: 'skip' };
  }
  if (situation.elapsed >= seconds(policy.maxStaleness / 1000)) return { infer: true, reason: 'stale' };
  // A busy pool would only queue the frame: a fresher one is asked for when a slot is free.
  const worthARun = Math.max(LOSS_WORTH_A_RUN, situation.usualGrowth / BUSY_SHARE);
  if (situation.freeSlots > 0 && situation.expectedLoss >= worthARun) return { infer: true, reason: 'change' };
  return { infer: false, reason: 'skip' };
}
