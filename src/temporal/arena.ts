import { MaskcastError } from '../core/errors.js';

/**
 * In: sizes. Out: places in a linear memory. Always holds: a place is aligned to 64 bytes, zeroed, followed by 32 bytes that nobody else
 * has (vectors are read and written past the end), and belongs to its taker until it is given back.
 */

const PAGE = 65_536;
const ALIGNMENT = 64;
const MARGIN = 32;

/** The part of a WebAssembly.Memory that is needed. Memory that was handed out must stay valid when it grows, as shared memory does. */
export interface GrowingMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

export class Arena {
  /** Places that were given back, by size. */
  private readonly free = new Map<number, number[]>();

  /** @param top first byte that is free */
  constructor(
    readonly memory: GrowingMemory,
    private top: number,
  ) {
    this.top = rounded(top);
  }

  /** Byte offset of a new place. */
  take(bytes: number): number {
    const size = rounded(bytes + MARGIN);
    const place = this.free.get(size)?.pop() ?? this.extend(size);
    new Uint8Array(this.memory.buffer, place, size).fill(0);
    return place;
  }

  /** @param bytes as it was taken */
  give(place: number, bytes: number): void {
    const size = rounded(bytes + MARGIN);
    const places = this.free.get(size);
    if (places) places.push(place);
    else this.free.set(size, [place]);
  }

  private extend(size: number): number {
    const place = this.top;
    const missing = Math.ceil((place + size - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) {
      try {
        this.memory.grow(missing);
      } catch (cause) {
        throw new MaskcastError('INTERNAL', `no room for ${size} bytes more than ${place} in a temporal worker`, {
          cause,
        });
      }
    }
    this.top = place + size;
    return place;
  }
}

const rounded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
