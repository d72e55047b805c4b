import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placementFor } from '../../src/cli/eval/flags.js';
import type { MapOptions } from '../../src/evaluate/class-map.js';
import { ConfusionMatrix } from '../../src/evaluate/confusion.js';
import type { LabelledDataset, Sample } from '../../src/evaluate/dataset.js';
import { evaluate } from '../../src/evaluate/evaluate.js';
import { type Scores, scoresOf } from '../../src/evaluate/metrics.js';
import type { ModelFiles } from '../../src/inference/manifest.js';
import { createSegmenter } from '../../src/inference/segmenter.js';
import type { Score } from './results.js';

export interface ScoreOptions {
  readonly model: ModelFiles;
  readonly dataset: LabelledDataset;
  readonly map?: MapOptions;
  /** Where counts of pictures are kept from run to run. */
  readonly cacheDir: string;
  readonly threads: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly stop?: AbortSignal;
}

/**
 * A network's scores over labelled pictures, through the path that serves. Each picture's counts are kept under the checksums of the
 * network and of the picture with its label: a second run, or one that was stopped, only redoes what is missing or has changed.
 */
export async function scoreModel(options: ScoreOptions): Promise<Score> {
  const { model, dataset, map = {}, cacheDir, threads, onProgress, stop } = options;
  const { manifest, dir } = model;
  await mkdir(cacheDir, { recursive: true });
  const path = join(cacheDir, `${manifest.sha256}.jsonl`);
  const kept = await readCounts(path);
  const keys = new Map<Sample, string>();
  for (const sample of dataset.samples) keys.set(sample, await keyOf(sample, dataset, map));
  const missing = dataset.samples.filter((sample) => !kept.has(keys.get(sample) as string));
  const total = dataset.samples.length;
  onProgress?.(total - missing.length, total);
  if (missing.length > 0) {
    const segmenter = await createSegmenter({ model: dir, workers: 1, threads, finestStride: 1 });
    const writes: Promise<void>[] = [];
    try {
      await evaluate({
        segmenter,
        dataset: { ...dataset, samples: missing },
        map,
        placementFor: (source) => placementFor(segmenter, source, undefined),
        onProgress: (done) => onProgress?.(total - missing.length + done, total),
        onSample: (sample, confusion) => {
          const key = keys.get(sample) as string;
          kept.set(key, confusion.rows());
          writes.push(appendFile(path, `${JSON.stringify({ key, counts: confusion.rows() })}\n`));
        },
        ...(stop ? { stop } : {}),
      });
    } finally {
      await Promise.all(writes);
      await segmenter.close();
    }
  }
  const confusion = new ConfusionMatrix(dataset.classes.length);
  for (const key of keys.values()) confusion.merge(kept.get(key) as Counts);
  return describe(scoresOf(confusion), confusion, dataset);
}

type Counts = readonly (readonly number[])[];

/** Lines of a run that was killed while it wrote are left out. */
async function readCounts(path: string): Promise<Map<string, Counts>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const counts = new Map<string, Counts>();
  for (const line of text.split('\n')) {
    try {
      const entry = JSON.parse(line) as { key: string; counts: Counts };
      counts.set(entry.key, entry.counts);
    } catch {
      // Half a line: its picture is scored again.
    }
  }
  return counts;
}

/** Raised when the evaluation itself changes. */
const VERSION = 1;

async function keyOf({ image, label }: Sample, { classes, ignoreIndex }: LabelledDataset, map: MapOptions) {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, classes, ignoreIndex, map]));
  for (const path of [image, label]) hash.update(await readFile(path));
  return hash.digest('hex');
}

function describe(scores: Scores, confusion: ConfusionMatrix, { samples, classes }: LabelledDataset): Score {
  return {
    images: samples.length,
    mIoU: percent(scores.meanIoU),
    pixelAccuracy: percent(scores.pixelAccuracy),
    classAccuracy: percent(scores.classAccuracy),
    iou: Object.fromEntries(classes.map(({ name }, index) => [name, optional(scores.classes[index]?.iou)])),
    confusion: confusion.rows().map((row) => [...row]),
  };
}

const optional = (share: number | undefined) => (share === undefined ? null : percent(share));
const percent = (share: number): number => Math.round(share * 10_000) / 100;
