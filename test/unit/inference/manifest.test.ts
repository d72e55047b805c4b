import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseManifest, readManifest, toModelInfo, verifyChecksums } from '../../../src/inference/manifest.js';
import { writeLumaThresholdModel } from '../../support/test-models.js';

const complete = {
  name: 'tiny',
  task: 'semantic-segmentation',
  sha256: '0'.repeat(64),
  input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic' } },
  output: { tensor: 'logits', kind: 'logits', stride: 4 },
  classes: [
    { id: 0, name: 'other', color: [0, 0, 0] },
    { id: 1, name: 'person', color: [220, 20, 60] },
  ],
  ignoreIndex: 255,
  licence: 'CC0-1.0',
  data: 'drawn by us',
};

const problemOf = (change: (manifest: Record<string, unknown>) => void): string => {
  const manifest = structuredClone(complete) as Record<string, unknown>;
  change(manifest);
  try {
    parseManifest(manifest, 'tiny/manifest.json');
  } catch (error) {
    expect(error).toMatchObject({ code: 'MANIFEST_INVALID' });
    return (error as Error).message;
  }
  throw new Error('the manifest was accepted');
};

describe('a manifest', () => {
  it('needs no more than what a network can not do without', () => {
    const manifest = parseManifest(complete, 'tiny/manifest.json');
    expect(manifest.file).toBe('model.onnx');
    expect(manifest.input).toMatchObject({ colorOrder: 'RGB', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] });
    expect(manifest.input.size).toEqual({ kind: 'dynamic', multipleOf: 32, longestSide: 512 });
    expect(manifest.output.layout).toBe('NCHW');
    expect(toModelInfo(manifest)).toMatchObject({ name: 'tiny', stride: 4, licence: 'CC0-1.0', ignoreIndex: 255 });
  });

  it('may say how its file was calibrated', () => {
    const calibration = { bias: { person: -0.5 }, temperature: 1.2, data: 'our val split' };
    expect(parseManifest({ ...complete, calibration }, 'tiny/manifest.json').calibration).toEqual(calibration);
  });

  it('is refused with the name of the file and of every wrong key', () => {
    const text = problemOf((manifest) => {
      manifest.output = { tensor: 'logits', kind: 'scores', stride: 0 };
      manifest.colour = true;
    });
    expect(text).toMatch(/^tiny\/manifest\.json: /);
    expect(text).toContain('output.kind: ');
    expect(text).toContain('"logits"|"probabilities"|"labels"');
    expect(text).toContain('output.stride: ');
    expect(text).toContain('"colour"');
  });

  it.each([
    [
      'classes out of order',
      'expected 1, received 2',
      (m: typeof complete) => Object.assign(m.classes[1] ?? {}, { id: 2 }),
    ],
    [
      'two classes of one name',
      '"other" is there twice',
      (m: typeof complete) => Object.assign(m.classes[1] ?? {}, { name: 'other' }),
    ],
    [
      'an ignore index that is a class',
      'must not be a class; received 1',
      (m: typeof complete) => Object.assign(m, { ignoreIndex: 1 }),
    ],
    [
      'normalisation of a uint8 input',
      'scale, mean and std need a float type',
      (m: typeof complete) => Object.assign(m.input, { mean: [1, 2, 3] }),
    ],
    [
      'a size that the stride does not divide',
      'must be a multiple of output.stride (4); received 30',
      (m: typeof complete) => Object.assign(m.input, { size: { kind: 'fixed', width: 30, height: 32 } }),
    ],
    [
      'a scale of logits',
      'scale needs kind probabilities',
      (m: typeof complete) => Object.assign(m.output, { kind: 'logits', scale: 0.5 }),
    ],
    [
      'a calibration of a class that is none',
      'calibration.bias.horse: must be a class; the classes are other, person',
      (m: typeof complete) => Object.assign(m, { calibration: { bias: { horse: 1 }, temperature: 1, data: 'ours' } }),
    ],
    [
      'a file outside the folder',
      'must be the name of an .onnx file',
      (m: typeof complete) => Object.assign(m, { file: '../model.onnx' }),
    ],
  ])('is refused for %s', (_, expected, change) => {
    expect(problemOf((manifest) => change(manifest as unknown as typeof complete))).toContain(expected);
  });
});

describe('a model folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'maskcast-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read together with its path and passes its own checksum', async () => {
    const dir = await writeLumaThresholdModel(join(folder, 'luma'), { stride: 4 });
    const files = await readManifest(dir);
    expect(files.modelPath).toBe(join(dir, 'model.onnx'));
    await verifyChecksums(files);
  });

  it('is not found without a manifest', async () => {
    await expect(readManifest(folder)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('is refused where the manifest is not JSON', async () => {
    await writeFile(join(folder, 'manifest.json'), '{ name: tiny }');
    await expect(readManifest(folder)).rejects.toMatchObject({ code: 'MANIFEST_INVALID', message: /is not JSON/ });
  });

  it('is refused under another name than its manifest has', async () => {
    const dir = await writeLumaThresholdModel(join(folder, 'luma'), { stride: 4 });
    const { manifest } = await readManifest(dir);
    await writeFile(join(dir, 'manifest.json'), JSON.stringify({ ...manifest, name: 'chroma' }));
    await expect(readManifest(dir)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: /must be the folder's name "luma"; received "chroma"/,
    });
  });

  it('is refused when the ONNX file has changed', async () => {
    const dir = await writeLumaThresholdModel(join(folder, 'luma'), { stride: 4 });
    await writeFile(join(dir, 'model.onnx'), 'half a file');
    await expect(verifyChecksums(await readManifest(dir))).rejects.toMatchObject({
      code: 'MANIFEST_MISMATCH',
      message: /has sha256 [0-9a-f]{64}; the manifest expects [0-9a-f]{64}/,
    });
  });
});
