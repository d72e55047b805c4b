import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import { writing } from '../../flow/durable.js';
import { ivfFrame, ivfHeader } from '../../media/ivf.js';
import { FeedingProcess, fileUrl } from '../../media/media-tools.js';
import type { MaskedFrame, Recording, SegmentSink, SegmentStart } from '../file-output.js';
import { requireTimes } from './exact-times.js';
import { ClockNotebook, SEGMENT_CLOCK } from './jumping-sound.js';

/**
 * One segment of one video: an ffmpeg process that reads our masks with their times and writes a QuickTime or MP4 file.
 *
 * In: the segment's frames, in order. Out: `video`; its frame times, counted from the segment's first frame, are those of
 * the source, to the tick. Always holds: a file whose frames differ from the masks' in number or time is never accepted.
 */

/** MP4 takes no lossless and no editing codecs, ffmpeg's QuickTime no AV1. */
export type Muxer = 'mov' | 'mp4';

/** What a kind of video decides about its ffmpeg command. */
export interface VideoRecipe {
  /** What ffmpeg sees of a mask: a PNG, always of the same size. */
  picture(frame: MaskedFrame): Promise<{ readonly png: Uint8Array; readonly size: Size }>;
  /** Inputs after input 0, which is the masks. `attempt` counts from 0: each opens the source more carefully. */
  inputs(start: SegmentStart, attempt: number): readonly string[];
  /** Filter graph from the inputs to [out], whose clock counts from the segment's first frame. */
  graph(start: SegmentStart): string;
  readonly encoder: readonly string[];
  readonly muxer: Muxer;
  /** How many ways `inputs` knows. */
  readonly attempts: number;
}

export const SEGMENT_VIDEO = 'video';
/** The pts of the segment's frames in ticks, as JSON. */
export const SEGMENT_TIMES = 'times.json';

export class VideoSegment implements SegmentSink {
  private process: FeedingProcess | undefined;
  private readonly ticks: number[] = [];
  private readonly clock: ClockNotebook;
  private readonly path: string;
  /** What ffmpeg was fed, for another attempt. */
  private readonly fed: Buffer[] = [];

  constructor(
    private readonly recording: Recording,
    private readonly recipe: VideoRecipe,
    private readonly folder: string,
    private readonly start: SegmentStart,
  ) {
    this.path = join(folder, SEGMENT_VIDEO);
    this.clock = new ClockNotebook(recording.timeBase);
  }

  async write(frame: MaskedFrame): Promise<void> {
    const { png, size } = await this.recipe.picture(frame);
    const ticks = frame.pts.ticks - this.start.firstTicks;
    if (!this.process) {
      this.process = this.launch(0);
      await this.feed(ivfHeader('MPNG', size, this.recording.timeBase));
    }
    this.ticks.push(ticks);
    this.clock.add(frame);
    await this.feed(ivfFrame(ticks, png));
  }

  async finish(): Promise<void> {
    for (let attempt = 0; this.process; attempt++) {
      try {
        await this.process.end();
        await requireTimes(this.recording.tools, this.path, this.ticks, this.recording.timeBase);
        const absolute = this.ticks.map((ticks) => ticks + this.start.firstTicks);
        const { stretches, last } = this.clock;
        await writing(this.path, async () => {
          await writeFile(join(this.folder, SEGMENT_TIMES), JSON.stringify(absolute));
          await writeFile(join(this.folder, SEGMENT_CLOCK), JSON.stringify({ stretches, last }));
        });
        return;
      } catch (error) {
        if (!this.worthAnotherTry(error, attempt)) throw error;
      }
      this.process = this.launch(attempt + 1);
      for (const bytes of this.fed) await this.process.write(bytes).catch(unlessFatal);
    }
  }

  async abort(): Promise<void> {
    await this.process?.abort();
  }

  private async feed(bytes: Buffer): Promise<void> {
    if (this.recipe.attempts > 1) this.fed.push(bytes);
    // A process that has died says why when the segment is finished, where another attempt can be made.
    await this.process?.write(bytes).catch(unlessFatal);
  }

  private launch(attempt: number): FeedingProcess {
    const { recording, recipe, start, path } = this;
    const timeBase = `${recording.timeBase.num}/${recording.timeBase.den}`;
    // Probing must not wait for a second mask: ffmpeg would sit there until the network has made one.
    const masks = ['-f', 'ivf', '-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0', '-i', 'pipe:0'];
    return new FeedingProcess(
      recording.tools,
      [
        '-copyts',
        ...masks,
        ...recipe.inputs(start, attempt),
        ...['-filter_complex', recipe.graph(start), '-map', '[out]'],
        ...recipe.encoder,
        ...['-threads', String(recording.threads), '-frames:v', String(start.maxFrames)],
        ...['-fps_mode', 'passthrough', '-enc_time_base', timeBase],
        ...['-video_track_timescale', String(recording.timeBase.den)],
        ...['-map_metadata', '-1', '-fflags', '+bitexact', '-f', recipe.muxer, fileUrl(path)],
      ],
      path,
    );
  }

  private worthAnotherTry(error: unknown, attempt: number): boolean {
    if (attempt + 1 >= this.recipe.attempts || !(error instanceof MaskcastError)) return false;
    return error.code === 'FRAME_COUNT_MISMATCH' || error.code === 'FFMPEG_FAILED';
  }
}

function unlessFatal(error: unknown): void {
  if (!(error instanceof MaskcastError && error.code === 'FFMPEG_FAILED')) throw error;
}
