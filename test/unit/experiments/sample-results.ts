import type { ModelResult, Results, Score } from '../../../scripts/experiments/results.js';

/** Results as a run could give them, with figures that are easy to follow. */

const score = (mIoU: number, sky: number): Score => ({
  images: 4,
  mIoU,
  pixelAccuracy: mIoU + 30,
  classAccuracy: mIoU + 10,
  iou: { sky, pole: 2 * mIoU - sky },
  confusion: [
    [90, 10],
    [50, 50],
  ],
});

interface Draft {
  readonly name: string;
  readonly mIoU: number;
  readonly sky?: number;
  readonly role?: ModelResult['role'];
}

export function modelResult({ name, mIoU, sky = mIoU, role = 'compared' }: Draft): ModelResult {
  return {
    name,
    role,
    precision: name.endsWith('-int8') ? 'int8' : 'fp32',
    sha256: `sha-of-${name}`,
    trainedOn: 'four pictures',
    bytes: 6_200_000,
    parameters: 1_535_035,
    multiplyAdds: 2_710_000_000,
    uncounted: [],
    scores: { val: score(mIoU + 5, sky), test: score(mIoU, sky) },
    shown: {
      mIoU: 20,
      iou: { other: 90, person: null },
      ...(name.endsWith('-int8') ? {} : { picture: `looks-${name}.jpg` }),
    },
  };
}

const machine = {
  processor: 'Test CPU',
  cores: 2,
  memoryGiB: 24,
  system: 'Linux 6',
  node: 'v20.0.0',
  onnxruntime: '1.30.0',
};

export function sampleResults(models: readonly ModelResult[], changes: Partial<Results> = {}): Results {
  return {
    date: '2026-11-24',
    machine,
    plane: { width: 480, height: 384 },
    data: {
      name: 'streets',
      splits: [
        { name: 'val', images: 4, of: 4 },
        { name: 'test', images: 4, of: 32 },
      ],
      classes: [
        { name: 'sky', color: [1, 2, 3] },
        { name: 'pole', color: [4, 5, 6] },
      ],
    },
    models: [...models],
    shown: { data: 'walkers', images: 2, truth: 'looks-truth.jpg', others: [] },
    curves: [],
    ...changes,
  };
}

/** Timings in which each network runs as many ms as is said, half of that with two threads. */
export const timingsOf = (times: Readonly<Record<string, number>>): NonNullable<Results['timings']> => ({
  date: '2026-11-25',
  machine,
  load: 0.1,
  rounds: 30,
  reference: Object.keys(times)[0] as string,
  runs: Object.entries(times).flatMap(([name, ms]) =>
    [1, 2].map((threads) => ({
      sha256: `sha-of-${name}`,
      threads,
      median: ms / threads,
      ratio: (Object.values(times)[0] as number) / ms,
    })),
  ),
  memory: Object.fromEntries(Object.keys(times).map((name) => [`sha-of-${name}`, 100])),
  memoryWithoutModel: 60,
});
