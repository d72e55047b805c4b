import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { usableCpus } from '../../../src/config/cpus.js';
import { defaultModel } from '../../../src/config/default-model.js';
import { loadConfig } from '../../../src/config/load.js';

describe('the network where nobody names one', () => {
  it('is the small one on few CPUs and the larger one on four or more', () => {
    expect([1, 2, 3].map(defaultModel)).toEqual(Array(3).fill('hrnet-w18-small-v1-cameras'));
    expect([4, 64].map(defaultModel)).toEqual(Array(2).fill('hrnet-w18-small-v2-cameras'));
  });

  it('comes with Maskcast', () => {
    for (const cpus of [1, 64]) expect(existsSync(`models/${defaultModel(cpus)}/model.onnx`)).toBe(true);
  });

  it('follows the CPUs of this machine, and gives way to one that is named', () => {
    expect(loadConfig({ env: {} }).model).toBe(defaultModel(usableCpus()));
    expect(loadConfig({ env: { MASKCAST_MODEL: 'street' } }).model).toBe('street');
  });
});
