import { stat } from 'node:fs/promises';
import type { MediaFacts } from './facts.js';

/** Files whose facts are remembered; a set of facts takes some kilobytes. */
const KEPT = 256;

/**
 * What probes said of files. Always holds: a file that has not changed is asked once, also under another name or in another
 * folder; a failure is not remembered.
 */
export class KnownFacts {
  private readonly facts = new Map<string, MediaFacts>();

  /** The facts of the file at `path`: remembered, or what `ask` finds out. @throws what `ask` throws */
  async of(path: string, ask: () => Promise<MediaFacts>): Promise<MediaFacts> {
    const identity = await identityOf(path);
    const known = identity === undefined ? undefined : this.facts.get(identity);
    if (known) return known;
    const found = await ask();
    if (identity !== undefined) this.remember(identity, found);
    return found;
  }

  private remember(identity: string, facts: MediaFacts): void {
    this.facts.set(identity, facts);
    const [oldest] = this.facts.keys();
    if (this.facts.size > KEPT && oldest !== undefined) this.facts.delete(oldest);
  }
}

/** Absent where there is no file: whoever asks about it says so better. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && [found.dev, found.ino, found.size, found.mtimeNs].join(' ');
}
