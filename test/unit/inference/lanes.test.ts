import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../src/inference/lanes.js';

describe('two lanes', () => {
  it('serve the background when nobody else waits', () => {
    const lanes = new Lanes<string>();
    lanes.push('job', 'job 0', { background: true, gain: 1 });
    lanes.push('camera', 'camera 0', { background: false, gain: 1 });
    lanes.push('camera', 'camera 1', { background: false, gain: 1 });
    expect([lanes.size, lanes.sizeOf('job')]).toEqual([3, 1]);
    expect([lanes.shift(), lanes.shift(), lanes.shift(), lanes.shift()]).toEqual([
      'camera 0',
      'camera 1',
      'job 0',
      undefined,
    ]);
  });

  it('let the background go on, however busy the others are', () => {
    const lanes = new Lanes<string>();
    for (const n of [0, 1, 2]) lanes.push('job', `job ${n}`, { background: true, gain: 1 });
    const served = Array.from({ length: 40 }, () => {
      lanes.push('camera', 'camera', { background: false, gain: 1 });
      return lanes.shift();
    });
    expect(served.flatMap((item, at) => (item === 'camera' ? [] : [at]))).toEqual([16, 33]);
  });

  it('are emptied together', () => {
    const lanes = new Lanes<string>();
    lanes.push('job', 'job', { background: true, gain: 1 });
    expect(lanes.replace('camera', 'old', 1)).toEqual([]);
    expect(lanes.replace('camera', 'new', 1)).toEqual(['old']);
    expect([...lanes.drain()].sort()).toEqual(['job', 'new']);
    expect(lanes.size).toBe(0);
  });
});
