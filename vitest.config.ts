import { defineConfig } from 'vitest/config';

/** Tests that judge what is delivered when: real cameras, sockets and browsers, which others on the machine would disturb. */
const TIMED = [
  'test/e2e/**/*.test.ts',
  'test/integration/ingest/**/*.test.ts',
  'test/integration/{delivery,jobs,live,serve}*.test.ts',
];
const ALL = ['test/{unit,integration,e2e}/**/*.test.ts'];

export default defineConfig({
  test: {
    // Longer than a browser step waits by itself, so that a step that hangs is named.
    testTimeout: 45_000,
    hookTimeout: 60_000,
    // Polls end as soon as they hold; on a busy machine that may take seconds.
    expect: { poll: { timeout: 10_000 } },
    reporters: ['default'],
    // The engine that the packages bring, on every machine; tests of engines name theirs. What is spawned gets it, too.
    env: { MASKCAST_INFERENCE_ENGINE: 'onnxruntime' },
    projects: [
      // What only computes runs two files at once: half of the time of one is waiting for the other programs that it starts.
      {
        extends: true,
        test: { name: 'computed', include: ALL, exclude: TIMED, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      // Real ffmpeg, browsers and networks on a small machine: one file after the other keeps timings honest.
      { extends: true, test: { name: 'timed', include: TIMED, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
