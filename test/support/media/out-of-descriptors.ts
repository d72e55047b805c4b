import { closeSync, openSync } from 'node:fs';
import { MediaProcess } from '../../../src/media/media-process.js';
import { FeedingProcess, readTool, runFfmpeg } from '../../../src/media/media-tools.js';

/**
 * Starts programs while no descriptor is free, then with one to spare again; prints what came of it as JSON. A process of its own,
 * since the limit is a process's: `sh -c 'ulimit -n 256; exec node --import tsx out-of-descriptors.ts PROGRAM'`.
 */

const [program = 'true'] = process.argv.slice(2);
const tools = { ffmpeg: program, ffprobe: program };

async function told(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'done';
  } catch (error) {
    const { code, retryable } = error as { code?: string; retryable?: boolean };
    return `${code}${retryable ? ', retryable' : ''}`;
  }
}

async function all(): Promise<Record<string, string>> {
  return {
    decoder: await told(async () => {
      const child = new MediaProcess({ program, args: [], outputs: [1, 3, 4], script: 'x' });
      // In the same tick: Node's own object would signal process 0.
      void child.stop();
      child.output(3).resume();
      await child.exited;
    }),
    encoder: await told(async () => {
      const encoder = new FeedingProcess(tools, [], 'result');
      await encoder.write(Buffer.from('frame'));
      await encoder.end();
    }),
    aborted: await told(() => new FeedingProcess(tools, [], 'result').abort()),
    join: await told(() => runFfmpeg(tools, [], 'result', AbortSignal.timeout(10_000))),
    reader: await told(async () => {
      for await (const _ of readTool(program, [], 'clip'));
    }),
  };
}

const held: number[] = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
  // none is left
}
const without = await all();
for (const descriptor of held) closeSync(descriptor);
const later = await all();
process.stdout.write(JSON.stringify({ without, later }));
