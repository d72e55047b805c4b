import { diskFull, freeBytes } from './durable.js';

/**
 * The space of one disk, shared out to those who write at the same time.
 *
 * In: how many bytes each is about to write. Out: yes, or DISK_FULL before they are written. Always holds: what was promised and is not
 * written yet counts as taken, so that all of them together leave `reserve` bytes free; what others take of the disk is seen at every look.
 */
export class DiskSpace {
  private readonly promises = new Set<{ left: number }>();
  /** Looks are taken one after the other: of two that see the same free bytes only one may have them. */
  private looking: Promise<unknown> = Promise.resolve();

  /** @param reserve bytes that stay free */
  constructor(
    private readonly folder: string,
    private readonly reserve: number,
  ) {}

  /** @param bytes that will be written in any case @throws MaskcastError DISK_FULL */
  async take(bytes: number): Promise<SpacePromise> {
    const promise = { left: bytes };
    this.promises.add(promise);
    const release = () => void this.promises.delete(promise);
    try {
      await this.look();
    } catch (error) {
      release();
      throw error;
    }
    return {
      release,
      ready: async (next) => {
        if (promise.left < next) promise.left = next;
        await this.look();
      },
      written: (count) => {
        promise.left = Math.max(0, promise.left - count);
      },
    };
  }

  private look(): Promise<void> {
    const looked = this.looking.then(async () => {
      const free = await freeBytes(this.folder);
      const promised = [...this.promises].reduce((sum, { left }) => sum + left, 0);
      if (free - promised < this.reserve) throw diskFull(this.folder);
    });
    this.looking = looked.catch(() => {});
    return looked;
  }
}

export interface SpacePromise {
  /** Makes sure of the next `bytes`; what is left of the promise counts. @throws MaskcastError DISK_FULL */
  ready(bytes: number): Promise<void>;
  /** So many bytes are on the disk. */
  written(bytes: number): void;
  /** Idempotent. */
  release(): void;
}
