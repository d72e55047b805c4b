import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import { type Size, sameSize } from '../core/geometry.js';
import type { Segmenter } from '../core/ports.js';
import { epochMs } from '../core/time.js';
import { type MapOptions, mapClasses } from './class-map.js';
import { ConfusionMatrix } from './confusion.js';
import type { LabelledDataset, Sample } from './dataset.js';
import { type Scores, scoresOf } from './metrics.js';
import { type Placement, pictureSize, readLabel, readPlane } from './picture.js';
import { upsampledLabels } from './upsample.js';

/**
 * In: labelled pictures and the network that serves. Out: how well it labels them. Always holds: a pixel that the data set
 * doesn't label never counts; scores are compared at the label's size, scaled up before the arg-max.
 */
export interface Evaluation {
  readonly scores: Scores;
  readonly confusion: ConfusionMatrix;
  readonly images: number;
  /** Time of the network alone, in ms a picture. */
  readonly networkTime: { readonly mean: number; readonly p50: number; readonly p95: number };
}

export interface EvaluateOptions {
  readonly segmenter: Segmenter;
  readonly dataset: LabelledDataset;
  readonly map?: MapOptions;
  readonly placementFor: (source: Size) => Placement;
  readonly onProgress?: (done: number, total: number) => void;
  /** Called with every picture's own counts, in the order in which they are ready. */
  readonly onSample?: (sample: Sample, confusion: ConfusionMatrix) => void;
  readonly stop?: AbortSignal;
}

/** @throws MaskcastError DATASET_INVALID; what the segmenter throws; CLOSED where `stop` aborts */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { segmenter, dataset, onProgress, onSample, stop } = options;
  const { fromModel, fromLabel } = mapClasses(segmenter.model.classes, dataset, options.map);
  const confusion = new ConfusionMatrix(dataset.classes.length);
  const times: number[] = [];
  const waiting = [...dataset.samples.entries()];
  // One more than the network takes at once, so that it doesn't wait for files.
  const lanes = Math.max(1, segmenter.freeSlots) + 1;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (stop?.aborted) throw new MaskcastError('CLOSED', 'the evaluation was stopped');
        const [number, sample] = next;
        const { labels, runTime, truth } = await predict(options, sample, number);
        const own = new ConfusionMatrix(dataset.classes.length);
        own.add(
          truth.map((value) => fromLabel[value] as number),
          labels.map((value) => fromModel[value] as number),
        );
        confusion.merge(own.rows());
        onSample?.(sample, own);
        times.push(runTime);
        onProgress?.(times.length, dataset.samples.length);
      }
    }),
  );
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? Number.NaN;
  const mean = times.reduce((sum, value) => sum + value, 0) / times.length;
  return {
    scores: scoresOf(confusion),
    confusion,
    images: times.length,
    networkTime: { mean, p50: at(0.5), p95: at(0.95) },
  };
}

/** The network's class of every pixel of a sample, beside the truth. */
async function predict({ segmenter, placementFor }: EvaluateOptions, sample: Sample, number: number) {
  const label = await readLabel(sample.label);
  const { labels, size, runTime } = await segmentPicture(segmenter, sample.image, placementFor, number);
  if (!sameSize(label, size)) {
    throw new MaskcastError(
      'DATASET_INVALID',
      `${sample.label} is ${label.width}×${label.height}; its picture is ${size.width}×${size.height}`,
    );
  }
  return { labels, truth: label.data, runTime };
}

/** A picture as the network labels it. */
export interface SegmentedPicture {
  readonly size: Size;
  /** The network's class index a pixel, row-major. */
  readonly labels: Uint8Array;
  /** Time of the network alone. */
  readonly runTime: number;
}

/** @throws MaskcastError DATASET_INVALID where the file is no picture; what the segmenter throws */
export async function segmentPicture(
  segmenter: Segmenter,
  image: string,
  placementFor: (source: Size) => Placement,
  number = 0,
): Promise<SegmentedPicture> {
  const source = await pictureSize(image);
  const placement = placementFor(source);
  const { analysis } = placement;
  const content = placement.kind === 'scaled' ? placement.content : analysis;
  const { data } = await readPlane(image, source, placement);
  const frame: Frame = {
    number,
    pts: { ticks: number, timeBase: { num: 1, den: 1 } },
    capturedAt: epochMs(0),
    discontinuity: true,
    geometry: { source, picture: source, analysis, content },
    jpeg: undefined,
    pixels: { data, retain: () => {}, release: () => {} },
  };
  const inference = await segmenter.segment('evaluate', frame, { newestOnly: false });
  if (!inference) throw new MaskcastError('INTERNAL', 'a frame of the evaluation was dropped');
  try {
    const full = placement.kind === 'scaled' ? source : analysis;
    const labels = upsampledLabels(inference.scores, full, source);
    return { size: source, labels, runTime: inference.runTime };
  } finally {
    inference.release();
  }
}
