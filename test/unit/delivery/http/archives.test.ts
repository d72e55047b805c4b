import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sendArchive } from '../../../../src/delivery/http/jobs-files.js';
import type { ArchivedFile } from '../../../../src/delivery/services.js';

let folder: string;
let server: Server;
let files: AsyncIterable<ArchivedFile> | Iterable<ArchivedFile>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-archives-'));
  const app = express().get('/', (_, response) => sendArchive(response, { name: 'all.zip', files }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const ask = (method = 'GET') => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { method });

it('holds files and texts, in order', async () => {
  await writeFile(join(folder, 'a.png'), 'picture');
  files = [
    { name: 'all/a.png', from: join(folder, 'a.png') },
    { name: 'all/b.txt', text: ['one ', 'two'] },
  ];
  const answer = await ask();
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename=all.zip');
  const text = Buffer.from(await answer.arrayBuffer()).toString('latin1');
  // Pictures are stored as they are; both names stand before their content and in the directory.
  expect(text).toMatch(/^PK.*all\/a\.pngpicture.*all\/b\.txt.*all\/a\.png.*all\/b\.txt/s);
});

it('breaks off where a file is not there any more, so that nobody takes it for whole', async () => {
  files = [{ name: 'a.png', from: join(folder, 'gone.png') }];
  await expect(ask().then((answer) => answer.arrayBuffer())).rejects.toThrow();
});

it('breaks off where finding the files fails', async () => {
  async function* failing(): AsyncGenerator<ArchivedFile> {
    yield { name: 'a.txt', text: ['a'] };
    throw new Error('the folder is gone');
  }
  files = failing();
  await expect(ask().then((answer) => answer.arrayBuffer())).rejects.toThrow();
});

it('is not made for who asks for its headers only', async () => {
  // biome-ignore lint/correctness/useYield: it must not be asked.
  async function* untouched(): AsyncGenerator<ArchivedFile> {
    throw new Error('files were looked for');
  }
  files = untouched();
  const answer = await ask('HEAD');
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
});

it('is given up when the client leaves', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<ArchivedFile> {
    for (;;) {
      given += 1;
      yield { name: `${given}.bin`, text: ['x'.repeat(10_000)] };
      await new Promise(setImmediate);
    }
  }
  files = endless();
  const left = new Promise((resolve) => server.once('request', (_, response) => response.once('close', resolve)));
  const leaving = new AbortController();
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: leaving.signal });
  expect(answer.ok).toBe(true);
  leaving.abort();
  await left;
  await new Promise(setImmediate);
  const before = given;
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect(given).toBeLessThanOrEqual(before + 1);
});
