import { type Logger, pino } from 'pino';

export type { Logger };

/** Field names whose values never reach a log line, at any depth that our records have. */
const SECRET_KEYS = ['password', 'token', 'authorization', 'cookie', 'credentials', 'url'];

export interface LoggerOptions {
  readonly level: string;
  /** `pretty` for a person at a terminal, `json` for machines. */
  readonly format: 'json' | 'pretty';
}

/**
 * The process's structured log, on stderr so that stdout stays for results. Source addresses are logged through
 * `media/address/redact` under `source`; should a raw one slip into a record under a known key, it is cut here as well.
 */
export function createLogger(options: LoggerOptions): Logger {
  const paths = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
  return pino(
    {
      level: options.level,
      redact: { paths, censor: '[redacted]' },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    options.format === 'pretty'
      ? pino.transport({ target: 'pino-pretty', options: { destination: 2, translateTime: 'HH:MM:ss.l' } })
      : pino.destination({ fd: 2, sync: false }),
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });
