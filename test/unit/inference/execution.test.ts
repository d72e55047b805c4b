import { describe, expect, it } from 'vitest';
import { planExecution } from '../../../src/inference/execution.js';

describe('sessions and threads', () => {
  const auto = { workers: undefined, threads: undefined };

  it.each([
    [1, { workers: 1, threads: 1 }],
    [2, { workers: 1, threads: 2 }],
    [4, { workers: 1, threads: 4 }],
    [6, { workers: 1, threads: 4 }],
    [16, { workers: 4, threads: 4 }],
  ])('fill %i CPUs by default', (cpus, expected) => {
    expect(planExecution(cpus, true, auto)).toEqual(expected);
  });

  it.each([
    [1, { workers: 1, threads: 1 }],
    [2, { workers: 2, threads: 1 }],
    [4, { workers: 3, threads: 1 }],
    [8, { workers: 3, threads: 2 }],
    [32, { workers: 3, threads: 4 }],
  ])('are sessions first where %i CPUs work for throughput', (cpus, expected) => {
    expect(planExecution(cpus, true, auto, 'throughput')).toEqual(expected);
  });

  it('are what the configuration says for throughput too', () => {
    expect(planExecution(8, true, { workers: 1, threads: undefined }, 'throughput')).toEqual({
      workers: 1,
      threads: 4,
    });
    expect(planExecution(8, true, { workers: undefined, threads: 4 }, 'throughput')).toEqual({
      workers: 2,
      threads: 4,
    });
  });

  it('follow from each other when one is given', () => {
    expect(planExecution(8, true, { workers: 4, threads: undefined })).toEqual({ workers: 4, threads: 2 });
    expect(planExecution(8, true, { workers: undefined, threads: 1 })).toEqual({ workers: 8, threads: 1 });
    expect(planExecution(2, true, { workers: 3, threads: undefined })).toEqual({ workers: 3, threads: 1 });
  });

  it('are what the configuration says when it says both', () => {
    expect(planExecution(2, true, { workers: 5, threads: 7 })).toEqual({ workers: 5, threads: 7 });
  });

  it('are one and one before a GPU', () => {
    expect(planExecution(16, false, auto)).toEqual({ workers: 1, threads: 1 });
  });
});
