import type { ErrorCode } from './error-table.js';

export type { ErrorCode };

/*
 * Every error that leaves a module is a MaskcastError: a stable `code` for machines, a sentence for people that says what
 * was wrong, what was received and what is allowed, and whether trying again can help. A third party's error is wrapped
 * once, at the boundary, and kept as `cause`.
 */

/**
 * What a person can do about an error, where its code alone doesn't say it: make room on the disk, go on with what was begun, begin anew.
 * Command line and page have words of their own for it.
 */
export type Remedy = 'make-room' | 'go-on' | 'begin-anew';

/** What an error may carry beside code and text. */
export interface ErrorOptions {
  /** Whether the same operation may succeed later without anybody changing anything. Default: false. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Facts for machines, without secrets: they are shown in API answers. */
  readonly details?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** The first that is named comes first. */
  readonly remedies?: readonly Remedy[];
}

/** An error with a stable code; its text says what was wrong, what was received and what is allowed. */
export class MaskcastError extends Error {
  /** Always "MaskcastError". */
  override readonly name = 'MaskcastError';
  /** What to go by. */
  readonly code: ErrorCode;
  /** Whether the same may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** Facts for machines. */
  readonly details: NonNullable<ErrorOptions['details']>;
  /** What a person can do, where the code alone doesn't say it. */
  readonly remedies: readonly Remedy[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
    this.remedies = options.remedies ?? [];
  }
}

const SHORTAGE: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

/** Whether the machine has no descriptor, process or memory left right now, which passes. */
export const isShortage = (error: unknown): boolean => SHORTAGE.has((error as { code?: unknown } | undefined)?.code);

/** Passes a MaskcastError through and wraps anything else once, under `code`; a shortage of the machine's is UNAVAILABLE and passes. */
export function asMaskcastError(error: unknown, code: ErrorCode = 'INTERNAL'): MaskcastError {
  if (error instanceof MaskcastError) return error;
  if (isShortage(error)) {
    const why = `the machine has no room for this now (${(error as { code: string }).code})`;
    return new MaskcastError('UNAVAILABLE', why, { cause: error, retryable: true });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new MaskcastError(code, message, { cause: error });
}

/** The error as it crosses a thread or the network: no stack, no cause. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export function toErrorRecord(error: unknown): ErrorRecord {
  const { code, message, retryable } = asMaskcastError(error);
  return { code, message, retryable };
}

export function fromErrorRecord(record: ErrorRecord): MaskcastError {
  return new MaskcastError(record.code, record.message, { retryable: record.retryable });
}
