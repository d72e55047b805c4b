import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.js';
import type { Frame } from '../../src/core/frame.js';
import { ms } from '../../src/core/time.js';
import { createDeliveryServer } from '../../src/delivery/server.js';
import { LiveStream } from '../../src/live/live-stream.js';
import { StreamManager } from '../../src/live/stream-manager.js';
import { NO_OBSERVER } from '../../src/pipeline/statistics.js';
import { silentLogger } from '../../src/telemetry/logger.js';
import { LOCAL } from './delivery.js';
import { FakeEngine, FakeNetwork, FakeSegmenter, FakeSource, Leases } from './fakes/fake-stages.js';
import { ManualClock } from './fakes/manual-clock.js';

/** The real manager, streams, hub and sockets over sources, engines and networks that a test scripts. */
export async function startLive({ publicDir = '/nonexistent' } = {}) {
  const clock: ManualClock & Clock = new ManualClock();
  const leases = new Leases();
  const sources: FakeSource[] = [];
  const engines: FakeEngine[] = [];
  const networks = new Map<string, FakeNetwork>();
  const streams: StreamManager = new StreamManager({
    defaults: { policy: { kind: 'every' }, smoothing: false, onDemand: false, classes: {} },
    maxStaleness: ms(2000),
    models: () => [],
    network: (model = 'default') => {
      const network = networks.get(model) ?? new FakeNetwork(new FakeSegmenter(leases, model));
      networks.set(model, network);
      return network;
    },
    createStream: ({ id, name, settings }, network) =>
      new LiveStream(
        {
          id,
          clock,
          logger: silentLogger,
          observer: NO_OBSERVER,
          openSource: () => {
            sources.push(new FakeSource());
            return sources.at(-1) as FakeSource;
          },
          openEngine: () => {
            engines.push(new FakeEngine(() => 'policy'));
            return engines.at(-1) as FakeEngine;
          },
        },
        { name, network, settings },
      ),
    displaySource: ({ url }) => url,
    checkSource: () => {},
    probe: () => Promise.reject(new Error('no test asks')),
    save: async () => {},
    store: 'streams.json',
    logger: silentLogger,
  });
  const server = createDeliveryServer({ config: LOCAL, publicDir, logger: silentLogger, streams });
  const { port } = await server.listen();
  onTestFinished(async () => {
    await server.close();
    await streams.close();
  });
  const fakeFrames = new Map<FakeSource, number>();
  return {
    ...{ clock, leases, sources, engines, streams, url: `http://127.0.0.1:${port}` },
    /** The newest source gives its next frame: every source counts from 0, as real ones do. */
    give(change: Partial<Frame> = {}): void {
      const source = sources.at(-1) as FakeSource;
      const number = fakeFrames.get(source) ?? 0;
      fakeFrames.set(source, number + 1);
      source.push({ ...leases.frame(number), ...change });
    },
  };
}
