import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import type { InferencePool } from '../../../src/inference/pool.js';
import { ModelRegistry } from '../../../src/live/model-registry.js';
import { silentLogger } from '../../../src/telemetry/logger.js';
import { ManualClock, settle } from '../../support/fakes/manual-clock.js';

let clock: ManualClock;
let registry: ModelRegistry;
/** Every network that was loaded, by name, and whether it is gone again. */
let loads: { name: string; closed: boolean }[];
let refusal: MaskcastError | undefined;
/** Networks that were loaded when memory was given back. */
let freed: number[];

beforeEach(async () => {
  clock = new ManualClock();
  loads = [];
  refusal = undefined;
  freed = [];
  const modelsDir = mkdtempSync(join(tmpdir(), 'maskcast-models-'));
  for (const name of ['small', 'large']) {
    mkdirSync(join(modelsDir, name));
    writeFileSync(join(modelsDir, name, 'manifest.json'), JSON.stringify(manifest(name)));
  }
  mkdirSync(join(modelsDir, 'broken'));
  writeFileSync(join(modelsDir, 'broken', 'manifest.json'), '{');
  registry = new ModelRegistry({
    ...{ modelsDir, defaultModel: 'small', clock, logger: silentLogger },
    freeMemory: async () => freed.push(loads.filter(({ closed }) => !closed).length),
    load: async (name) => {
      if (refusal) throw refusal;
      const load = { name, closed: false };
      loads.push(load);
      const close = async () => {
        load.closed = true;
      };
      return { close } as InferencePool;
    },
  });
  await registry.scan();
});

const manifest = (name: string) => ({
  ...{ name, task: 'semantic-segmentation', sha256: '0'.repeat(64), licence: 'none', data: 'none' },
  input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic', multipleOf: 8 } },
  output: { tensor: 'logits', kind: 'logits', stride: 4 },
  classes: [
    { id: 0, name: 'other', color: [0, 0, 0] },
    { id: 1, name: 'person', color: [220, 20, 60] },
  ],
});

describe('the networks of a server', () => {
  it('are listed without what is broken, and described without loading any', () => {
    expect(registry.list().map(({ name, default: isDefault }) => [name, isDefault])).toEqual([
      ['large', false],
      ['small', true],
    ]);
    expect(registry.network('large').model.classes.map(({ name }) => name)).toEqual(['other', 'person']);
    expect(registry.network('gone').model).toMatchObject({ name: 'gone', classes: [] });
    expect(loads).toEqual([]);
  });

  it('may lie elsewhere, and then hide those of the same name', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'maskcast-elsewhere-'));
    const folders = new Map(['own', 'small'].map((name) => [name, join(elsewhere, name)] as const));
    for (const [name, folder] of folders) {
      mkdirSync(folder);
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest(name), licence: 'ours' }));
    }
    const modelsDir = mkdtempSync(join(tmpdir(), 'maskcast-models-'));
    mkdirSync(join(modelsDir, 'small'));
    writeFileSync(join(modelsDir, 'small', 'manifest.json'), JSON.stringify(manifest('small')));
    const parts = { modelsDir, folders, defaultModel: 'own', clock, logger: silentLogger };
    const mixed = new ModelRegistry({
      ...parts,
      load: async () => ({}) as InferencePool,
      freeMemory: async () => {},
    });
    await mixed.scan();
    expect(mixed.list().map(({ name, licence }) => [name, licence])).toEqual([
      ['own', 'ours'],
      ['small', 'ours'],
    ]);
    expect(() => mixed.require()).not.toThrow();
  });

  it('are loaded once for all who borrow them at a time', async () => {
    const [first, second] = await Promise.all([registry.borrow(), registry.network('small').borrow()]);
    expect(first?.segmenter).toBe(second?.segmenter);
    expect(loads).toHaveLength(1);
    expect(registry.loaded).toHaveLength(1);
  });

  it('go five seconds after the last one has given them back', async () => {
    const [first, second] = await Promise.all([registry.borrow('large'), registry.borrow('large')]);
    first?.giveBack();
    first?.giveBack();
    await clock.advance(60_000);
    expect(loads[0]?.closed).toBe(false);
    second?.giveBack();
    await clock.advance(4999);
    expect(loads[0]?.closed).toBe(false);
    await clock.advance(1);
    expect(loads[0]?.closed).toBe(true);
    expect(registry.loaded).toEqual([]);
    expect(freed).toEqual([0]);
    await registry.borrow('large');
    expect(loads).toHaveLength(2);
  });

  it('stay for whoever comes back in time', async () => {
    (await registry.borrow('large')).giveBack();
    await clock.advance(4000);
    await registry.borrow('large');
    await clock.advance(60_000);
    expect(loads).toMatchObject([{ closed: false }]);
  });

  it('that are not there are named beside those that are; those that fail are tried anew', async () => {
    await expect(registry.borrow('gone')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: 'there is no model "gone"; there are: large, small',
    });
    refusal = new MaskcastError('MODEL_INVALID', 'cut short');
    const both = [registry.borrow('large'), registry.borrow('large')];
    for (const one of both) await expect(one).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    refusal = undefined;
    await registry.borrow('large');
    expect(loads).toHaveLength(1);
  });

  it('end with the server, whoever has borrowed them, and no more are loaded', async () => {
    await registry.borrow('small');
    (await registry.borrow('large')).giveBack();
    await registry.close();
    await registry.close();
    expect(loads).toMatchObject([{ closed: true }, { closed: true }]);
    await expect(registry.borrow()).rejects.toMatchObject({ code: 'CLOSED' });
    await settle();
    expect(clock.pending).toBe(0);
  });
});
