import type { EngineInfo } from '../../core/model.js';
import type { Graph } from '../fit.js';
import type { ElementType, TensorData } from '../onnx/element-types.js';

/**
 * What a session worker asks of a program that runs networks. There is an adapter for each such program, and the same tests for all of them
 * (`test/support/engines.ts`).
 *
 * Always holds: one call at a time; a call blocks the thread that it is made in for as long as the network runs.
 */
export interface EngineSession {
  readonly engine: EngineInfo;
  /**
   * What the network file says of its tensors.
   * @param outputs names that are asked for: a tensor may answer to several, of which an engine lists one
   */
  graph(outputs?: readonly string[]): Graph;
  /**
   * One run over tensors of its own, for a first look.
   * @param outputs absent: all
   */
  once(input: Tensor, outputs?: readonly string[]): Promise<Readonly<Record<string, OutputValue>>>;
  /** Makes ready for runs of this size: each reads what stands in `input.data` then, and writes `output.data`. */
  bind(input: Tensor, output: Tensor): Promise<BoundRun>;
  /** Why something that this engine threw happened, in words for people. */
  reasonOf(error: unknown): string;
  /** Nothing that was bound may be used afterwards. */
  release(): Promise<void>;
}

export interface BoundRun {
  run(): Promise<void>;
  /** Idempotent. */
  release(): void;
}

export interface Tensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Row-major, not over shared memory. */
  readonly data: TensorData;
}

export interface OutputValue {
  /** Element type as onnxruntime calls it. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Absent where the elements are no numbers, or numbers of less than a byte. */
  readonly data: TensorData | undefined;
}
