import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { StreamStore } from '../../../src/config/stream-store.js';
import { MaskcastError } from '../../../src/core/errors.js';
import { slug } from '../../../src/core/slug.js';
import { ms } from '../../../src/core/time.js';
import { LiveStream } from '../../../src/live/live-stream.js';
import type { StreamDefinition } from '../../../src/live/stream-definition.js';
import { StreamManager } from '../../../src/live/stream-manager.js';
import { NO_OBSERVER } from '../../../src/pipeline/statistics.js';
import { silentLogger } from '../../../src/telemetry/logger.js';
import { FakeEngine, FakeNetwork, FakeSegmenter, FakeSource, Leases } from '../../support/fakes/fake-stages.js';
import { ManualClock, settle } from '../../support/fakes/manual-clock.js';

let storePath: string;
let opened: string[];
/** What the next saves wait for; a rejection is a disk that takes nothing. */
let disk: (() => Promise<void>) | undefined;
/** What loading a network of this name waits for. */
let loading: Map<string, Promise<void>>;

beforeEach(() => {
  storePath = join(mkdtempSync(join(tmpdir(), 'maskcast-store-')), 'streams.json');
  opened = [];
  disk = undefined;
  loading = new Map();
});

function manager(): StreamManager {
  const store = new StreamStore(storePath);
  const network = (model = 'default') => {
    const fake = new FakeNetwork(new FakeSegmenter(new Leases(), model));
    if (model === 'none') fake.refusal = new MaskcastError('MODEL_NOT_FOUND', 'no such model');
    return {
      model: fake.model,
      borrow: async () => {
        await loading.get(model);
        return fake.borrow();
      },
    };
  };
  const created: StreamManager = new StreamManager({
    defaults: { policy: { kind: 'every' }, smoothing: true, onDemand: false, classes: {} },
    maxStaleness: ms(2000),
    models: () => [],
    network,
    createStream: (definition, of) =>
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
        { name: definition.name, network: of, settings: definition.settings },
      ),
    displaySource: ({ url }) => url,
    checkSource: ({ url }) => {
      if (!url.startsWith('rtsp:')) throw new MaskcastError('SOURCE_INVALID', `no source has the address "${url}"`);
    },
    probe: () => Promise.reject(new MaskcastError('TIMEOUT', 'unused')),
    save: async (entries) => {
      await disk?.();
      await store.save(entries);
    },
    store: storePath,
    logger: silentLogger,
  });
  return created;
}

function restarted(): StreamManager {
  const streams = manager();
  streams.restore(new StreamStore(storePath).load());
  return streams;
}

const stored = () => JSON.parse(readFileSync(storePath, 'utf8')).streams as Record<string, unknown>[];

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
    const after = restarted();
    expect(after.list('admin')).toMatchObject([
      { id: 'front-door', name: 'Main door', settings: { policy: 'interval=5', smoothing: false } },
    ]);
    await settle();
    expect(opened.at(-1)).toBe('rtsp://192.0.2.1/a p');
    await after.close();
  });

  it('keeps the times that were set for one source alone', async () => {
    const times = { connectTimeout: 60_000, stallTimeout: 30_000, refresh: 5000 };
    const before = manager();
    await before.add({ ...CAMERA, source: { ...CAMERA.source, ...times } });
    await before.close();
    const after = restarted();
    expect(after.definition('front-door').source).toMatchObject(times);
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
    await settle();
    expect(opened.at(-1)).toBe('rtsp://192.0.2.1/b p');
    await streams.change('front-door', { source: { url: 'rtsp://192.0.2.99/b', user: 'u', transport: 'tcp' } });
    await settle();
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

  it('checks an address before it changes anything', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    const change = { name: 'Other', source: { url: 'http://192.0.2.1/a', transport: 'tcp' as const } };
    await expect(streams.change('front-door', change)).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    expect(streams.get('front-door', 'admin')).toMatchObject({ name: 'Front door', source: CAMERA.source.url });
    await streams.close();
  });

  it('takes what is wanted of the classes without opening the source again, and keeps it', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    await settle();
    const before = opened.length;
    const classes = { thing: { threshold: 0.6 } } as const;
    expect((await streams.change('front-door', { settings: { classes } })).settings.classes).toEqual(classes);
    await settle();
    expect(opened.length).toBe(before);
    expect(stored()).toMatchObject([{ classes }]);
    await expect(streams.change('front-door', { settings: { classes: { cat: 'off' } } })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    expect(stored()).toMatchObject([{ classes }]);
    const again = restarted();
    expect(again.get('front-door', 'admin').settings.classes).toEqual(classes);
    await again.close();
    expect((await streams.change('front-door', { settings: { classes: {} } })).settings.classes).toEqual({});
    await expect(streams.add({ ...CAMERA, settings: { classes: { cat: 'off' } } })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    await streams.close();
  });

  it('names the streams there are when one is not found', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    expect(() => streams.get('back', 'admin')).toThrow(/no stream "back"; there are: front-door/);
    await expect(streams.remove('back')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await streams.close();
  });

  it('leaves no trace of a stream whose model does not exist', async () => {
    const streams = manager();
    await expect(streams.add({ ...CAMERA, model: 'none' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(streams.list('admin')).toEqual([]);
    expect((await streams.add(CAMERA)).id).toBe('front-door');
    await streams.close();
  });
});

describe('changes of one stream', () => {
  it('that come at the same time are made one after the other, and none is lost', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    let loaded = () => {};
    loading.set('slow', new Promise((resolve) => (loaded = resolve)));
    const first = streams.change('front-door', { model: 'slow' });
    const second = streams.change('front-door', { name: 'Second', settings: { smoothing: false } });
    await settle();
    loaded();
    await Promise.all([first, second]);
    const both = { name: 'Second', model: 'slow', settings: { smoothing: false } };
    expect(streams.get('front-door', 'admin')).toMatchObject(both);
    expect(stored()).toMatchObject([{ name: 'Second', model: 'slow', smoothing: false }]);
    await streams.close();
  });

  it('do not hold up those of another', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    await streams.add({ ...CAMERA, name: 'Yard' });
    loading.set('slow', new Promise(() => {}));
    void streams.change('yard', { model: 'slow' });
    expect((await streams.change('front-door', { name: 'Door' })).name).toBe('Door');
    await streams.close();
  });

  it('end with the state that was asked for last', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    await Promise.all([false, true, false, true].map((enabled) => streams.change('front-door', { enabled })));
    expect(streams.get('front-door', 'admin').status.state).toBe('connecting');
    await Promise.all([true, false].map((enabled) => streams.change('front-door', { enabled })));
    expect(streams.get('front-door', 'admin').status.state).toBe('stopped');
    await streams.close();
  });

  it('behind its removal find no stream', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    const removed = streams.remove('front-door');
    await expect(streams.change('front-door', { name: 'Late' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await removed;
    expect(stored()).toEqual([]);
  });
});

describe('a change that cannot be saved', () => {
  const full = () => Promise.reject(new MaskcastError('DISK_FULL', 'the disk is full', { retryable: true }));

  it('is not made: stored and running state stay together', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    await settle();
    const before = { view: streams.get('front-door', 'admin'), stored: stored(), opened: [...opened] };
    disk = full;
    const changes = [
      { name: 'Other' },
      { source: { ...CAMERA.source, url: 'rtsp://192.0.2.9/b' } },
      { model: 'other', settings: { policy: 'interval=3' } },
      { enabled: false },
    ];
    for (const change of changes) {
      await expect(streams.change('front-door', change)).rejects.toMatchObject({ code: 'DISK_FULL' });
    }
    await expect(streams.remove('front-door')).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(streams.add({ ...CAMERA, name: 'Yard' })).rejects.toMatchObject({ code: 'DISK_FULL' });
    await settle();
    expect({ view: streams.get('front-door', 'admin'), stored: stored(), opened }).toEqual(before);
    expect(streams.list('admin')).toHaveLength(1);
    disk = undefined;
    expect((await streams.change('front-door', { name: 'Other' })).name).toBe('Other');
    expect((await streams.add({ ...CAMERA, name: 'Yard' })).id).toBe('yard');
    await streams.close();
  });

  it('takes nothing of another change with it into the store', async () => {
    const streams = manager();
    await streams.add(CAMERA);
    await streams.add({ ...CAMERA, name: 'Yard' });
    let saves = 0;
    disk = async () => {
      saves += 1;
      if (saves === 1) await full();
    };
    const refused = streams.change('front-door', { name: 'Refused' });
    const made = streams.change('yard', { name: 'Made' });
    await expect(refused).rejects.toMatchObject({ code: 'DISK_FULL' });
    await made;
    expect(stored().map(({ name }) => name)).toEqual(['Front door', 'Made']);
    await streams.close();
  });
});

describe('a stored stream that cannot be used', () => {
  const good = {
    ...{ id: 'good', name: 'Good', url: 'rtsp://192.0.2.1/a', transport: 'tcp', policy: 'every' },
    ...{ smoothing: true, onDemand: false, enabled: true },
  };
  const bad = { ...good, id: 'bad', name: 'Bad', password: 'secret' };
  const store = (...streams: unknown[]) => writeFileSync(storePath, JSON.stringify({ version: 1, streams }));
  const statusOf = (streams: StreamManager, id: string) => streams.get(id, 'admin').status;

  it.each([
    ['its address is none', { ...bad, url: 'gopher://yard' }, 'SOURCE_INVALID', /gopher.*streams\.json/],
    ['its policy is none', { ...bad, policy: 'interval=0' }, 'USAGE', /interval=0.*streams\.json/],
    ['its network is gone', { ...bad, model: 'none' }, 'MODEL_NOT_FOUND', /no such model/],
    ['it has an unknown field', { ...bad, colour: 'red' }, 'CONFIG_INVALID', /streams\.json.*colour/],
    ['it lacks a field', { ...bad, url: undefined }, 'CONFIG_INVALID', /streams\.json.*url/],
  ])('because %s is listed with the reason; the others run, and it stays stored', async (_, entry, code, reason) => {
    store(entry, good);
    const streams = restarted();
    await settle();
    expect(opened).toEqual(['rtsp://192.0.2.1/a -']);
    expect(statusOf(streams, 'bad')).toMatchObject({ state: 'failed', reason: { code } });
    expect(statusOf(streams, 'bad').reason?.message).toMatch(reason);
    expect(JSON.stringify(streams.list('admin'))).not.toContain('secret');
    await streams.change('good', { name: 'Renamed' });
    expect(stored()).toEqual([JSON.parse(JSON.stringify(entry)), { ...good, name: 'Renamed' }]);
    await streams.close();
  });

  it('runs after a change that makes it usable, and can be removed', async () => {
    store({ ...bad, url: 'gopher://yard' }, { ...bad, id: 'worse', policy: 'sometimes' });
    const streams = restarted();
    await settle();
    await expect(streams.change('bad', { name: 'Still bad' })).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    await streams.change('bad', { source: { url: 'rtsp://192.0.2.2/b', transport: 'tcp' } });
    await settle();
    expect(statusOf(streams, 'bad').state).toBe('connecting');
    expect(opened).toEqual(['rtsp://192.0.2.2/b -']);
    await streams.remove('worse');
    expect(stored()).toMatchObject([{ id: 'bad', url: 'rtsp://192.0.2.2/b' }]);
    await streams.close();
  });

  it('because its id is taken, or none, is left out and stays stored', async () => {
    store(bad, { ...bad, name: 'Twice' }, { ...good, id: 'No id' }, 'nonsense', good);
    const streams = manager();
    streams.open({ ...definition('bad'), persistent: false });
    streams.restore(new StreamStore(storePath).load());
    expect(streams.list('admin').map(({ id, name }) => [id, name])).toEqual([
      ['bad', 'From the file'],
      ['good', 'Good'],
    ]);
    await streams.change('good', { name: 'Renamed' });
    expect(stored()).toEqual([
      { ...good, name: 'Renamed' },
      bad,
      { ...bad, name: 'Twice' },
      { ...good, id: 'No id' },
      'nonsense',
    ]);
    await streams.close();
  });

  const definition = (id: string): StreamDefinition => ({
    ...{ id, name: 'From the file', source: CAMERA.source, model: undefined, enabled: true, persistent: false },
    settings: { policy: { kind: 'every' }, smoothing: true, onDemand: false, classes: {} },
  });
});

it('a slug keeps letters, digits and hyphens of any name', () => {
  expect(slug('Haustür (Süd) #2')).toBe('haustur-sud-2');
  expect(slug('摄像头')).toBe('stream');
});
