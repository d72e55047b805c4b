import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import { type Size, sameSize } from '../core/geometry.js';
import type { ScoreMap } from '../core/mask.js';
import { type Seconds, seconds, toSeconds } from '../core/time.js';
import { type MapOptions, mapClasses, NOT_COUNTED } from './class-map.js';
import type { LabelledDataset } from './dataset.js';
import { type Placement, pictureSize, readLabel, readPlane } from './picture.js';
import type { ClipNetwork } from './video-network.js';

/**
 * In: the frames of one video, labelled or not, and the network that serves. Out: the clip with the network's scores of every frame, so that
 * policies can be compared without running it again. Always holds: all frames have one size.
 */
export interface VideoClip {
  /** The plane that the network saw; the picture lies in `placed`, from the top left. */
  readonly analysis: Size;
  readonly placed: Size;
  /** Names of the classes that masks are compared in. */
  readonly classes: readonly string[];
  /** Of these classes, the one that each class of the network counts as. */
  readonly fromModel: Uint8Array;
  readonly frames: readonly ClipFrame[];
  /** Labels of each frame; absent where nobody has drawn any. */
  readonly truth: VideoTruth | undefined;
  /** Mean time of the network alone, in ms a frame. */
  readonly networkTime: number;
}

export interface ClipFrame {
  readonly time: Seconds;
  /** RGB24 of `analysis` */
  readonly pixels: Uint8Array;
  readonly scores: ScoreMap;
}

export interface VideoTruth {
  readonly size: Size;
  /** Class a pixel of each frame, row-major; `NOT_COUNTED` where no score counts. */
  readonly labels: readonly Uint8Array[];
}

interface ReadOptions {
  readonly network: ClipNetwork;
  readonly onProgress?: (done: number) => void;
  readonly stop?: AbortSignal;
}

export interface LabelledVideo extends ReadOptions {
  /** Its pictures, in order, are the frames. */
  readonly dataset: LabelledDataset;
  readonly map?: MapOptions;
  readonly placementFor: (source: Size) => Placement;
  readonly framesASecond: number;
}

/** @throws MaskcastError DATASET_INVALID; what the segmenter throws; CLOSED where `stop` aborts */
export async function readLabelledVideo(options: LabelledVideo): Promise<VideoClip> {
  const { network, dataset, placementFor, framesASecond, onProgress, stop } = options;
  const { fromModel, fromLabel } = mapClasses(network.segmenter.model.classes, dataset, options.map);
  const [first] = dataset.samples;
  if (!first) throw new MaskcastError('DATASET_INVALID', 'a video needs at least one frame');
  const source = await pictureSize(first.image);
  const placement = placementFor(source);
  const { analysis } = placement;
  const frames: ClipFrame[] = [];
  const labels: Uint8Array[] = [];
  let time = 0;
  for (const [number, { image, label }] of dataset.samples.entries()) {
    requireGoingOn(stop);
    const [size, truth] = [await pictureSize(image), await readLabel(label)];
    requireSize(image, size, source);
    requireSize(label, truth, source);
    const { data } = await readPlane(image, source, placement);
    const { scores, runTime } = await network.scoresOf({ pixels: data, analysis, content: analysis });
    time += runTime;
    frames.push({ time: seconds(number / framesASecond), pixels: data, scores });
    labels.push(truth.data.map((value) => fromLabel[value] ?? NOT_COUNTED));
    onProgress?.(frames.length);
  }
  return {
    analysis,
    placed: placement.kind === 'scaled' ? placement.content : source,
    classes: dataset.classes.map(({ name }) => name),
    fromModel,
    frames,
    truth: { size: source, labels },
    networkTime: time / frames.length,
  };
}

export interface Recording extends ReadOptions {
  /** What the file is called in an error. */
  readonly name: string;
  /** Frames of a recording, in order; each is released here. */
  readonly decoded: AsyncIterable<Frame>;
  /** Stop after this many frames. */
  readonly limit: number | undefined;
}

/** A video without labels, as a stream decodes it. @throws MaskcastError SOURCE_ENDED where it has no frame; CLOSED; what source and segmenter throw */
export async function readRecording(options: Recording): Promise<VideoClip> {
  const { network, name, decoded, limit = Number.POSITIVE_INFINITY, onProgress, stop } = options;
  const { classes } = network.segmenter.model;
  const frames: ClipFrame[] = [];
  let picture: Size | undefined;
  let time = 0;
  for await (const frame of decoded) {
    try {
      requireGoingOn(stop);
      const { geometry, pixels } = frame;
      picture ??= geometry.content;
      const { scores, runTime } = await network.scoresOf({ ...geometry, pixels: pixels.data });
      time += runTime;
      frames.push({ time: toSeconds(frame.pts), pixels: contentOf(frame), scores });
    } finally {
      frame.pixels.release();
    }
    onProgress?.(frames.length);
    if (frames.length >= limit) break;
  }
  if (!picture) throw new MaskcastError('SOURCE_ENDED', `${name} has no frame`);
  return {
    analysis: picture,
    placed: picture,
    classes: classes.map((entry) => entry.name),
    fromModel: Uint8Array.from(classes, ({ id }) => id),
    frames,
    truth: undefined,
    networkTime: time / frames.length,
  };
}

/** A copy of the picture without the padding at its right and below. */
function contentOf({ geometry, pixels }: Frame): Uint8Array {
  const { analysis, content } = geometry;
  const row = content.width * 3;
  const copy = new Uint8Array(row * content.height);
  for (let y = 0; y < content.height; y += 1) {
    const from = y * analysis.width * 3;
    copy.set(pixels.data.subarray(from, from + row), y * row);
  }
  return copy;
}

function requireGoingOn(stop: AbortSignal | undefined): void {
  if (stop?.aborted) throw new MaskcastError('CLOSED', 'the evaluation was stopped');
}

function requireSize(path: string, size: Size, expected: Size): void {
  if (sameSize(size, expected)) return;
  throw new MaskcastError(
    'DATASET_INVALID',
    `${path} is ${size.width}×${size.height}; the video's first frame is ${expected.width}×${expected.height}`,
  );
}
