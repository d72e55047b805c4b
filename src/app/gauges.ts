import type { DeliveryServer } from '../delivery/server.js';
import type { Jobs } from '../jobs/create.js';
import type { ModelRegistry } from '../live/model-registry.js';
import type { StreamManager } from '../live/stream-manager.js';
import type { Metrics } from '../telemetry/metrics.js';

export interface GaugedParts {
  readonly streams: StreamManager;
  readonly server: DeliveryServer;
  readonly models: ModelRegistry;
  readonly jobs: Jobs | undefined;
}

/** What metrics ask for when they are read. */
export function gauges({ streams, server, models, jobs }: GaugedParts): Parameters<Metrics['watch']>[0] {
  return {
    jobs: () => jobs?.counts(),
    streams: () =>
      streams
        .feeds()
        .map(({ id, status }) => ({ id, state: status.state, losses: status.losses, lastFrameAt: status.lastFrameAt })),
    viewers: (id) => server.viewers(id),
    inference: () => {
      const pools = models.loaded.map((pool) => pool.health());
      const sum = (of: (health: (typeof pools)[number]) => number) =>
        pools.reduce((total, health) => total + of(health), 0);
      return {
        workers: sum(({ ready }) => ready),
        inFlight: sum(({ busy, waiting }) => busy + waiting),
        restarts: sum(({ restarts }) => restarts),
        engines: models.loaded.flatMap(({ model, engine }) => (engine ? [{ model: model.name, ...engine }] : [])),
      };
    },
  };
}
