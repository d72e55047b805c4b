import type { Size } from '../core/geometry.js';
import type { EngineInfo } from '../core/model.js';
import type { Milliseconds } from '../core/time.js';
import type { Graph } from './fit.js';
import type { Manifest, ManifestInput } from './manifest.js';

/** Messages between the pool and its session workers. Pixels and scores lie in shared memory; only sizes travel. */

export const EXECUTION_PROVIDERS = ['cpu', 'cuda', 'dml', 'coreml'] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

const GRAPH_OPTIMIZATIONS = ['disabled', 'basic', 'extended', 'all'] as const;
export type GraphOptimization = (typeof GRAPH_OPTIMIZATIONS)[number];

export const PRECISIONS = ['auto', 'f32', 'bf16', 'f16'] as const;
/** Arithmetic of the layers that aren't quantised; `auto`: what the device is fastest in (docs/decisions/networks/0025-a-second-engine.md). */
export type Precision = (typeof PRECISIONS)[number];

export interface OnnxruntimeChoice {
  readonly engine: 'onnxruntime';
  readonly executionProvider: ExecutionProvider;
  readonly graphOptimization: GraphOptimization;
}

export interface OpenvinoChoice {
  readonly engine: 'openvino';
  /** Path of libopenvino_c. */
  readonly library: string;
  /** `CPU`, `GPU`, `NPU`; of several, `GPU.1`. */
  readonly device: string;
  readonly precision: Precision;
  /** Folder of compiled networks; absent: none are kept. */
  readonly cacheDir: string | undefined;
}

/** What runs a network. */
export type EngineChoice = OnnxruntimeChoice | OpenvinoChoice;

/** The same, and the threads of one network run where a CPU runs it. */
export type SessionSettings = EngineChoice & { readonly threads: number };

/** What a worker is started with. */
export interface SessionWorkerData {
  readonly modelPath: string;
  /** What to call the network in errors. */
  readonly title: string;
  readonly settings: SessionSettings;
}

export interface OpenRequest {
  readonly manifest: Manifest;
  /** The plane of a first run, which shows what the graph leaves open and warms the session up. */
  readonly probe: Size;
  /** See `scoreGrid`. */
  readonly finestStride: number;
}

export interface RunRequest {
  /** RGB24, row-major: `analysis.width · analysis.height · 3` bytes from `offset`. */
  readonly pixels: SharedArrayBuffer;
  readonly offset: number;
  readonly analysis: Size;
  /** Size of the scores, in values: the content divided by the scores' stride. */
  readonly content: Size;
  /** Where the probabilities go: float32 CHW, `classes · content.height · content.width`. */
  readonly scores: SharedArrayBuffer;
}

/** What opening a session showed. */
export interface OpenReport {
  readonly engine: EngineInfo;
  /** Time of the first run, compilation included. */
  readonly network: Milliseconds;
}

/** Times of one run. */
export interface RunTimes {
  readonly prepare: Milliseconds;
  readonly network: Milliseconds;
  readonly finish: Milliseconds;
}

/** Runs of a network that has no manifest yet, on test pictures. */
export interface TrialRequest {
  readonly input: Pick<ManifestInput, 'tensor' | 'type' | 'layout'>;
  readonly plane: Size;
  /** What a float input is known to be made for; both are tried where nobody has said. */
  readonly range?: TrialRange | undefined;
}

/** Pixels that are normalised about 0, or as they are: 0 to 255. */
export type TrialRange = 'normalised' | 'pixels';

/** What trials show of one output. */
export interface TrialOutput {
  readonly name: string;
  /** Element type as onnxruntime calls it. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly min: number;
  readonly max: number;
  /** Whether every value is a whole number. */
  readonly whole: boolean;
  /** Share of the values that are NaN or infinite. */
  readonly unusable: number;
  /** The whole numbers that were seen, rising; absent where not all are whole, or where there are hundreds. */
  readonly values: readonly number[] | undefined;
  /** Dimensions along which the values of every position sum to 1. */
  readonly sumsToOne: readonly number[];
}

export type SessionMethods = {
  /** Loads the graph and says what its tensors are. @throws MODEL_INVALID */
  inspect(argument: undefined): Promise<Graph>;
  /** Loads the graph, runs it on test pictures. @throws MODEL_INVALID, INFERENCE_FAILED */
  trial(request: TrialRequest): Promise<readonly TrialOutput[]>;
  /** Loads the graph, compares it with the manifest, runs it on a test picture. @throws MODEL_INVALID, MANIFEST_MISMATCH, ENGINE_UNAVAILABLE */
  open(request: OpenRequest): Promise<OpenReport>;
  /** @throws INFERENCE_FAILED */
  run(request: RunRequest): Promise<RunTimes>;
  /** Frees the session; the thread may end afterwards. */
  release(argument: undefined): Promise<void>;
};
