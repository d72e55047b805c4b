import { MaskcastError } from '../core/errors.js';
import type { Frame } from '../core/frame.js';
import type { Size } from '../core/geometry.js';
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
 * doesn't label never counts; scores are compared at the label's size, scaled up bilinearly before the arg-max.
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
  readonly stop?: AbortSignal;
}

/** @throws MaskcastError DATASET_INVALID; what the segmenter throws; CLOSED where `stop` aborts */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { segmenter, dataset, onProgress, stop } = options;
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
        confusion.add(
          truth.map((value) => fromLabel[value] as number),
          labels.map((value) => fromModel[value] as number),
        );
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
  const [source, label] = await Promise.all([pictureSize(sample.image), readLabel(sample.label)]);
  if (label.width !== source.width || label.height !== source.height) {
    throw new MaskcastError(
      'DATASET_INVALID',
      `${sample.label} is ${label.width}×${label.height}; its picture is ${source.width}×${source.height}`,
    );
  }
  const placement = placementFor(source);
  const { analysis } = placement;
  const content = placement.kind === 'scaled' ? placement.content : analysis;
  const { data } = await readPlane(sample.image, source, placement);
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
    return { labels, truth: label.data, runTime: inference.runTime };
  } finally {
    inference.release();
  }
}
