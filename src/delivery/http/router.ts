import { json, type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { MaskcastError } from '../../core/errors.js';
import { ms } from '../../core/time.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { assertAccess, type Principal } from '../access/auth.js';
import type { Operation } from './operation.js';
import { parseInput } from './problem.js';

/** Bytes of a JSON body; the largest sensible one has a few hundred. */
export const BODY_LIMIT = 64 * 1024;

const nothing = z.unknown();

/** What the middleware before the operations has found out. */
export interface RequestContext {
  readonly principal: Principal;
  readonly address: string;
}

/** Makes routes of operations. A path that exists answers other methods with METHOD_NOT_ALLOWED. */
export function operationRouter(operations: readonly Operation[], metrics: Pick<Metrics, 'onRequest'>): Router {
  const router = Router();
  const parseBody = json({ limit: BODY_LIMIT, strict: false, type: 'application/json' });
  for (const operation of operations) {
    router[operation.method](expressPath(operation.path), parseBody, handler(operation, metrics));
  }
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const allowed = operations.filter((operation) => operation.path === path).map(({ method }) => method.toUpperCase());
    router.all(expressPath(path), (request: Request, response: Response) => {
      response.setHeader('Allow', allowed.join(', '));
      throw new MaskcastError('METHOD_NOT_ALLOWED', `${request.method} is not among ${allowed.join(', ')} here`);
    });
  }
  return router;
}

const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

function handler(operation: Operation, metrics: Pick<Metrics, 'onRequest'>): RequestHandler {
  return async (request, response) => {
    const begin = performance.now();
    response.once('close', () => {
      metrics.onRequest(operation.id, response.statusCode, ms(performance.now() - begin));
    });
    const { principal, address } = response.locals as RequestContext;
    if (operation.access !== 'open') assertAccess(principal, operation.access);
    if (operation.body && !request.is('application/json')) {
      throw new MaskcastError('BAD_REQUEST', 'this needs a JSON body with "Content-Type: application/json"');
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const reply = await operation.handle({
      params: request.params as Record<string, string>,
      query: parseInput('query', operation.query ?? nothing, request.query),
      body: parseInput('body', operation.body ?? nothing, request.body),
      principal,
      address,
      signal: gone.signal,
      request,
      response,
    });
    if (!reply) return;
    response.status(reply.status ?? 200).set({ 'Cache-Control': 'no-store', ...reply.headers });
    if (reply.json === undefined) response.end();
    else response.json(reply.json);
  };
}
