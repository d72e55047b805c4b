import { z } from 'zod';
import type { Metrics } from '../../telemetry/metrics.js';
import type { Readiness } from '../services.js';
import { readinessView } from './api-schema.js';
import { type Operation, operation } from './operation.js';

/** For orchestrators and monitoring. Liveness and readiness tell no secrets and need no token; metrics name streams. */
export function healthOperations(readiness: Readiness, metrics: Metrics): Operation[] {
  return [
    operation({
      id: 'getHealth',
      method: 'get',
      path: '/healthz',
      tag: 'health',
      summary: 'The process answers',
      access: 'open',
      responses: { 200: { description: 'Alive', schema: z.object({ status: z.literal('ok') }) } },
      errors: [],
      handle: () => ({ json: { status: 'ok' } }),
    }),
    operation({
      id: 'getReadiness',
      method: 'get',
      path: '/readyz',
      tag: 'health',
      summary: 'The server can do its work',
      description:
        'Looks at the workers, ffmpeg, the folders where state is kept and their disk; at most two seconds old.',
      access: 'open',
      responses: {
        200: { description: 'Ready', schema: readinessView },
        503: { description: 'Not ready; the checks say why', schema: readinessView },
      },
      errors: [],
      handle: async () => {
        const report = await readiness();
        return { status: report.ready ? 200 : 503, json: report };
      },
    }),
    operation({
      id: 'getMetrics',
      method: 'get',
      path: '/metrics',
      tag: 'health',
      summary: 'Prometheus metrics',
      access: 'viewer',
      responses: { 200: { description: 'Text exposition format', contentType: metrics.registry.contentType } },
      errors: [],
      handle: async ({ response }) => {
        response.set({ 'Content-Type': metrics.registry.contentType, 'Cache-Control': 'no-store' });
        response.send(await metrics.registry.metrics());
        return undefined;
      },
    }),
  ];
}
