import type { SourceClock } from '../core/frame.js';
import type { Size } from '../core/geometry.js';
import type { Mask } from '../core/mask.js';
import type { ModelInfo } from '../core/model.js';
import type { Rational, Timestamp } from '../core/time.js';
import type { RecordedFile } from '../media/inspect.js';
import type { MediaTools } from '../media/media-tools.js';
import type { Sampling } from '../media/selection.js';

/** What the parts of file recording share. */

/** One frame's result on its way into files. */
export interface MaskedFrame {
  /** Counts the frames that were asked for, from 0. Without `every`, `fps` or `from` it is the frame's place in the source. */
  readonly number: number;
  readonly pts: Timestamp;
  /** What the source's own clock says, in ticks; it may stand still or jump back, which `pts` doesn't. */
  readonly ownTicks: number;
  readonly mask: Mask;
  /** The mask's class indices at the recording's size, row-major. Made when first asked for. */
  readonly labels: Uint8Array;
}

/** What every output of one recording knows. Constant while it is made, and the same after a resume. */
export interface Recording {
  readonly tools: MediaTools;
  readonly file: RecordedFile;
  readonly model: ModelInfo;
  /** Of all frame times. */
  readonly timeBase: Rational;
  /** Pts of frame 0 in ticks; outputs that start elsewhere than at 0 on the source's timeline count from it. */
  readonly firstTicks: number;
  /** All frames where absent. */
  readonly sampling: Sampling | undefined;
  /** Seconds from the beginning of the source, where only a part is asked for. */
  readonly range: { readonly from?: number; readonly to?: number } | undefined;
  /** What pictures and exported masks have, and what boxes are measured in: the source's upright size, or a smaller one that was asked for. */
  readonly size: Size;
  /** Tells people what of the source can't be kept. */
  readonly warn: (text: string) => void;
  /** Of every encoder: the same after a resume, since encoders' results depend on it. */
  readonly threads: number;
}

/** What is known of a segment when its first frame arrives. */
export interface SegmentStart {
  readonly firstFrame: number;
  /** Pts of the first frame. */
  readonly firstTicks: number;
  /** Of the first frame. */
  readonly clock: SourceClock;
  /** Frames that it gets, unless the source ends first. */
  readonly maxFrames: number;
}

/** A run of frames that is written, flushed and committed as a whole. */
export interface Segment {
  /** Absolute; holds what each output has written for these frames. */
  readonly folder: string;
  readonly firstFrame: number;
  readonly frames: number;
  /** Pts of its first frame. */
  readonly firstTicks: number;
}

/**
 * One kind of result. In: the masks of each segment. Out: files in the target folder, once all segments are there. Always
 * holds: what a segment's sink writes depends on that segment's frames alone, and what `assemble` writes on the segments
 * alone; both can be done again after a crash with the same result.
 */
export interface Output {
  /** Names the output on the command line and in the segment folders. */
  readonly name: string;
  /** True where the finished files are the segments' files under another name, so that they take no space of their own. */
  readonly links?: true;
  /**
   * Before the network has seen anything: tries in `folder`, which exists and is its own, what would otherwise fail after hours.
   * @throws MaskcastError SIZE_UNSUPPORTED, FFMPEG_FAILED
   */
  prepare?(folder: string, start: SegmentStart, signal: AbortSignal): Promise<void>;
  /** `folder` exists and is this segment's own. */
  open(folder: string, start: SegmentStart): Promise<SegmentSink>;
  /**
   * Makes the finished files in `target` from all segments, in order.
   * @throws MaskcastError DISK_FULL, OUTPUT_UNWRITABLE, FRAME_COUNT_MISMATCH, FFMPEG_FAILED, CLOSED when `signal` aborts
   */
  assemble(segments: readonly Segment[], target: string, signal: AbortSignal): Promise<void>;
}

/** Takes the frames of one segment, in order. */
export interface SegmentSink {
  /** Resolves when there is room for the next frame. */
  write(frame: MaskedFrame): Promise<void>;
  /** Resolves when everything is in files (not yet flushed to the disk) and has been checked. */
  finish(): Promise<void>;
  /** Idempotent; lets go of processes and files. */
  abort(): Promise<void>;
}

/** `frame_000123`: the frame's number as CVAT counts and names the frames of a video. */
export const frameName = (number: number): string => `frame_${String(number).padStart(6, '0')}`;

/** `frame_000123_pts4567`: with the exact time, in ticks of the recording's time base. */
export const timedFrameName = (frame: Pick<MaskedFrame, 'number' | 'pts'>): string =>
  `${frameName(frame.number)}_pts${frame.pts.ticks}`;

const TIMED_FRAME = /^frame_(\d{6,})_pts(-?\d+)$/;

/** What a name that `timedFrameName` has made says; undefined for other names. */
export function readTimedFrameName(name: string, extension: string): { number: number; ticks: number } | undefined {
  const [, number, ticks] = (name.endsWith(extension) && TIMED_FRAME.exec(name.slice(0, -extension.length))) || [];
  return number === undefined ? undefined : { number: Number(number), ticks: Number(ticks) };
}
