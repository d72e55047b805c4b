import type { Mask } from '../core/mask.js';

/**
 * In: the masks of consecutive frames and the labels to follow (ground truth, or the network's own masks of every frame). Out: how many
 * frames late the masks follow where the labels change. All have the same size.
 */

/** A change counts where the labels held still this many frames before it and after it: flicker is no motion. */
const STEADY = 3;
/** Frames before and after a change in which the masks' own change is looked for. */
const REACH = 3;

export interface Lag {
  /** Mean over the changes that the masks follow within ± 3 frames; negative is early. NaN where there are none. */
  readonly frames: number;
  /** Changes followed. */
  readonly followed: number;
  /** All steady changes of the labels, followed or not. */
  readonly changes: number;
}

/**
 * At each pixel whose label goes from one steady value to another, the frame in which the mask takes the new value, minus the
 * frame in which the label does. A moving edge's smear is this figure minus that of the network's own masks on every frame.
 */
export function lagOf(masks: readonly Mask[], labels: readonly Uint8Array[], ignore: number): Lag {
  let sum = 0;
  let followed = 0;
  let changes = 0;
  for (let n = STEADY; n + STEADY <= labels.length; n += 1) {
    const before = labels[n - 1] as Uint8Array;
    const after = labels[n] as Uint8Array;
    for (let i = 0; i < after.length; i += 1) {
      const from = before[i] as number;
      const to = after[i] as number;
      if (from === to || from === ignore || to === ignore) continue;
      if (!isSteady(labels, i, n - STEADY, n, from) || !isSteady(labels, i, n, n + STEADY, to)) continue;
      changes += 1;
      const turn = turnOf(masks, i, Math.max(0, n - REACH), Math.min(masks.length, n + REACH + 1), from, to);
      if (turn === undefined) continue;
      followed += 1;
      sum += turn - n;
    }
  }
  return { frames: sum / followed, followed, changes };
}

function isSteady(labels: readonly Uint8Array[], i: number, first: number, end: number, value: number): boolean {
  for (let n = first; n < end; n += 1) if ((labels[n] as Uint8Array)[i] !== value) return false;
  return true;
}

/** The only frame in the range at which pixel `i` turns from one value to the other; undefined if it does otherwise. */
function turnOf(
  masks: readonly Mask[],
  i: number,
  first: number,
  end: number,
  from: number,
  to: number,
): number | undefined {
  let turn: number | undefined;
  for (let n = first; n < end; n += 1) {
    const value = (masks[n] as Mask).labels[i];
    if (value === to) turn ??= n;
    else if (value !== from || turn !== undefined) return undefined;
  }
  return turn === first ? undefined : turn;
}
