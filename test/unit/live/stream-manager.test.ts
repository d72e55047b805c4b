import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { StreamStore } from '../../../src/config/stream-store.js';
import { MaskcastError } from '../../../src/core/errors.js';
import { slug } from '../../../src/core/slug.js';
import { ms } from '../../../src/core/time.js';
import { LiveStream } from '../../../src/live/live-stream.js';
import { fromStored, StreamManager } from '../../../src/live/stream-manager.js';
import { NO_OBSERVER } from '../../../src/pipeline/statistics.js';
import { silentLogger } from '../../../src/telemetry/logger.js';
import { FakeEngine, FakeSegmenter, FakeSource, Leases } from '../../support/fakes/fake-stages.js';
import { ManualClock } from '../../support/fakes/manual-clock.js';

let storePath: string;
let opened: string[];

beforeEach(() => {
  storePath = join(mkdtempSync(join(tmpdir(), 'maskcast-store-')), 'streams.json');
  opened = [];
});

function manager(): StreamManager {
  const store = new StreamStore(storePath);
  const created: StreamManager = new StreamManager({
    defaults: { policy: { kind: 'every' }, smoothing: true, onDemand: false },
    maxStaleness: ms(2000),
    models: () => [],
    segmenter: async (model) => {
      if (model === 'none') throw new MaskcastError('MODEL_NOT_FOUND', 'no such model');
      return new FakeSegmenter(new Leases(), model ?? 'default');
    },
    createStream: (definition, segmenter) =>
      new LiveStream(
        {
          id: definition.id,
          clock: new ManualClock(),
          logger: silentLogger,
          observer: NO_OBSERVER,
          openSource: () => {
            const { source } = created.definition(definition.id);
            opened.push(`${source.url} ${source.password ?? '-'}`);
            return new FakeSource();
          },
          openEngine: () => new FakeEngine(() => 'skip'),
        },
        { name: definition.name, segmenter, settings: definition.settings },
      ),
    displaySource: (source) => source.url,
    probe: () => Promise.reject(new MaskcastError('TIMEOUT', 'unused')),
    save: (streams) => store.save(streams),
  });
  return created;
}

const CAMERA = {
  name: 'Front door',
  source: { url: 'rtsp://192.0.2.1/a', user: 'u', password: 'p', transport: 'tcp' as const },
  settings: {},
};

describe('the stream manager', () => {
  it('makes ids from names and never gives one twice', async () => {
    const streams = manager();
    expect((await streams.add(CAMERA)).id).toBe('front-door');
    expect((await streams.add(CAMERA)).id).toBe('front-door-2');
    await expect(streams.add({ ...CAMERA, id: 'front-door' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await streams.close();
  });

  it('keeps added and changed streams across a restart, and forgets removed ones', async () => {
    const before = manager();
    await before.add(CAMERA);
    await before.add({ ...CAMERA, name: 'Yard' });
    await before.change('front-door', { name: 'Main door', settings: { policy: 'interval=5', smoothing: false } });
    await before.remove('yard');
    await before.close();
    const after = manager();
    for (const stored of new StreamStore(storePath).load()) await after.open(fromStored(stored, ms(2000)));
    expect(after.list()).toMatchObject([
      { id: 'front-door', name: 'Main door', settings: { policy: 'interval=5', smoothing: false } },
    ]);
    expect(opened.at(-1)).toBe('rtsp://192.0.2.1/a p');
    await after.close();
  });

  it('keeps passwords readable by its owner only', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    expect(statSync(storePath).mode & 0o777).toBe(0o600);
    await streams.close();
  });

  it('keeps the password when an address is edited on the same host, and never gives it to another', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    await streams.change('front-door', { source: { url: 'rtsp://192.0.2.1/b', user: 'u', transport: 'tcp' } });
    expect(opened.at(-1)).toBe('rtsp://192.0.2.1/b p');
    await streams.change('front-door', { source: { url: 'rtsp://192.0.2.99/b', user: 'u', transport: 'tcp' } });
    expect(opened.at(-1)).toBe('rtsp://192.0.2.99/b -');
    await streams.close();
  });

  it('stops and starts a stream without forgetting it', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    expect((await streams.change('front-door', { enabled: false })).status.state).toBe('stopped');
    expect((await streams.change('front-door', { enabled: true })).status.state).toBe('connecting');
    await streams.close();
  });

  it('names the streams there are when one is not found', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    expect(() => streams.get('back')).toThrow(/no stream "back"; there are: front-door/);
    await expect(streams.remove('back')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await streams.close();
  });

  it('leaves no trace of a stream whose model does not exist', async () => {
    const streams = manager();
    await expect(streams.add({ ...CAMERA, model: 'none' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(streams.list()).toEqual([]);
    expect((await streams.add(CAMERA)).id).toBe('front-door');
    await streams.close();
  });
});

describe('the stream store', () => {
  it('refuses a damaged file instead of overwriting it', () => {
    writeFileSync(storePath, '{"version":1,"streams":[{]}');
    expect(() => new StreamStore(storePath).load()).toThrow(/is damaged/);
    expect(readFileSync(storePath, 'utf8')).toContain('[{]');
  });

  it('is empty where there is no file', () => {
    expect(new StreamStore(storePath).load()).toEqual([]);
  });
});

it('a slug keeps letters, digits and hyphens of any name', () => {
  expect(slug('Haustür (Süd) #2')).toBe('haustur-sud-2');
  expect(slug('摄像头')).toBe('stream');
});
