import type { FrameTimes } from '../lib/frame-times.js';
import { type MaskImage, readMaskImage } from '../lib/mask-image.js';
import { windowOrder } from '../lib/mask-window.js';
import { ApiError } from '../transport/api.js';
import { jobsApi } from '../transport/jobs-api.js';

/**
 * The masks around the playhead.
 *
 * In: where the playhead is and whether it moves. Out: masks by their place in `times`, and word of each that comes. Always: a mask
 * is kept under its own frame's place only; what lies outside the window is neither fetched nor kept for long.
 */

/** Browsers open six connections to a host: the recording and the events need theirs. */
const CONNECTIONS = 4;
/** Masks are thinned out to this width: networks don't see finer, and labels stay labels. */
const MAX_WIDTH = 512;
const KEPT = 192;
const RETRY_MS = 1_500;

/** Errors that say nothing about the mask itself. */
const PASSING = new Set(['UNREACHABLE', 'RATE_LIMITED', 'UNAVAILABLE']);

export type StoredMask = MaskImage | 'failed';

export class MaskStore {
  readonly #job: string;
  readonly #times: FrameTimes;
  readonly #onMask: (index: number) => void;
  readonly #masks = new Map<number, StoredMask>();
  readonly #underWay = new Map<number, AbortController>();
  #wanted: readonly number[] = [];
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(job: string, times: FrameTimes, onMask: (index: number) => void) {
    this.#job = job;
    this.#times = times;
    this.#onMask = onMask;
  }

  get(index: number): StoredMask | undefined {
    return this.#masks.get(index);
  }

  /** Masks that are there without a gap, from `index` on, at most `most`. */
  ahead(index: number, most: number): number {
    let count = 0;
    while (count < most && index + count < this.#times.length && this.#masks.has(index + count)) count++;
    return index + count >= this.#times.length ? most : count;
  }

  /** The playhead is at `index`, or on its way there. */
  aim(index: number, playing: boolean): void {
    this.#wanted = windowOrder(index, this.#times.length, playing);
    const window = new Set(this.#wanted);
    for (const [other, controller] of this.#underWay) if (!window.has(other)) controller.abort();
    this.#forgetFar(index);
    this.#fetchMore();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    for (const controller of this.#underWay.values()) controller.abort();
    this.#masks.clear();
  }

  #fetchMore(): void {
    if (this.#closed || this.#retry !== undefined) return;
    for (const index of this.#wanted) {
      if (this.#underWay.size >= CONNECTIONS) return;
      if (!this.#masks.has(index) && !this.#underWay.has(index)) void this.#fetch(index);
    }
  }

  async #fetch(index: number): Promise<void> {
    const controller = new AbortController();
    this.#underWay.set(index, controller);
    try {
      const png = await jobsApi.mask(this.#job, this.#times.numbers[index] as number, controller.signal);
      this.#keep(index, await readMaskImage(png, MAX_WIDTH));
    } catch (error) {
      if (controller.signal.aborted) return;
      if (error instanceof ApiError && PASSING.has(error.code)) this.#pause();
      else this.#keep(index, 'failed');
    } finally {
      this.#underWay.delete(index);
      this.#fetchMore();
    }
  }

  #keep(index: number, mask: StoredMask): void {
    if (this.#closed) return;
    this.#masks.set(index, mask);
    this.#onMask(index);
  }

  /** The server is silent or asks for patience: all fetching rests a moment. */
  #pause(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#fetchMore();
    }, RETRY_MS);
  }

  #forgetFar(index: number): void {
    if (this.#masks.size <= KEPT) return;
    const byDistance = [...this.#masks.keys()].sort((a, b) => Math.abs(b - index) - Math.abs(a - index));
    for (const far of byDistance.slice(0, this.#masks.size - KEPT)) this.#masks.delete(far);
  }
}
