import type { RecordedFile } from '../media/inspect.js';
import type { Sampling } from '../media/selection.js';

/**
 * Frames that will come out of a file, before they are counted: from its packets, and from its length where only a part is asked
 * for. Absent where the container does not say how long it is.
 */
export function expectedFrames(
  { packets, duration }: Pick<RecordedFile, 'packets' | 'duration'>,
  range: { readonly from?: number; readonly to?: number } | undefined,
  sampling: Sampling | undefined,
): number | undefined {
  if (!range && !sampling) return packets;
  if (!range && sampling?.kind === 'every') return Math.ceil(packets / sampling.frames);
  if (duration === undefined || duration <= 0) return undefined;
  const span = Math.max(0, Math.min(range?.to ?? duration, duration) - (range?.from ?? 0));
  const frames = Math.round((packets * span) / duration);
  if (!sampling) return frames;
  return sampling.kind === 'every'
    ? Math.ceil(frames / sampling.frames)
    : Math.min(frames, Math.ceil(span * sampling.fps));
}
