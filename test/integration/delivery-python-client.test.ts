import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { GUARDED, startDelivery, VIEWER } from '../support/delivery.js';
import { fakeFrame } from '../support/fakes/fake-streams.js';

const SCRIPT = new URL('../../docs/examples/watch.py', import.meta.url).pathname;

it('the protocol page is enough for a client in another language', async () => {
  const { url, streams } = await startDelivery({ config: GUARDED });
  const feed = streams.feed('one');
  feed.emit(await fakeFrame(0));
  const python = spawn('python3', [SCRIPT, url, 'one', '3'], { env: { ...process.env, MASKCAST_TOKEN: VIEWER } });
  const lines: string[] = [];
  createInterface({ input: python.stdout }).on('line', (line) => lines.push(line));
  python.stderr.on('data', (data) => lines.push(String(data)));
  const size = (await fakeFrame(0)).jpeg?.length;
  for (let number = 1; number <= 2; number++) {
    await expect.poll(() => lines.length).toBeGreaterThan(number);
    feed.emit(await fakeFrame(number)); // only sent because the one before is acknowledged
  }
  expect(await new Promise((resolve) => python.on('close', resolve))).toBe(0);
  expect(lines).toEqual([
    'state: live',
    `frame 0 at 0.000 s, ${size} bytes, mask age 0: other 50.0%, person 50.0%`,
    `frame 1 at 0.040 s, ${size} bytes, mask age 0: other 50.0%, person 50.0%`,
    `frame 2 at 0.080 s, ${size} bytes, mask age 0: other 50.0%, person 50.0%`,
  ]);
});

it('a client in another language learns why it is refused', async () => {
  const { url } = await startDelivery({ config: GUARDED });
  const run = promisify(execFile)('python3', [SCRIPT, url, 'one'], {
    env: { ...process.env, MASKCAST_TOKEN: 'wrong' },
  });
  await expect(run).rejects.toMatchObject({
    stderr: 'HTTP/1.1 401 Not signed in: the token is not one of this server\n',
  });
});
