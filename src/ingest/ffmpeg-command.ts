import ffmpeg from 'fluent-ffmpeg';
import { type FrameGeometry, type Size, sameSize } from '../core/geometry.js';
import type { SourceSpec } from '../core/source.js';
import type { Rational } from '../core/time.js';
import type { MediaFacts } from '../media/facts.js';
import { type InputOptions, inputFor } from '../media/input.js';
import { CLOCK_AS_WRITTEN } from '../media/inspect.js';
import { unfolding } from '../media/rising-clock.js';
import { chosenFrames, deinterlacing, type Entry, type ResumePoint, type Sampling } from '../media/selection.js';

/**
 * The one place that knows fluent-ffmpeg, and it uses nothing but its argument builder: its capability check breaks on
 * ffmpeg 7, and its process handling offers neither extra pipes nor a clean end.
 */

export interface DecodePlan {
  readonly source: SourceSpec;
  readonly input: InputOptions;
  /** See MediaFacts. */
  readonly stream: string;
  readonly geometry: FrameGeometry;
  /** Of the demuxer: frame times are written in it, so that they come out as they went in. */
  readonly timeBase: Rational;
  /** See MediaFacts. */
  readonly interlaced: boolean;
  readonly fieldOrder?: MediaFacts['fieldOrder'] | undefined;
  /** A camera: delay counts more than throughput. */
  readonly live: boolean;
  /** Whether JPEGs are wanted. */
  readonly pictures: boolean;
  /** mjpeg quantiser, 2 (best) to 31. */
  readonly jpegQuality: number;
  /** Which frames come out; all where absent. */
  readonly sampling: Sampling | undefined;
  /** Start here. */
  readonly entry: Entry | undefined;
  /** Present where every frame counts. */
  readonly recorded?: RecordedPlan;
  /** Begin with this frame instead. */
  readonly resume?: ResumePoint | undefined;
}

export interface RecordedPlan {
  /** What is added to times that jump back: see rising-clock. */
  readonly lap: number;
  /** Of the upright picture with the source's own pixels: what it begins with. */
  readonly size: Size;
  /** See MediaFacts. */
  readonly clockAsWritten: boolean | undefined;
  /** See RecordedFile. */
  readonly toneMapping: readonly string[];
}

export interface FfmpegInvocation {
  readonly args: readonly string[];
  /** See MediaProcessOptions. */
  readonly script: string | undefined;
  readonly fed: boolean;
}

/** The command of one decoding process: pictures on descriptor 1, pixels on 3, timings on 4. */
export function decodeCommand(plan: DecodePlan): FfmpegInvocation {
  const { url, options, script } = inputFor(plan.source, plan.input);
  const command = ffmpeg();
  command
    .input(url)
    .inputOptions([...decoderOptions(plan), ...options, ...seek(plan)])
    .complexFilter(filterGraph(plan));
  const { num, den } = plan.timeBase;
  // A second encoder thread would hold every picture back by one frame, raw ones too.
  const common = ['-fps_mode', 'passthrough', '-threads', '1', '-flush_packets', '1'];
  const rising = [...common, '-enc_time_base', RISING_TIME_BASE];
  if (plan.pictures) {
    command
      .output('pipe:1')
      .outputOptions(['-map', '[picture]', '-c:v', 'mjpeg', '-q:v', String(plan.jpegQuality), ...rising])
      .outputOptions(['-color_range', 'pc', '-strict', 'unofficial', '-f', 'mpjpeg']);
  }
  command.output('pipe:3').outputOptions(['-map', '[analysis]', '-c:v', 'rawvideo', ...rising, '-f', 'rawvideo']);
  command
    .output('pipe:4')
    .outputOptions(['-map', '[timing]', '-c:v', 'rawvideo', ...common, '-enc_time_base', `${num}/${den}`])
    .outputOptions(['-f', 'framecrc']);
  const globals = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'repeat+level+verbose', '-copyts'];
  return { args: [...globals, ...builtArguments(command)], script, fed: plan.input.fed ?? false };
}

function seek({ entry, resume, recorded }: DecodePlan): string[] {
  const position = (resume ?? entry)?.seek ?? 0;
  const clock = recorded?.clockAsWritten ? CLOCK_AS_WRITTEN : [];
  // ffmpeg's own cutting compares rounded times; the graph compares ticks.
  return position > 0 ? [...clock, '-noaccurate_seek', '-ss', position.toFixed(6)] : [...clock];
}

/** Beyond this many pixels one decoder thread may not keep up with 25 frames a second. */
const LARGE = 2560 * 1440;

/**
 * Frame threads hold a picture back for each thread, slice threads don't: a camera gets slice threads, unless its pictures are
 * so large that throughput matters more. A file of which nobody waits for the next frame gets all that ffmpeg wants.
 */
function decoderOptions({ live, geometry, recorded }: DecodePlan): string[] {
  const { width, height } = geometry.source;
  // A file with much damage still has what lies between.
  // Nor may a change of size build the graph of a recording anew: its filters count.
  if (!live) return ['-max_error_rate', '1', ...(recorded ? ['-reinit_filter', '0'] : [])];
  return width * height > LARGE ? ['-threads', '4'] : ['-threads', '2', '-thread_type', 'slice'];
}

/** fluent-ffmpeg types only what runs a command; its argument list is what we want. */
function builtArguments(command: ffmpeg.FfmpegCommand): string[] {
  return (command as unknown as { _getArguments(): string[] })._getArguments();
}

/**
 * Encoders and muxers fail where a frame is not later than the one before it, and broken files and cameras that have just
 * started send such frames. Only the timing branch is read for times, so the others get those of the wall clock: it also goes on
 * rising when a change of size builds the graph anew and its filters forget.
 */
const RISING = 'settb=1/1000000,setpts=if(gte(N\\,1)\\,max(RTCTIME\\,PREV_OUTPTS+1)\\,RTCTIME)';
const RISING_TIME_BASE = '1/1000000';

/** ImageNet's mean colour: what networks are trained to see as nothing; black costs about a point of mIoU. */
const PADDING = '0x7c7468';

/** Makes times that never fall, and pictures of one size: deinterlacing compares neighbours. */
function steadied({ recorded }: DecodePlan): string[] {
  if (!recorded) return [];
  const { lap, size } = recorded;
  return [unfolding(lap), `scale=${size.width}:${size.height}`];
}

/**
 * Sizes are forced, so that no change in mid-stream can shear the raw frames. The timing branch is two by two pixels:
 * framecrc wants a picture, and only its times are read.
 */
function filterGraph(plan: DecodePlan): string {
  const { picture, content, analysis } = plan.geometry;
  const before = [...steadied(plan), ...chosenFrames(plan), ...deinterlacing(plan)];
  const sdr = (plan.recorded?.toneMapping ?? []).map((filter) => `${filter},`).join('');
  const small = `scale=${content.width}:${content.height}:flags=bilinear,${sdr}format=rgb24,split=2[content][first]`;
  const padding = `pad=${analysis.width}:${analysis.height}:0:0:${PADDING},`;
  const padded = `[content]${sameSize(content, analysis) ? '' : padding}${RISING}[analysis]`;
  const timing = '[first]crop=2:2:0:0[timing]';
  const source = `[0:${plan.stream}]`;
  if (!plan.pictures) return [`${source}${[...before, small].join(',')}`, padded, timing].join(';');
  const large = `scale=${picture.width}:${picture.height}:flags=bilinear:out_range=pc,format=yuv420p`;
  return [
    `${source}${[...before, large].join(',')},split=2[once][large]`,
    `[once]${RISING}[picture]`,
    `[large]${small}`,
    padded,
    timing,
  ].join(';');
}
