import type { Config } from '../../config/load.js';
import { systemClock } from '../../core/clock.js';
import type { ScoreMap } from '../../core/mask.js';
import type { InferencePool } from '../../inference/pool.js';
import { openSource } from '../../ingest/open.js';
import { parseSource } from '../../media/address/source.js';
import { silentLogger } from '../../telemetry/logger.js';
import { SAMPLE } from '../paths.js';

/** Frames of the sample that are looked at. */
const FRAMES = 5;

/**
 * In how many labels of the sample's first frames two engines agree that run the same network: from 0 to 1. Between 0.99 and 1 is rounding;
 * where an engine misreads a network, most differ.
 */
export async function agreement(
  one: InferencePool,
  other: InferencePool,
  { ffmpeg, ffprobe, connectTimeout, pictureLongestSide, pictureQuality }: Config['ingest'],
): Promise<number> {
  const source = openSource(parseSource(SAMPLE), {
    delivery: 'lossless',
    ffmpegPath: ffmpeg,
    ffprobePath: ffprobe,
    ...{ connectTimeout, pictureLongestSide, pictureQuality },
    clock: systemClock,
    logger: silentLogger,
    geometryFor: (size) => one.geometryFor(size),
    pictures: false,
  });
  let [equal, all, frames] = [0, 0, 0];
  try {
    for await (const frame of source.frames()) {
      const [a, b] = await Promise.all(
        [one, other].map(async (pool) => {
          const inference = await pool.segment('verify', frame, { newestOnly: false });
          const labels = inference ? labelsOf(inference.scores) : [];
          inference?.release();
          return labels;
        }),
      );
      frame.pixels.release();
      all += a?.length ?? 0;
      equal += a?.filter((label, index) => label === b?.[index]).length ?? 0;
      frames += 1;
      if (frames === FRAMES) break;
    }
  } finally {
    await source.close();
  }
  return all === 0 ? 0 : equal / all;
}

/** The likeliest class of each value. */
function labelsOf({ classes, size, data }: ScoreMap): readonly number[] {
  const plane = size.width * size.height;
  return Array.from({ length: plane }, (_, at) => {
    let best = 0;
    for (let id = 1; id < classes; id += 1) {
      if ((data[id * plane + at] as number) > (data[best * plane + at] as number)) best = id;
    }
    return best;
  });
}
