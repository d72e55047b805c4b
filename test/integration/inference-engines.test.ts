import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { registerModels } from '../../src/cli/models/models.js';
import type { InferencePool } from '../../src/inference/pool.js';
import { createSegmenter, type SegmenterOptions } from '../../src/inference/segmenter.js';
import { type Logger, silentLogger } from '../../src/telemetry/logger.js';
import { runCommand } from '../support/commands.js';
import { describeOpenvino, forEveryEngine, openvinoLibrary } from '../support/engines.js';
import { testFrame } from '../support/media/frames.js';
import { startServe } from '../support/serve.js';
import { writeLumaThresholdModel } from '../support/test-models.js';

let folder: string;
let model: string;
const pools: InferencePool[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-engines-'));
  model = await writeLumaThresholdModel(join(folder, 'models', 'luma'), { stride: 4 });
});
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));
afterAll(() => rm(folder, { recursive: true }));

async function load(options: Partial<SegmenterOptions>): Promise<InferencePool> {
  const pool = await createSegmenter({ model, workers: 1, threads: 1, ...options });
  pools.push(pool);
  return pool;
}

/** A logger, and what it was told as a warning. */
function listening(): { readonly logger: Logger; readonly warnings: string[] } {
  const warnings: string[] = [];
  const warn = ({ err }: { err: Error }, text: string) => void warnings.push(`${text}: ${err.message}`);
  return { logger: Object.assign(Object.create(silentLogger), { warn }) as Logger, warnings };
}

describe('a library that is none', () => {
  const text = async () => {
    const path = join(folder, 'libopenvino_c.so');
    await writeFile(path, 'no library');
    return { library: path, cacheDir: 'none' };
  };

  it('is an error where OpenVINO is asked for', async () => {
    const openvino = await text();
    await expect(load({ engine: 'openvino', openvino })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining("can't be loaded"),
    });
  });

  it('is a warning under auto, and onnxruntime runs the network', async () => {
    const { logger, warnings } = listening();
    const pool = await load({ engine: 'auto', openvino: await text(), logger });
    expect(pool.engine).toMatchObject({ name: 'onnxruntime', device: 'cpu', precision: 'f32' });
    expect(warnings).toEqual([expect.stringMatching(/onnxruntime runs this network: .*can't be loaded/)]);
  });
});

forEveryEngine(({ name }) => {
  it('is what a server says that runs its network', async () => {
    const { url } = await startServe(['--models-dir', join(folder, 'models'), '--model', 'luma'], {
      env: { MASKCAST_INFERENCE_ENGINE: name, MASKCAST_INFERENCE_OPENVINO_CACHE_DIR: 'none' },
    });
    const [luma] = (await (await fetch(`${url}api/v1/models`)).json()) as { engine?: { version: string } }[];
    expect(luma).toMatchObject({ name: 'luma', engine: { name, version: expect.stringMatching(/^\d/) } });
    expect(await (await fetch(`${url}metrics`)).text()).toContain(
      `maskcast_inference_engine_info{model="luma",name="${name}",version="${luma?.engine?.version}"`,
    );
  });
});

describeOpenvino('OpenVINO', () => {
  it('is what auto takes, and says so', async () => {
    const pool = await load({ engine: 'auto', openvino: { cacheDir: 'none' } });
    const [major] = (pool.engine?.version ?? '').split('.');
    expect(pool.engine).toMatchObject({ name: 'openvino', device: 'CPU' });
    expect(Number(major)).toBeGreaterThanOrEqual(2025);
    expect(['f32', 'bf16', 'f16']).toContain(pool.engine?.precision);
  });

  it('computes in the arithmetic that it is told', async () => {
    const pool = await load({ engine: 'openvino', openvino: { precision: 'f32', cacheDir: 'none' } });
    expect(pool.engine?.precision).toBe('f32');
  });

  it('refuses a device that is not here, naming those that are', async () => {
    await expect(load({ engine: 'openvino', openvino: { device: 'GPU.7', cacheDir: 'none' } })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/no device "GPU\.7" here; inference\.openvino\.device may be CPU/),
    });
  });

  it('refuses another library of its own, which lacks the functions', async () => {
    const libraries = await readdir(dirname(openvinoLibrary ?? ''));
    const other = libraries.find((name) => name.startsWith('libtbb.')) ?? '';
    const library = join(dirname(openvinoLibrary ?? ''), other);
    await expect(load({ engine: 'openvino', openvino: { library, cacheDir: 'none' } })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
    });
  });

  it('keeps what it has compiled, and starts from it, also where that was damaged', async () => {
    const cacheDir = join(folder, 'compiled');
    const white = testFrame({ analysis: { width: 32, height: 16 }, color: () => [255, 255, 255] });
    const brightest = async () => {
      const pool = await load({ engine: 'openvino', openvino: { cacheDir } });
      const inference = await pool.segment('cam', white, { newestOnly: false });
      const bright = inference?.scores.data.at(-1);
      inference?.release();
      return bright;
    };
    expect(await brightest()).toBeGreaterThan(0.9);
    const kept = await readdir(cacheDir);
    expect(kept.length).toBeGreaterThan(0);
    expect(await brightest()).toBeGreaterThan(0.9);
    for (const name of kept) await rm(join(cacheDir, name));
    for (const name of kept) await writeFile(join(cacheDir, name), 'cut');
    expect(await brightest()).toBeGreaterThan(0.9);
  });

  it('is compared with onnxruntime by models verify', async () => {
    const args = ['models', 'verify', 'luma', '--models-dir', join(folder, 'models'), '--json'];
    const { stdout } = await runCommand(registerModels, args, {});
    expect(JSON.parse(stdout)).toEqual([
      {
        name: 'luma',
        ok: true,
        openvino: { engine: expect.objectContaining({ name: 'openvino' }), agreement: expect.closeTo(1, 2) },
      },
    ]);
  });
});
