import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import { type Size, sameSize } from '../core/geometry.js';
import type { ScoreMap } from '../core/mask.js';
import type { Segmenter } from '../core/ports.js';
import { epochMs } from '../core/time.js';
import { type MapOptions, mapClasses, NOT_COUNTED } from './class-map.js';
import type { LabelledDataset } from './dataset.js';
import { type Placement, pictureSize, readLabel, readPlane } from './picture.js';

/**
 * In: labelled pictures that are consecutive frames of one video, and the network that serves. Out: the clip with the network's scores of
 * every frame, so that policies can be compared without running it again. Always holds: all frames have one size.
 */
export interface VideoClip {
  /** The plane that the network saw; the picture lies in `placed`, from the top left. */
  readonly analysis: Size;
  readonly placed: Size;
  /** Size of the labels. */
  readonly source: Size;
  /** Names of the data set's classes. */
  readonly classes: readonly string[];
  /** Class of the data set for each class of the network. */
  readonly fromModel: Uint8Array;
  readonly frames: readonly ClipFrame[];
  /** Mean time of the network alone, in ms a frame. */
  readonly networkTime: number;
}

export interface ClipFrame {
  /** RGB24 of `analysis` */
  readonly pixels: Uint8Array;
  readonly scores: ScoreMap;
  /** Class of the data set a pixel of `source`, row-major; `NOT_COUNTED` where no score counts. */
  readonly truth: Uint8Array;
}

export interface ReadClipOptions {
  readonly segmenter: Segmenter;
  readonly dataset: LabelledDataset;
  readonly map?: MapOptions;
  readonly placementFor: (source: Size) => Placement;
  readonly onProgress?: (done: number) => void;
  readonly stop?: AbortSignal;
}

/** @throws MaskcastError DATASET_INVALID; what the segmenter throws; CLOSED where `stop` aborts */
export async function readClip(options: ReadClipOptions): Promise<VideoClip> {
  const { segmenter, dataset, placementFor, onProgress, stop } = options;
  const { fromModel, fromLabel } = mapClasses(segmenter.model.classes, dataset, options.map);
  const [first] = dataset.samples;
  if (!first) throw new MaskcastError('DATASET_INVALID', 'a video needs at least one frame');
  const source = await pictureSize(first.image);
  const placement = placementFor(source);
  const { analysis } = placement;
  const frames: ClipFrame[] = [];
  let time = 0;
  for (const [number, { image, label }] of dataset.samples.entries()) {
    if (stop?.aborted) throw new MaskcastError('CLOSED', 'the evaluation was stopped');
    const [size, truth] = [await pictureSize(image), await readLabel(label)];
    requireSize(image, size, source);
    requireSize(label, truth, source);
    const { data } = await readPlane(image, source, placement);
    const { scores, runTime } = await infer(segmenter, number, data, source, analysis);
    time += runTime;
    frames.push({ pixels: data, scores, truth: truth.data.map((value) => fromLabel[value] ?? NOT_COUNTED) });
    onProgress?.(frames.length);
  }
  return {
    analysis,
    placed: placement.kind === 'scaled' ? placement.content : source,
    source,
    classes: dataset.classes.map(({ name }) => name),
    fromModel,
    frames,
    networkTime: time / frames.length,
  };
}

function requireSize(path: string, size: Size, expected: Size): void {
  if (sameSize(size, expected)) return;
  throw new MaskcastError(
    'DATASET_INVALID',
    `${path} is ${size.width}×${size.height}; the video's first frame is ${expected.width}×${expected.height}`,
  );
}

async function infer(
  segmenter: Segmenter,
  number: number,
  data: Uint8Array<SharedArrayBuffer>,
  source: Size,
  analysis: Size,
): Promise<{ readonly scores: ScoreMap; readonly runTime: number }> {
  const frame: Frame = {
    number,
    pts: { ticks: number, timeBase: { num: 1, den: 1 } },
    capturedAt: epochMs(0),
    discontinuity: number === 0,
    geometry: { source, picture: source, analysis, content: analysis },
    jpeg: undefined,
    pixels: { data, retain: () => {}, release: () => {} },
  };
  const inference = await segmenter.segment('evaluate', frame, { newestOnly: false });
  if (!inference) throw new MaskcastError('INTERNAL', 'a frame of the evaluation was dropped');
  const { scores, runTime } = inference;
  const kept = { ...scores, data: Float32Array.from(scores.data) };
  inference.release();
  return { scores: kept, runTime };
}
