import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MODEL } from '../../../src/config/default-model.js';
import { loadConfig } from '../../../src/config/load.js';

describe('the network where nobody names one', () => {
  it('comes with Maskcast', () => {
    expect(existsSync(`models/${DEFAULT_MODEL}/model.onnx`)).toBe(true);
  });

  it('is the same on every machine, and gives way to one that is named', () => {
    expect(loadConfig({ env: {} }).model).toBe(DEFAULT_MODEL);
    expect(loadConfig({ env: { MASKCAST_MODEL: 'street' } }).model).toBe('street');
  });
});
