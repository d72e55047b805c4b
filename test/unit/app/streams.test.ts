import { describe, expect, it } from 'vitest';
import { createStreams, type StreamsParts } from '../../../src/app/streams.js';
import { loadConfig } from '../../../src/config/load.js';
import { systemClock } from '../../../src/core/clock.js';
import { silentLogger } from '../../../src/telemetry/logger.js';
import { FakeNetwork, FakeSegmenter, Leases } from '../../support/fakes/fake-stages.js';

describe('the address of a stream', () => {
  const streams = createStreams({
    config: loadConfig({ env: {} }),
    store: { path: 'streams.json', save: async () => {} } as unknown as StreamsParts['store'],
    models: {
      list: () => [],
      network: () => new FakeNetwork(new FakeSegmenter(new Leases(), 'default')),
    } as unknown as StreamsParts['models'],
    temporal: {} as StreamsParts['temporal'],
    metrics: { forget: () => {} } as unknown as StreamsParts['metrics'],
    clock: systemClock,
    logger: silentLogger,
  });

  it.each([
    [
      'rtsp://u:pw@192.0.2.1/live/admin/secret/ch1?a=1',
      'rtsp://192.0.2.1/live/admin/secret/ch1?a=1',
      'rtsp://192.0.2.1/…',
    ],
    ['/videos/of/the/house/yard.mp4', '/videos/of/the/house/yard.mp4', 'yard.mp4'],
  ])('%s is shown whole to admins only', (url, admins, viewers) => {
    streams.open({
      id: 'yard',
      name: 'Yard',
      source: { url, transport: 'tcp' },
      model: undefined,
      settings: { policy: { kind: 'every' }, smoothing: true, onDemand: true, classes: {} },
      enabled: false,
      persistent: false,
    });
    expect(streams.get('yard', 'admin').source).toBe(admins);
    expect(streams.get('yard', 'viewer').source).toBe(viewers);
    expect(streams.list('viewer').map(({ source }) => source)).toEqual([viewers]);
    return streams.remove('yard');
  });
});
