import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import { makeFolder, writing } from '../../flow/durable.js';
import { fileUrl, runFfmpeg } from '../../media/media-tools.js';
import { scaling } from '../export-size.js';
import {
  frameName,
  type MaskedFrame,
  type Output,
  type Recording,
  type SegmentSink,
  type SegmentStart,
} from '../file-output.js';
import { colorMatrix } from '../video/colors.js';
import { chosenFrames, sourceAttempts, sourceInput } from '../video/source-input.js';
import { gatherFrameFiles, PICTURES } from './frame-files.js';

/** What a data set's pictures are. */
export const FRAME_FORMATS = ['jpeg', 'png'] as const;
export type FrameFormat = (typeof FRAME_FORMATS)[number];

export interface FramesStyle {
  readonly frameFormat: FrameFormat;
}

/** Ending of the pictures' names, which labels go by. */
export const pictureExtension = (format: FrameFormat): string => (format === 'jpeg' ? 'jpg' : 'png');

/** Frames that people take out of a recording themselves are PNGs mostly. */
export const usualFormat = (outputs: readonly string[]): FrameFormat => (outputs.includes(PICTURES) ? 'jpeg' : 'png');

/**
 * In: the frames that were segmented. Out: `frames/frame_NNNNNN.jpg` or `.png`, the pictures themselves, of the size that all exports
 * have. ffmpeg reads the source a second time; each picture's name in its hands is its time, so none is ever taken for another.
 */
export function framePictures(recording: Recording, { frameFormat }: FramesStyle): Output {
  return {
    name: PICTURES,
    links: true,
    open: async (folder, start) => new PictureSegment(recording, frameFormat, folder, start),
    assemble: (segments, target, signal) => gatherFrameFiles(segments, PICTURES, join(target, PICTURES), signal),
  };
}

class PictureSegment implements SegmentSink {
  private readonly frames: { readonly number: number; readonly ticks: number }[] = [];
  private readonly stop = new AbortController();

  constructor(
    private readonly recording: Recording,
    private readonly format: FrameFormat,
    private readonly folder: string,
    private readonly start: SegmentStart,
  ) {}

  async write({ number, pts }: MaskedFrame): Promise<void> {
    this.frames.push({ number, ticks: pts.ticks - this.start.firstTicks });
  }

  async finish(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.take(attempt);
      } catch (error) {
        const code = error instanceof MaskcastError ? error.code : undefined;
        const again = code === 'FRAME_COUNT_MISMATCH' || code === 'FFMPEG_FAILED';
        if (!again || attempt + 1 >= sourceAttempts(this.recording)) throw error;
      }
    }
  }

  async abort(): Promise<void> {
    this.stop.abort();
  }

  /** Names are times, unless two frames have the same one; then they are counted. */
  private async take(attempt: number): Promise<void> {
    const { recording, start, frames, format, folder } = this;
    const raw = join(folder, 'raw');
    await rm(raw, { recursive: true, force: true });
    await writing(raw, () => makeFolder(raw));
    const byTime = new Set(frames.map(({ ticks }) => ticks)).size === frames.length;
    const extension = pictureExtension(format);
    await runFfmpeg(
      recording.tools,
      [
        ...sourceInput(recording, start, attempt),
        ...['-copyts', '-filter_complex', this.graph(), '-map', '[out]'],
        ...ENCODERS[format],
        ...['-threads', String(recording.threads), '-frames:v', String(frames.length), '-fps_mode', 'passthrough'],
        ...['-enc_time_base', `${recording.timeBase.num}/${recording.timeBase.den}`, '-fflags', '+bitexact'],
        ...(byTime ? ['-frame_pts', '1'] : ['-start_number', '0']),
        ...['-f', 'image2', fileUrl(join(raw.replaceAll('%', '%%'), `%d.${extension}`))],
      ],
      join(folder, 'frames'),
      this.stop.signal,
    );
    const found = new Set(await readdir(raw));
    for (const [index, { number, ticks }] of frames.entries()) {
      const name = `${byTime ? ticks : index}.${extension}`;
      if (!found.delete(name)) throw mismatch(recording, number);
      await rename(join(raw, name), join(folder, `${frameName(number)}.${extension}`));
    }
    if (found.size > 0) throw mismatch(recording, frames.at(-1)?.number ?? 0);
    await rm(raw, { recursive: true });
  }

  private graph(): string {
    const { recording, start, format } = this;
    const { file, timeBase } = recording;
    const matrix = `in_color_matrix=${colorMatrix(file)}`;
    // A JPEG's colours are those of BT.601 in full range, whatever the video's are.
    const convert =
      format === 'jpeg'
        ? `scale=${matrix}:out_color_matrix=smpte170m:out_range=pc,format=yuvj444p`
        : `scale=${matrix},format=rgb24`;
    const clock = `settb=${timeBase.num}/${timeBase.den}`;
    const sdr = file.toneMapping.map((filter) => `${filter},`).join('');
    return `[0:${file.stream}]${chosenFrames(recording, start)},${scaling(recording)}${sdr}${convert},setsar=1,${clock}[out]`;
  }
}

const ENCODERS: Readonly<Record<FrameFormat, readonly string[]>> = {
  jpeg: ['-c:v', 'mjpeg', '-q:v', '2', '-huffman', 'optimal'],
  png: ['-c:v', 'png', '-compression_level', '3'],
};

const mismatch = ({ file }: Recording, number: number) =>
  new MaskcastError('FRAME_COUNT_MISMATCH', `frame ${number} of ${file.path} could not be read a second time`);
