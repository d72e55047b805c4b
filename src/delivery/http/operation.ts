import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ErrorCode } from '../../core/errors.js';
import type { Principal } from '../access/auth.js';
import type { Role } from './api-schema.js';

/**
 * One operation of the HTTP API as data: the router, the access check, the validation and the OpenAPI document are all made
 * from it, so that none can say something else. Other parts of the server add theirs through `DeliveryOptions.operations`.
 */
export interface Operation<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> {
  /** Unique; also the OpenAPI operationId and the label in metrics. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** OpenAPI style: `/api/v1/streams/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Least role; `open` needs none. */
  readonly access: Role | 'open';
  readonly query?: Query;
  /** JSON; at most BODY_LIMIT bytes. */
  readonly body?: Body;
  /** What stands in the path's braces, for the document; `id` is a stream's where absent. */
  readonly params?: Readonly<Record<string, z.ZodType>>;
  /** Instead of JSON the body is a file, which `handle` reads from the request. */
  readonly upload?: true;
  /** Successful answers by status. */
  readonly responses: Readonly<Record<number, ResponseDescription>>;
  /** Codes it may fail with beside those that every operation has. */
  readonly errors: readonly ErrorCode[];
  handle(call: Call<Query, Body>): Promise<Reply | undefined> | Reply | undefined;
}

export interface ResponseDescription {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Default: application/json where there is a schema. */
  readonly contentType?: string;
}

export interface Call<Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  readonly principal: Principal;
  /** The client's, through trusted proxies. */
  readonly address: string;
  /** Aborted when the client leaves before the answer. */
  readonly signal: AbortSignal;
  readonly request: Request;
  /** For operations that write the answer themselves and return undefined. */
  readonly response: Response;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Sent as JSON; absent: no body. */
  readonly json?: unknown;
}

/** Infers the types of query and body. */
export function operation<Query extends z.ZodType = z.ZodUnknown, Body extends z.ZodType = z.ZodUnknown>(
  description: Operation<Query, Body>,
): Operation {
  return description as unknown as Operation;
}
