import { type Seconds, seconds } from '../core/time.js';
import type { MediaFacts } from './facts.js';
import type { PacketFacts } from './inspect.js';

/**
 * Where to open a recording so that a decoder gives the frame at some time, and all after it, whole.
 *
 * A seek should land on the key frame before the time. Containers with an index do so; without one, ffmpeg looks for the time
 * itself, and the decoder then waits for the next key frame: such a seek has to aim a key frame's distance earlier. Files
 * that hold nothing but pictures have no times of their own: ffmpeg counts from where it begins to read. So do clocks that jump
 * back lead nowhere. Whoever seeks looks whether frames before the time come out, and tries the next position where none does.
 */

const INDEXED = /\b(mov|mp4|matroska|webm|avi|image2)\b/;
const WITHOUT_TIMES =
  /^(h26[1345]|hevc|vvc|evc|m4v|mpegvideo|mpeg4|vc1|obu|av1|mjpeg\w*|cavsvideo|avs[23]|dirac|dnxhd|ingenient|gif|apng)$/;

/** Seconds before the time at which a seek aims in a container with an index. */
const INDEXED_MARGIN = 1;
/** Where packets haven't been looked at. */
const USUAL_KEY_INTERVAL = 5;

/** @param time on the container's timeline. @returns seconds from the file's beginning, to be tried in this order; the last is 0 */
export function seekPositions(facts: MediaFacts & Partial<PacketFacts>, time: number): Seconds[] {
  const { info, start, keyInterval = USUAL_KEY_INTERVAL, jumps = 0 } = facts;
  if (WITHOUT_TIMES.test(info.container) || jumps > 0) return [seconds(0)];
  const margins = INDEXED.test(info.container)
    ? [INDEXED_MARGIN, 2 * keyInterval + 10]
    : [2 * keyInterval + 2, 4 * keyInterval + 20];
  const positions = margins.map((margin) => seconds(time - start - margin));
  return [...positions.filter((position) => position > 0), seconds(0)];
}
