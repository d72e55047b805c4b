import { mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { StreamStore } from '../../../src/config/stream-store.js';

/** The code with which every file refuses to be written. */
let refusal: string | undefined;

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    async open(path: string, ...more: []) {
      const file = await real.open(path, ...more);
      const write = file.writeFile.bind(file);
      file.writeFile = (content) =>
        refusal ? Promise.reject(Object.assign(new Error(`${refusal}: no`), { code: refusal })) : write(content);
      return file;
    },
  };
});

let folder: string;
let path: string;

beforeEach(() => {
  refusal = undefined;
  folder = mkdtempSync(join(tmpdir(), 'maskcast-store-'));
  path = join(folder, 'data', 'streams.json');
});

const STREAM = {
  ...{ id: 'yard', name: 'Yard', url: 'rtsp://192.0.2.1/a', transport: 'tcp' as const, policy: 'every' },
  ...{ smoothing: true, onDemand: false, enabled: true },
};

it('gives back what it was given, and is empty before', async () => {
  const store = new StreamStore(path);
  expect(store.load()).toEqual([]);
  await store.save([STREAM]);
  expect(store.load()).toEqual([{ stream: STREAM }]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('refuses a damaged file instead of overwriting it', () => {
  path = join(folder, 'streams.json');
  writeFileSync(path, '{"version":1,"streams":[{]}');
  expect(() => new StreamStore(path).load()).toThrow(/streams\.json is damaged/);
  expect(readFileSync(path, 'utf8')).toContain('[{]');
});

it('looks at each entry by itself, and says of a bad one what is wrong without its values', () => {
  path = join(folder, 'streams.json');
  const bad = { ...STREAM, id: 'bad', password: 'letmein', transport: 'letmein', colour: 'letmein' };
  writeFileSync(path, JSON.stringify({ version: 1, streams: [bad, STREAM] }));
  const [first, second] = new StreamStore(path).load();
  expect(second).toEqual({ stream: STREAM });
  expect(first).toMatchObject({ damaged: bad, legible: { id: 'bad', url: STREAM.url } });
  const reason = String(first && 'reason' in first ? first.reason.message : '');
  expect(reason).toMatch(/stream "bad" of streams\.json can't be used .*transport.*colour/);
  expect(reason).not.toContain('letmein');
});

it('says that nothing was changed when the disk is full, and keeps what it had', async () => {
  const store = new StreamStore(path);
  await store.save([STREAM]);
  for (const code of ['ENOSPC', 'EDQUOT']) {
    refusal = code;
    await expect(store.save([])).rejects.toMatchObject({
      code: 'DISK_FULL',
      retryable: true,
      message: expect.stringContaining('nothing was changed'),
    });
  }
  refusal = undefined;
  expect(store.load()).toEqual([{ stream: STREAM }]);
});

it('says what stands in its way', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(new StreamStore(join(folder, 'file', 'streams.json')).save([])).rejects.toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
  });
  refusal = 'EROFS';
  await expect(new StreamStore(path).save([])).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});

it('writes through a link to the file', async () => {
  const real = join(folder, 'elsewhere.json');
  writeFileSync(real, '{"version":1,"streams":[]}');
  path = join(folder, 'streams.json');
  symlinkSync(real, path);
  await new StreamStore(path).save([STREAM]);
  expect(new StreamStore(real).load()).toEqual([{ stream: STREAM }]);
});
