import { createRequire } from 'node:module';

/**
 * Gives memory that nothing uses back to the system.
 *
 * glibc keeps what a thread had allocated when the thread is gone: 10 to 30 MB for each that has run a network. Nothing in Node
 * makes it let go, hence one call of its own `malloc_trim`.
 */

/** What is used of koffi, which is optional: where it isn't installed, memory is kept. */
interface Koffi {
  load(path: null): { func(declaration: string): { async(pad: number, done: (error: unknown) => void): void } };
}

type Trim = (done: (error: unknown) => void) => void;

/** Found once; null where the system's C library has no such call. */
let trim: Trim | null | undefined;

/** Takes some ms, in a thread of its own. Never rejects. @returns whether it could be done */
export function freeMemory(): Promise<boolean> {
  if (trim === undefined) trim = findTrim();
  const found = trim;
  if (!found) return Promise.resolve(false);
  return new Promise((resolve) => found((error) => resolve(!error)));
}

function findTrim(): Trim | null {
  if (process.platform !== 'linux') return null;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const mallocTrim = koffi.load(null).func('int malloc_trim(size_t pad)');
    return (done) => mallocTrim.async(0, done);
  } catch {
    return null;
  }
}
