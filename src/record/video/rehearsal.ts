import { join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { makeFolder, writing } from '../../flow/durable.js';
import type { Output, Recording, Segment, SegmentStart } from '../file-output.js';
import { maskedFrame } from '../masked-frame.js';

/**
 * A video of one frame, made before the network has seen anything: an encoder that doesn't take the picture says so now.
 *
 * @param folder for what is tried
 * @throws MaskcastError SIZE_UNSUPPORTED where the picture is that small, FFMPEG_FAILED
 */
export async function rehearsed(
  recording: Recording,
  { name, open }: Pick<Output, 'name' | 'open'>,
  folder: string,
  start: SegmentStart,
): Promise<Segment> {
  const own = join(folder, name);
  await writing(own, () => makeFolder(own));
  const sink = await open(own, { ...start, maxFrames: 1 });
  try {
    await sink.write(emptyFrame(recording, start));
    await sink.finish();
  } catch (error) {
    throw tooSmall(recording, name, error);
  } finally {
    await sink.abort();
  }
  return { folder, firstFrame: start.firstFrame, frames: 1, firstTicks: start.firstTicks };
}

function emptyFrame({ size, timeBase }: Recording, { firstFrame, firstTicks }: SegmentStart) {
  const side = { width: 16, height: 16 };
  const cells = side.width * side.height;
  const nothing = { labels: new Uint8Array(cells), confidence: new Uint8Array(cells) };
  const mask = { ...nothing, size: side, origin: 'unknown', age: 0 } as const;
  return maskedFrame({ number: firstFrame, pts: { ticks: firstTicks, timeBase }, ownTicks: firstTicks, mask }, size);
}

/** No encoder asks for more than this. */
const SMALL = 128;

/** Encoders tell of their smallest size in many words. */
function tooSmall({ size: { width, height } }: Recording, name: string, error: unknown): unknown {
  const failed = error instanceof MaskcastError && error.code === 'FFMPEG_FAILED';
  if (!failed || Math.min(width, height) >= SMALL) return error;
  return new MaskcastError(
    'SIZE_UNSUPPORTED',
    `the encoder of ${name} takes no pictures of ${width}×${height}, they are too small for it; other outputs and, for an overlay, --codec h264 take smaller ones`,
    { cause: error },
  );
}
