import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planEngine, runsOnCpu } from '../../../../src/inference/engines/choose.js';
import { requireVersion } from '../../../../src/inference/engines/openvino/library.js';
import { propertiesOf } from '../../../../src/inference/engines/openvino/properties.js';
import { requireDevice } from '../../../../src/inference/engines/openvino/session.js';

let folder: string;
let library: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-choose-'));
  library = join(folder, 'libopenvino_c.so');
  await writeFile(library, '');
});
afterAll(() => rm(folder, { recursive: true }));

const wrong = { library: '/nowhere/libopenvino_c.so' };
const found = () => ({ library, cacheDir: 'none' });

describe('the engine', () => {
  it('is onnxruntime where nobody says anything', async () => {
    expect(await planEngine({})).toEqual({
      first: { engine: 'onnxruntime', executionProvider: 'cpu', graphOptimization: 'all' },
    });
  });

  it('under auto is OpenVINO where its library is, and onnxruntime where that fails', async () => {
    expect(await planEngine({ engine: 'auto', openvino: found() })).toEqual({
      first: { engine: 'openvino', library, device: 'CPU', precision: 'auto', cacheDir: undefined },
      otherwise: expect.objectContaining({ engine: 'onnxruntime' }),
    });
  });

  it('under auto is onnxruntime where a place that was named is wrong, and says so', async () => {
    expect(await planEngine({ engine: 'auto', openvino: wrong })).toEqual({
      first: expect.objectContaining({ engine: 'onnxruntime' }),
      because: expect.objectContaining({ code: 'ENGINE_UNAVAILABLE' }),
    });
  });

  it('under auto is the one whose execution provider is named', async () => {
    const { first, otherwise } = await planEngine({ engine: 'auto', executionProvider: 'cuda', openvino: found() });
    expect(first).toMatchObject({ engine: 'onnxruntime', executionProvider: 'cuda' });
    expect(otherwise).toBeUndefined();
  });

  it('asked for by name is that one or an error', async () => {
    const { first, otherwise } = await planEngine({ engine: 'openvino', openvino: { ...found(), device: 'GPU' } });
    expect(first).toMatchObject({ engine: 'openvino', device: 'GPU' });
    expect(otherwise).toBeUndefined();
    await expect(planEngine({ engine: 'openvino', openvino: wrong })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
    });
    await expect(
      planEngine({ engine: 'openvino', executionProvider: 'cuda', openvino: found() }),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('received cuda') });
  });

  it('says whether the CPUs run the network', () => {
    const openvino = { engine: 'openvino', library, precision: 'auto', cacheDir: undefined } as const;
    expect(runsOnCpu({ ...openvino, device: 'CPU' })).toBe(true);
    expect(runsOnCpu({ ...openvino, device: 'NPU' })).toBe(false);
  });
});

describe('what OpenVINO lacks is said', () => {
  it('a device, with those that there are', () => {
    expect(() => requireDevice(['CPU', 'GPU.0', 'GPU.1'], 'GPU')).not.toThrow();
    expect(() => requireDevice(['CPU', 'GPU.0'], 'GPU.1')).toThrow(/no device "GPU.1" here; .* may be CPU, GPU.0/);
  });

  it('a version, with the one that is needed', () => {
    for (const version of ['2025.1.0', '2026.0.0', '2030.0.1'])
      expect(() => requireVersion('x', version)).not.toThrow();
    expect(() => requireVersion('/x.so', '2025.0.0')).toThrow(/\/x\.so is OpenVINO 2025\.0\.0; 2025\.1 or later/);
    expect(() => requireVersion('/x.so', 'of an unknown version (undefined)')).toThrow(/2025\.1 or later/);
  });
});

describe('a network is compiled', () => {
  it('for the threads of the plan on a CPU, in the arithmetic that is asked for', () => {
    const properties = propertiesOf({ device: 'CPU', threads: 3, precision: 'f32' }).join(' ');
    expect(properties).toContain('INFERENCE_NUM_THREADS 3');
    expect(properties).toContain('INFERENCE_PRECISION_HINT f32');
    const others = propertiesOf({ device: 'NPU', threads: 3, precision: 'auto' }).join(' ');
    expect(others).toBe('PERFORMANCE_HINT LATENCY');
  });
});
