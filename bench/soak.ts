/**
 * Memory, files and threads of the server over minutes of work: the sample under the adaptive policy with one steady viewer,
 * and a second one that comes and goes.
 *
 *     npm run soak -- [minutes, default 10] [sources, default the sample]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { connect } from '../src/delivery/wire/client.js';
import { footprint, machine, startServer } from './server.js';

const [minutesText = '10', ...sources] = process.argv.slice(2);
const minutes = Number(minutesText);
const server = await startServer(sources.length > 0 ? sources : ['--sample']);
const [{ id: stream = '' } = {}] = (await (await fetch(`${server.url}api/v1/streams`)).json()) as { id?: string }[];

const steady = connect({ url: server.url, stream, WebSocket });
let frames = 0;
const watching = (async () => {
  for await (const frame of steady.frames()) {
    await frame.planes();
    frames += 1;
  }
})();

console.log(`soak: ${minutes} min, ${sources.join(' ') || 'the sample'}, adaptive; ${machine()}`);
console.log('minute   MiB  files threads  frames seen');
const memories: number[][] = [];
for (let minute = 1; minute <= minutes; minute++) {
  const memory: number[] = [];
  for (let look = 0; look < 12; look++) {
    const passing = connect({ url: server.url, stream, WebSocket });
    await sleep(5000);
    passing.close();
    memory.push((await footprint(server.process.pid as number)).memory);
  }
  memories.push(memory);
  const now = await footprint(server.process.pid as number);
  console.log(
    `${String(minute).padStart(6)} ${mean(memory).toFixed(1).padStart(6)} ${String(now.files).padStart(5)} ${String(now.threads).padStart(7)} ${String(frames).padStart(12)}`,
  );
}
const after = (minute: number) => mean(memories[minute] ?? []);
const last = after(minutes - 1);
console.log(
  `memory of the last minute against the first: ${percent(last, after(0))}; against the second, past the start: ${percent(last, after(1))}`,
);
steady.close();
await watching;
await server.stop();

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(value: number, base: number): string {
  return `${((value / base - 1) * 100).toFixed(1)} %`;
}
