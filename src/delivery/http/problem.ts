import { z } from 'zod';
import { ERRORS, type ErrorEntry } from '../../core/error-table.js';
import { asMaskcastError, type ErrorCode, MaskcastError } from '../../core/errors.js';
import type { Problem } from './api-schema.js';

/** Errors as HTTP shows them: RFC 9457 `application/problem+json` with our stable `code`. Pure. */

export const PROBLEM_TYPE = 'application/problem+json';

const TITLES: Readonly<Record<ErrorEntry['status'], string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  422: 'Cannot be used',
  429: 'Too many requests',
  500: 'Server error',
  503: 'Not available now',
  507: 'Disk full',
};

export const statusOf = (code: ErrorCode): ErrorEntry['status'] => ERRORS[code].status;

const problemType = (code: ErrorCode): string => `urn:maskcast:problem:${code.toLowerCase().replaceAll('_', '-')}`;

/** A body that did not fit its schema, with every place where it did not. */
class InvalidInputError extends MaskcastError {
  constructor(
    what: string,
    readonly issues: readonly { readonly path: string; readonly message: string }[],
  ) {
    super(
      'BAD_REQUEST',
      `the ${what} does not fit: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    );
  }
}

/** @throws InvalidInputError */
export function parseInput<T extends z.ZodType>(what: string, schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ path: z.core.toDotPath(path) || '(all)', message }));
  throw new InvalidInputError(what, issues.slice(0, 20));
}

/** What to answer. An error of the server's own keeps its text for the log. */
export function toProblem(error: unknown): Problem {
  const known = asMaskcastError(fromExpress(error));
  const status = statusOf(known.code);
  return {
    type: problemType(known.code),
    title: TITLES[status],
    status,
    detail: status === 500 ? 'the server failed at this request; its log tells why' : known.message,
    code: known.code,
    ...(known instanceof InvalidInputError ? { errors: [...known.issues] } : {}),
  };
}

/** Express and its body parser throw errors with a `type` or `status`: wrapped here, once. */
function fromExpress(error: unknown): unknown {
  if (error instanceof MaskcastError || !(error instanceof Error)) return error;
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large') return new MaskcastError('TOO_LARGE', 'the body is too large', { cause: error });
  if (type === 'entity.parse.failed') return new MaskcastError('BAD_REQUEST', 'the body is not JSON', { cause: error });
  if (status === 404 || status === 403)
    return new MaskcastError('NOT_FOUND', 'there is nothing here', { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new MaskcastError('BAD_REQUEST', error.message, { cause: error });
  }
  return error;
}
