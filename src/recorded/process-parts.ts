import type { Config } from '../config/load.js';
import type { Clock } from '../core/clock.js';
import type { Segmenter } from '../core/ports.js';
import type { FileSource } from '../core/source.js';
import { seconds } from '../core/time.js';
import { readManifest } from '../inference/manifest.js';
import { openSource } from '../ingest/open.js';
import type { MediaFacts } from '../media/facts.js';
import type { Logger } from '../telemetry/logger.js';
import type { ProcessJob, ProcessParts } from './process-job.js';

/** What runs a recording through ffmpeg and a network, the same for a command and for a job: so are the results. */

export interface PartsPlan {
  readonly source: FileSource;
  readonly facts: MediaFacts;
  readonly config: Pick<Config, 'ingest' | 'inference'>;
  /** Where the network lies. */
  readonly modelFolder: string;
  readonly segmenter: Segmenter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Everything else that wants the CPU comes first. */
  readonly background: boolean;
}

/** @throws MaskcastError where the model can't be read */
export async function processParts(
  plan: PartsPlan,
): Promise<Pick<ProcessParts, 'facts' | 'segmenter' | 'modelDigest' | 'tools' | 'openSource'>> {
  const { source, facts, config, segmenter, clock, logger, background } = plan;
  const { ffmpeg, ffprobe, connectTimeout, pictureLongestSide, pictureQuality } = config.ingest;
  const { manifest } = await readManifest(plan.modelFolder);
  return {
    ...{ facts, segmenter },
    modelDigest: `${manifest.sha256} ${JSON.stringify(config.inference)}`,
    tools: { ffmpeg, ffprobe, background },
    openSource: ({ range, sampling }, file, resume) =>
      openSource(source, {
        ...{ ffmpegPath: ffmpeg, ffprobePath: ffprobe, clock, connectTimeout, facts: file },
        ...{ delivery: 'lossless', background, logger, pictures: false, pictureLongestSide, pictureQuality },
        geometryFor: (size) => segmenter.geometryFor(size),
        ...(sampling ? { sampling } : {}),
        ...(range ? { range: inSeconds(range) } : {}),
        ...(resume ? { resume } : {}),
      }),
  };
}

const inSeconds = ({ from, to }: NonNullable<ProcessJob['range']>) => ({
  ...(from === undefined ? {} : { from: seconds(from) }),
  ...(to === undefined ? {} : { to: seconds(to) }),
});
