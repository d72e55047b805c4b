import type { IncomingMessage } from 'node:http';
import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type Response,
} from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { asMaskcastError, MaskcastError } from '../../core/errors.js';
import type { Logger } from '../../telemetry/logger.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { addressKey } from '../access/attempt-limiter.js';
import type { Principal } from '../access/auth.js';
import type { Gate } from '../access/gate.js';
import { isListedOrigin } from '../access/origin.js';
import type { DeliveryConfig } from '../config.js';
import type { Operation } from './operation.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';
import { operationRouter, type RequestContext } from './router.js';
import { staticFiles } from './static.js';

/** Snapshots of ten cameras once a second, and a page or two beside them. */
const REQUESTS_A_MINUTE = 1200;

/** A player asks for a mask a frame, and for many of them while somebody scrubs. They are small files. */
const MASKS_A_MINUTE = 12_000;
const MASK_PATH = /^\/api\/v1\/jobs\/[^/]+\/masks\/\d+$/;

export interface AppParts {
  readonly config: DeliveryConfig;
  readonly publicDir: string;
  readonly operations: readonly Operation[];
  readonly gate: Gate;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * The HTTP interface. The order matters: headers first, then who may ask at all (Host, rate), then who asks (CORS, token,
 * Origin), then what (operations, files), and problems last.
 */
export function createApp(parts: AppParts): Express {
  const { config, gate } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(securityHeaders(config));
  app.use((request: Request, _response: Response, next: NextFunction) => {
    gate.checkHost(request);
    next();
  });
  app.use('/api', requestLimits(gate));
  app.use(crossOrigin(config));
  app.use((request: Request, response: Response, next: NextFunction) => {
    response.locals = identify(gate, request);
    next();
  });
  app.use(operationRouter(parts.operations, parts.metrics));
  app.use(staticFiles(parts.publicDir, gate));
  app.use((request: Request) => {
    throw new MaskcastError('NOT_FOUND', `there is nothing at ${request.path.slice(0, 200)}`);
  });
  app.use(problems(parts.metrics, parts.logger));
  return app;
}

function identify(gate: Gate, request: IncomingMessage & { method?: string }): RequestContext {
  const address = gate.addressOf(request);
  const principal: Principal = gate.identify(request);
  if (request.method !== 'GET' && request.method !== 'HEAD') gate.checkOrigin(request);
  return { principal, address };
}

function securityHeaders(config: DeliveryConfig) {
  const others = config.allowedOrigins.map((origin) => new URL(origin).origin);
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'base-uri': ["'none'"],
        'connect-src': ["'self'"],
        'font-src': ["'self'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'self'", ...others],
        'img-src': ["'self'", 'blob:', 'data:'],
        'object-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'worker-src': ["'self'"],
      },
    },
    // frame-ancestors says the same and knows other origins; whoever ends TLS in front decides on HSTS and COOP, which
    // browsers ignore over plain HTTP.
    frameguard: others.length > 0 ? false : { action: 'sameorigin' },
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
}

function requestLimits(gate: Gate) {
  const isMask = (request: Request) => MASK_PATH.test(request.originalUrl.split('?', 1)[0] ?? '');
  return [
    requestLimit(gate, REQUESTS_A_MINUTE, (request) => !isMask(request)),
    requestLimit(gate, MASKS_A_MINUTE, isMask),
  ];
}

function requestLimit(gate: Gate, limit: number, counts: (request: Request) => boolean) {
  return rateLimit({
    windowMs: 60_000,
    limit,
    skip: (request) => !counts(request),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request) => addressKey(gate.addressOf(request)),
    handler: () => {
      throw new MaskcastError('RATE_LIMITED', `at most ${limit} API requests a minute from one address`, {
        retryable: true,
      });
    },
    validate: { trustProxy: false, xForwardedForHeader: false, ip: false },
  });
}

/** Lets pages of allowed origins use the API with a token; cookies stay out of it. */
function crossOrigin(config: DeliveryConfig) {
  return (request: Request, response: Response, next: NextFunction) => {
    const { origin } = request.headers;
    if (config.allowedOrigins.length > 0) response.vary('Origin');
    if (origin === undefined || !isListedOrigin(origin, config.allowedOrigins)) return next();
    response.set({ 'Access-Control-Allow-Origin': origin, 'Cross-Origin-Resource-Policy': 'cross-origin' });
    if (request.method !== 'OPTIONS') return next();
    response.set({
      'Access-Control-Allow-Methods': 'GET, POST, PATCH, DELETE',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type',
      'Access-Control-Max-Age': '600',
    });
    response.status(204).end();
  };
}

function problems(metrics: Metrics, logger: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const problem = toProblem(error);
    metrics.onRefusal(problem.code);
    if (problem.status === 500) logger.error({ err: asMaskcastError(error), path: request.path }, 'a request failed');
    if (response.headersSent) return void response.destroy();
    const wait = error instanceof MaskcastError ? error.details.retryAfterSeconds : undefined;
    if (wait !== undefined) response.setHeader('Retry-After', String(wait));
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="maskcast"');
    response.status(problem.status).set('Cache-Control', 'no-store').type(PROBLEM_TYPE);
    response.send(JSON.stringify(problem));
  };
}
