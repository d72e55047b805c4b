import type { PacketFacts } from '../media/inspect.js';

/**
 * Frames of the segment that begins with frame `first`.
 *
 * An encoder that needs the source's pictures opens it anew for each segment. Where the clock jumps back it has to read from the very
 * beginning, since no time leads to a frame: segments that double what is there keep that from growing with the square of the length.
 */
export const segmentLength = ({ jumps }: Pick<PacketFacts, 'jumps'>, wanted: number, first: number): number =>
  jumps > 0 ? Math.max(wanted, first) : wanted;
