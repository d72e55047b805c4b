import { z } from 'zod';
import { type Milliseconds, ms } from '../core/time.js';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration with its unit: `500ms`, `10s`, `2m`, `1h`. A bare number is refused: nobody remembers its unit. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'must be a number with its unit, like 500ms, 10s, 2m or 1h')
  .transform((text): Milliseconds => {
    const [, value = '0', unit = 'ms'] = /^([\d.]+)(ms|s|m|h)$/.exec(text) ?? [];
    return ms(Number(value) * (UNITS[unit] ?? 1));
  });

/** A secret: given directly, or read at start from an environment variable or a file, so that it need not be in here. */
export const secret = z.union(
  [z.string().min(1), z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })],
  { error: 'must be a text, { env: VARIABLE } or { file: PATH }' },
);

export type Secret = z.infer<typeof secret>;
