import { readFileSync } from 'node:fs';
import { MaskcastError } from '../core/errors.js';
import { built } from '../flow/built.js';
import { Arena } from './arena.js';

/**
 * The kernels of this thread and the memory they work on. Arrays that kernels read or write come from a `KernelMemory` and belong to their
 * taker until it is closed: garbage collection would come too late, since V8 does not see their size.
 *
 * Memory is shared only so that arrays stay valid when it grows; no other thread sees it.
 */

/** What `kernels/` exports. All arguments but plain numbers are byte offsets of arrays, or of the handles of planes, fields and so on. */
export interface Kernels {
  heapStart(): number;
  halveRgb(rgb: number, stride: number, width: number, height: number, out: number): void;
  halve(fine: number, coarse: number): void;
  pad(plane: number): void;
  difference(a: number, b: number): number;
  searchLevel(
    from: number,
    to: number,
    coarse: number,
    predicted: number,
    cellsAPixel: number,
    iterations: number,
    out: number,
  ): void;
  correctLevel(from: number, to: number, field: number, iterations: number, out: number): void;
  smoothLevel(patches: number, scratch: number): void;
  densify(from: number, to: number, patches: number, pixelsACell: number, out: number): void;
  measure(from: number, to: number, field: number, residual: number): void;
  composeFields(newer: number, older: number, out: number): void;
  countAbove(values: number, count: number, limit: number): number;
  readScores(from: number, width: number, height: number, out: number): void;
  warpScores(from: number, way: number, out: number): void;
  trustOf(way: number, residual: number, known: number, scale: number, out: number): void;
  fillDoubtful(scores: number, trust: number, luma: number): void;
  blendScores(fresh: number, moved: number, trust: number, way: number, farthest: number): void;
  holdSpecks(blended: number, moved: number, before: number, after: number): void;
  labelCells(scores: number, labels: number): void;
  render(scores: number, trust: number, best: number, bestScores: number, labels: number, confidence: number): void;
  medianLevel(values: number, count: number): number;
  spoil(before: number, step: number, residual: number, known: number, foreign: number, out: number): void;
  weightedSum(values: number, width: number, height: number, weights: number, block: number): number;
}

/** Most memory that a thread's kernels may take, in pages of 64 KiB: 1 GiB. The module states the same. */
const MOST_PAGES = 16_384;

interface Loaded {
  readonly kernels: Kernels;
  readonly arena: Arena;
}

let loaded: Loaded | undefined;

function load(): Loaded {
  const file = built(new URL('./kernels.wasm', import.meta.url));
  let code: Uint8Array<ArrayBuffer>;
  try {
    code = readFileSync(file);
  } catch (cause) {
    throw new MaskcastError('INTERNAL', `${file.pathname} is missing; it is made by "npm run build"`, { cause });
  }
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  const kernels = instance.exports as unknown as Kernels;
  return { kernels, arena: new Arena(memory, kernels.heapStart()) };
}

/** Loaded at the first call: a thread that runs no engine needs none. */
const here = (): Loaded => {
  loaded ??= load();
  return loaded;
};

export const kernels = (): Kernels => here().kernels;

declare const inKernelMemory: unique symbol;
interface Kept {
  readonly [inKernelMemory]: true;
}
/** Arrays in the kernels' memory: no other's `byteOffset` means anything to a kernel. */
export type Bytes = Uint8Array & Kept;
export type Floats = Float32Array & Kept;
/** A kernel's view of an object: its sizes and the places of its arrays. */
export type Handle = Int32Array & Kept;

interface ArrayType<Result> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Result;
}

/** Arrays that end together; they begin as zeros. */
export class KernelMemory {
  private readonly arrays = new Set<ArrayBufferView>();

  bytes(length: number): Bytes {
    return this.array(Uint8Array, length);
  }

  floats(length: number): Floats {
    return this.array(Float32Array, length);
  }

  handleOf(...words: readonly number[]): Handle {
    const handle = this.array(Int32Array, words.length);
    handle.set(words);
    return handle;
  }

  /** Gives an array back: nothing may read or write it from here on. Idempotent. */
  free(array: ArrayBufferView): void {
    if (this.arrays.delete(array)) here().arena.give(array.byteOffset, array.byteLength);
  }

  /** Gives all of them back. */
  close(): void {
    for (const array of this.arrays) this.free(array);
  }

  private array<Result extends ArrayBufferView>(Type: ArrayType<Result>, length: number): Result & Kept {
    const { arena } = here();
    const place = arena.take(length * Type.BYTES_PER_ELEMENT);
    const result = new Type(arena.memory.buffer, place, length);
    this.arrays.add(result);
    return result as Result & Kept;
  }
}
