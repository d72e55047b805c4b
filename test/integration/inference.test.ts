import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import type { Inference } from '../../src/core/ports.js';
import { readManifest } from '../../src/inference/manifest.js';
import { InferencePool } from '../../src/inference/pool.js';
import { createSegmenter, type SegmenterOptions, startSession } from '../../src/inference/segmenter.js';
import { silentLogger } from '../../src/telemetry/logger.js';
import { forEveryEngine } from '../support/engines.js';
import { type Color, testFrame } from '../support/media/frames.js';
import {
  COLOR_CLASSES,
  type ColorModelOptions,
  writeColorModel,
  writeLumaThresholdModel,
  writeModel,
} from '../support/test-models.js';

let folder: string;
const pools: InferencePool[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-inference-'));
});
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));
afterAll(() => rm(folder, { recursive: true }));

const load = async (model: string, options: Partial<SegmenterOptions> = {}): Promise<InferencePool> => {
  const pool = await createSegmenter({ model, workers: 1, threads: 1, ...options });
  pools.push(pool);
  return pool;
};

/** Arg-max of every score of the result, row-major; the result is released. */
const classesOf = (inference: Inference | undefined): number[] => {
  if (!inference) throw new Error('the frame was not inferred');
  const { classes, size, data } = inference.scores;
  const plane = size.width * size.height;
  const labels = Array.from({ length: plane }, (_, pixel) => {
    const values = Array.from({ length: classes }, (_, index) => data[index * plane + pixel] as number);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    return values.indexOf(Math.max(...values));
  });
  inference.release();
  return labels;
};

const PALETTE: readonly Color[] = [
  [200, 40, 90],
  [10, 120, 60],
  [90, 80, 160],
];
/** A picture of 12×8 pixels in cells of 4×4, each in one colour whose class is `(column + row) % 3`. */
const cells = (x: number, y: number): Color => PALETTE[(Math.floor(x / 4) + Math.floor(y / 4)) % 3] as Color;

const imagenet = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const caffe = { mean: [104, 117, 123], std: [1, 1, 1] } as const;

forEveryEngine((engine) => {
  describe('any network that a manifest can describe runs', () => {
    const cases: readonly (readonly [string, ColorModelOptions])[] = [
      ['uint8 NHWC RGB, logits', { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 4 }],
      ['uint8 NCHW BGR, logits', { type: 'uint8', layout: 'NCHW', colorOrder: 'BGR', kind: 'logits', stride: 2 }],
      [
        'float32 NCHW RGB with ImageNet normalisation',
        { type: 'float32', layout: 'NCHW', ...imagenet, kind: 'logits', stride: 4 },
      ],
      [
        'float32 NHWC BGR with Caffe means, NHWC probabilities',
        {
          type: 'float32',
          layout: 'NHWC',
          colorOrder: 'BGR',
          ...caffe,
          kind: 'probabilities',
          outputLayout: 'NHWC',
          stride: 1,
        },
      ],
      [
        'float32 NHWC RGB, NHWC logits',
        { type: 'float32', layout: 'NHWC', kind: 'logits', outputLayout: 'NHWC', stride: 4 },
      ],
      [
        'fixed size, smaller picture',
        { type: 'uint8', layout: 'NHWC', size: { width: 32, height: 16 }, kind: 'logits', stride: 4 },
      ],
      [
        'fixed size, NHWC probabilities',
        {
          type: 'float32',
          layout: 'NCHW',
          size: { width: 32, height: 16 },
          kind: 'probabilities',
          outputLayout: 'NHWC',
          stride: 2,
        },
      ],
      ...(['int64', 'int32', 'uint8', 'float32'] as const).map(
        (labelType) =>
          [
            `labels of type ${labelType}`,
            { type: 'uint8', layout: 'NHWC', kind: 'labels', labelType, stride: 1 },
          ] as const,
      ),
    ];

    it.each(cases.map(([name, options], index) => [name, options, index] as const))('%s', async (_, options, index) => {
      const pool = await load(
        await writeColorModel(join(folder, `color-${engine.name}-${index}`), options),
        engine.wish,
      );
      expect(pool.model.classes).toEqual(COLOR_CLASSES);
      const { stride } = pool.model;
      expect(stride).toBe(4);
      const content = { width: 12, height: 8 };
      const analysis = options.size ?? content;
      const frame = testFrame({ analysis, content, color: cells });
      const result = await pool.segment('cam', frame, { newestOnly: false });
      expect(result?.scores.size).toEqual({ width: 12 / stride, height: 8 / stride });
      const expected = Array.from({ length: (12 / stride) * (8 / stride) }, (_, at) => {
        const [column, row] = [at % (12 / stride), Math.floor(at / (12 / stride))];
        return (Math.floor((column * stride) / 4) + Math.floor((row * stride) / 4)) % 3;
      });
      expect(classesOf(result)).toEqual(expected);
      expect(frame.readers()).toBe(1);
    });
  });

  describe('sizes', () => {
    it('may change from frame to frame, more of them than are kept', async () => {
      const pool = await load(
        await writeLumaThresholdModel(join(folder, `luma-sizes-${engine.name}`), { stride: 4 }),
        engine.wish,
      );
      for (let round = 0; round < 2; round += 1) {
        for (const width of [16, 32, 48, 64, 80, 96]) {
          const frame = testFrame({
            analysis: { width, height: 8 },
            color: (x) => (x < width / 2 ? [255, 255, 255] : [0, 0, 0]),
          });
          const labels = classesOf(await pool.segment('cam', frame, { newestOnly: false }));
          const half = width / 8;
          const row = [...Array<number>(half).fill(1), ...Array<number>(half).fill(0)];
          expect(labels).toEqual([...row, ...row]);
        }
      }
    });
  });
});

describe('a model that can not run is refused at start', () => {
  const refused = async (dir: string, code: string, message: RegExp) =>
    expect(createSegmenter({ model: dir, workers: 1, threads: 1 })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });

  it('that is not there', async () => {
    await refused(join(folder, 'nowhere'), 'MODEL_NOT_FOUND', /there is no model in .*nowhere/);
    await expect(createSegmenter({ model: '..', modelsDir: folder })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });

  it('whose ONNX file is not one', async () => {
    const dir = await writeModel(join(folder, 'text'), Buffer.from('this is no protobuf'), {
      input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic' } },
      output: { tensor: 'logits', kind: 'logits', stride: 4 },
      classes: COLOR_CLASSES,
    });
    await refused(dir, 'MODEL_INVALID', /can't be loaded/);
  });

  it('whose ONNX file was cut off', async () => {
    const whole = await writeLumaThresholdModel(join(folder, 'whole'), { stride: 4 });
    const { manifest, modelPath } = await readManifest(whole);
    const onnx = await readFile(modelPath);
    const { name: _, sha256: __, ...draft } = manifest;
    await refused(
      await writeModel(join(folder, 'cut'), onnx.subarray(0, onnx.length / 2), draft),
      'MODEL_INVALID',
      /can't be loaded/,
    );
    await writeFile(modelPath, onnx.subarray(0, onnx.length / 2));
    await refused(whole, 'MANIFEST_MISMATCH', /has sha256/);
  });

  it.each([
    [
      'a wrong tensor name',
      { output: { tensor: 'scores', kind: 'logits', stride: 4 } },
      /output "scores"; the graph's outputs are "logits"/,
    ],
    [
      'a wrong stride',
      { output: { tensor: 'logits', kind: 'logits', stride: 2 } },
      /output "logits" has shape \[1, 2, \d+, \d+\] for an input of \d+×\d+; expected/,
    ],
    [
      'a wrong number of classes',
      { classes: COLOR_CLASSES },
      /output "logits" has shape \[1, 2, rows, columns\]; expected \[1, 3, any, any\]/,
    ],
    [
      'a wrong type',
      { input: { tensor: 'image', type: 'float32', layout: 'NHWC', size: { kind: 'dynamic' } } },
      /input "image" has type uint8; expected float32/,
    ],
  ])('whose manifest has %s', async (what, change, message) => {
    const good = await readManifest(await writeLumaThresholdModel(join(folder, 'good'), { stride: 4 }));
    const { name: _, sha256: __, ...draft } = good.manifest;
    const dir = await writeModel(join(folder, what.replaceAll(' ', '-')), await readFile(good.modelPath), {
      ...draft,
      ...change,
    });
    await refused(dir, 'MANIFEST_MISMATCH', message);
  });

  it('with an execution provider that this machine does not have', async () => {
    const dir = await writeLumaThresholdModel(join(folder, 'gpu'), { stride: 4 });
    await expect(
      createSegmenter({ model: dir, workers: 1, executionProvider: process.platform === 'darwin' ? 'dml' : 'coreml' }),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/must be one of cpu/) });
  });
});

describe('a session thread that dies', () => {
  it('is replaced, and the pool goes on', async () => {
    const { manifest, modelPath } = await readManifest(
      await writeLumaThresholdModel(join(folder, 'mortal'), { stride: 4 }),
    );
    const threads: Worker[] = [];
    const size = { width: 64, height: 64 };
    const pool = new InferencePool({
      manifest,
      longestSide: undefined,
      finestStride: 4,
      workers: 1,
      slot: () => ({
        name: 'mortal',
        spawn: () => {
          const link = startSession(modelPath, 'mortal', {
            engine: 'onnxruntime',
            threads: 1,
            executionProvider: 'cpu',
            graphOptimization: 'all',
          });
          threads.push(Reflect.get(link, 'worker') as Worker);
          return link;
        },
        open: { manifest, probe: size, finestStride: 4 },
        clock: systemClock,
        logger: silentLogger,
      }),
    });
    pools.push(pool);
    await pool.start();
    const frame = testFrame({ analysis: size, color: () => [255, 255, 255] });
    await threads[0]?.terminate();
    const labels = classesOf(await pool.segment('cam', frame, { newestOnly: false }));
    expect(new Set(labels)).toEqual(new Set([1]));
    expect(threads).toHaveLength(2);
    expect(pool.health().restarts).toBe(1);
  });
});

describe('several streams on one pool', () => {
  it('all get served, each in order, with the scores of their own frames', async () => {
    const pool = await load(await writeLumaThresholdModel(join(folder, 'shared'), { stride: 4 }), { workers: 3 });
    const size = { width: 32, height: 32 };
    const done: Record<string, number[]> = { a: [], b: [], c: [], d: [] };
    const jobs = Object.keys(done).flatMap((stream) =>
      Array.from({ length: 20 }, async (_, number) => {
        // A frame's number is how many of its 8×8 cells are bright, from the top left.
        const bright = (x: number, y: number) => Math.floor(y / 4) * 8 + Math.floor(x / 4) < number;
        const frame = testFrame({
          number,
          analysis: size,
          color: (x, y) => (bright(x, y) ? [255, 255, 255] : [0, 0, 0]),
        });
        const labels = classesOf(await pool.segment(stream, frame, { newestOnly: false }));
        expect(labels.reduce((sum, label) => sum + label, 0)).toBe(number);
        expect(frame.readers()).toBe(1);
        done[stream]?.push(number);
      }),
    );
    await Promise.all(jobs);
    for (const numbers of Object.values(done)) expect(numbers).toHaveLength(20);
    expect(pool.health()).toMatchObject({ runs: 80, failures: 0, leased: 0, waiting: 0 });
  });
});

describe('the event loop', () => {
  it('is not held up by a run: the main thread answers while the network works', async () => {
    const models = new URL('../../models/', import.meta.url).pathname;
    const pool = await load('hrnet-w18-small-v1-cameras', { modelsDir: models, longestSide: 256 });
    const { analysis, content } = pool.geometryFor({ width: 1920, height: 1080 });
    const frame = testFrame({ analysis, content });
    let ticks = 0;
    let running = true;
    const tick = () => {
      ticks += 1;
      if (running) setImmediate(tick);
    };
    setImmediate(tick);
    const result = await pool.segment('cam', frame, { newestOnly: false });
    running = false;
    expect(ticks).toBeGreaterThan(10);
    expect(classesOf(result)).toHaveLength(64 * 36);
  });
});
