import type { InferencePolicy } from '../../core/policy.js';
import type { Observation } from '../../core/ports.js';
import { type Seconds, seconds } from '../../core/time.js';

/** In: what is known of a frame before any network saw it. Out: whether the network should see it, and why. Pure. */
export interface Situation {
  /** Nothing carries over from before: first frame, discontinuity, change of size. */
  readonly start: boolean;
  readonly cut: boolean;
  /** Frames since the last one that the network saw or is to see. */
  readonly frames: number;
  /** Source time since that frame. */
  readonly elapsed: Seconds;
  /** Loss that is expected of this frame's mask without a run, and its sum over the frames since the last: see Risk. */
  readonly loss: number;
  readonly regret: number;
  /** Loss that a run of the network is worth. */
  readonly price: number;
  /** Network runs that could start at once. */
  readonly freeSlots: number;
}

/**
 * What a run now is worth. Loss and price together cost least a frame where the interval d makes (price + regret(d)) / d smallest, which
 * is where loss(d) · d − regret(d) reaches the price. Loss that grows evenly by g makes that an interval of √(2 · price / g);
 * loss that jumps after a long rest makes it at once; loss that doesn't grow, and so is not mended by a run, never.
 */
export const gainOf = ({ loss, regret, frames }: Pick<Situation, 'loss' | 'regret' | 'frames'>): number =>
  Math.max(regret, loss * frames - regret);

type Decision = Pick<Observation, 'infer' | 'reason'>;

export function decide(policy: InferencePolicy, situation: Situation): Decision & Pick<Observation, 'gain'> {
  const decision = choose(policy, situation);
  const { start, cut, price } = situation;
  const gain = start || cut ? Number.POSITIVE_INFINITY : gainOf(situation) / price;
  // What a policy demands is worth its run, whatever is expected of it.
  return { ...decision, gain: decision.infer ? Math.max(1, gain) : gain };
}

function choose(policy: InferencePolicy, situation: Situation): Decision {
  if (situation.start) return { infer: true, reason: 'start' };
  if (policy.kind === 'every') return { infer: true, reason: 'policy' };
  if (situation.cut) return { infer: true, reason: 'cut' };
  if (policy.kind === 'interval') {
    return situation.frames >= policy.frames ? { infer: true, reason: 'policy' } : { infer: false, reason: 'skip' };
  }
  if (situation.elapsed >= seconds(policy.maxStaleness / 1000)) return { infer: true, reason: 'stale' };
  // A busy pool would only queue the frame: a fresher one is asked for when a slot is free.
  if (situation.freeSlots > 0 && gainOf(situation) >= situation.price) return { infer: true, reason: 'change' };
  return { infer: false, reason: 'skip' };
}
