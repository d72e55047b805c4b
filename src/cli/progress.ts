import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './context.js';

/** Progress of a long command, shown to people only: nothing is written where stderr is no terminal. */
export interface Progress {
  update(done: number): void;
  /** Removes the bar; idempotent. */
  stop(): void;
}

export function showProgress({ stderr }: Terminal, total: number, unit: string): Progress {
  if (!stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar(
    {
      format: `{bar} {percentage}% · {value}/{total} ${unit} · {eta_formatted} left`,
      stream: stderr as NodeJS.WriteStream,
      clearOnComplete: true,
      hideCursor: true,
    },
    Presets.shades_grey,
  );
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
