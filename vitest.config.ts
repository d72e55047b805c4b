import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,integration,e2e}/**/*.test.ts'],
    // Real ffmpeg, browsers and networks on a small machine: files one after the other keep timings honest.
    fileParallelism: false,
    // Longer than a browser step waits by itself, so that a step that hangs is named.
    testTimeout: 45_000,
    hookTimeout: 60_000,
    // Polls end as soon as they hold; on a busy machine that may take seconds.
    expect: { poll: { timeout: 10_000 } },
    reporters: ['default'],
  },
});
