import { z } from 'zod';
import { type Milliseconds, ms } from '../core/time.js';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration with its unit: `500ms`, `10s`, `2m`, `1h`, `30d`. A bare number is refused: nobody remembers its unit. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'must be a number with its unit, like 500ms, 10s, 2m, 1h or 30d')
  .transform((text): Milliseconds => {
    const [, value = '0', unit = 'ms'] = /^([\d.]+)(ms|s|m|h|d)$/.exec(text) ?? [];
    return ms(Number(value) * (UNITS[unit] ?? 1));
  });

const BYTES: Record<string, number> = { MB: 1e6, GB: 1e9, TB: 1e12 };

/** A number of bytes with its unit: `500MB`, `20GB`, `1.5TB`. */
export const byteSize = z
  .string()
  .regex(/^\d+(\.\d+)?(MB|GB|TB)$/, 'must be a number with its unit, like 500MB, 20GB or 1TB')
  .transform((text): number => {
    const [, value = '0', unit = 'MB'] = /^([\d.]+)(MB|GB|TB)$/.exec(text) ?? [];
    return Math.round(Number(value) * (BYTES[unit] ?? 1));
  });

/** What is wanted of a network's classes, by name: see core/class-settings.ts. */
export const classSettings = z.record(
  z.string().min(1).max(100),
  z.union([z.literal('off'), z.strictObject({ threshold: z.number().min(0).max(1) })], {
    error: 'must be off, or { threshold: NUMBER } with a number from 0 to 1',
  }),
);

/** A secret: given directly, or read at start from an environment variable or a file, so that it need not be in here. */
export const secret = z.union(
  [z.string().min(1), z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })],
  { error: 'must be a text, { env: VARIABLE } or { file: PATH }' },
);

export type Secret = z.infer<typeof secret>;
