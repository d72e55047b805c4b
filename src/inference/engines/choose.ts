import { asMaskcastError, MaskcastError } from '../../core/errors.js';
import type { EngineName } from '../../core/model.js';
import type { EngineChoice, ExecutionProvider, GraphOptimization, Precision } from '../session-protocol.js';
import { compiledFolder } from './openvino/compiled-folder.js';
import { locateLibrary } from './openvino/locate.js';

/** What configuration and flags say of engines; what is absent has the default of the configuration, `engine` apart. */
export interface EngineWish {
  /** Absent: onnxruntime, which is always there. `auto`: OpenVINO where it is found and runs the network. */
  readonly engine?: 'auto' | EngineName | undefined;
  /** onnxruntime only. What the provider can't run falls back to the CPU. */
  readonly executionProvider?: ExecutionProvider | undefined;
  /** onnxruntime only. */
  readonly graphOptimization?: GraphOptimization | undefined;
  readonly openvino?:
    | {
        readonly library?: string | undefined;
        readonly device?: string | undefined;
        readonly precision?: Precision | undefined;
        readonly cacheDir?: string | undefined;
      }
    | undefined;
}

/** What is tried, in this order. */
export interface EnginePlan {
  readonly first: EngineChoice;
  /** Taken where the first one can't run the network. */
  readonly otherwise?: EngineChoice;
  /** Why the first one isn't what was hoped for. */
  readonly because?: MaskcastError;
}

/**
 * Looks for libraries, loads none.
 * @throws MaskcastError CONFIG_INVALID; ENGINE_UNAVAILABLE where OpenVINO is asked for by name and not found
 */
export async function planEngine(wish: EngineWish): Promise<EnginePlan> {
  const { engine = 'onnxruntime', executionProvider = 'cpu', graphOptimization = 'all', openvino = {} } = wish;
  const onnxruntime: EngineChoice = { engine: 'onnxruntime', executionProvider, graphOptimization };
  if (engine === 'onnxruntime') return { first: onnxruntime };
  if (engine === 'openvino') {
    requireNoProvider(executionProvider);
    return { first: await openvinoChoice(openvino, await requireLibrary(openvino)) };
  }
  // Whoever names a provider of onnxruntime's has chosen the engine.
  if (executionProvider !== 'cpu') return { first: onnxruntime };
  try {
    // A device that isn't the default is a wish for OpenVINO, too.
    const wanted = (openvino.device ?? CPU) !== CPU;
    const library = wanted ? await requireLibrary(openvino) : await locateLibrary(openvino);
    if (library === undefined) return { first: onnxruntime };
    return { first: await openvinoChoice(openvino, library), otherwise: onnxruntime };
  } catch (error) {
    return { first: onnxruntime, because: asMaskcastError(error) };
  }
}

/** Whether the CPUs that Maskcast runs on run the network. */
export const runsOnCpu = (choice: EngineChoice): boolean =>
  choice.engine === 'openvino' ? choice.device === CPU : choice.executionProvider === 'cpu';

const CPU = 'CPU';

async function openvinoChoice(
  { device = CPU, precision = 'auto', cacheDir }: NonNullable<EngineWish['openvino']>,
  library: string,
): Promise<EngineChoice> {
  return { engine: 'openvino', library, device, precision, cacheDir: await compiledFolder(cacheDir) };
}

async function requireLibrary(wish: NonNullable<EngineWish['openvino']>): Promise<string> {
  const library = await locateLibrary(wish);
  if (library !== undefined) return library;
  throw new MaskcastError(
    'ENGINE_UNAVAILABLE',
    "OpenVINO is asked for, and its C library (libopenvino_c) is neither in Maskcast's .venv nor in the usual places; " +
      '`./setup.sh --openvino` installs it, inference.openvino.library or OPENVINO_LIB names another place',
  );
}

function requireNoProvider(provider: ExecutionProvider): void {
  if (provider === 'cpu') return;
  throw new MaskcastError(
    'CONFIG_INVALID',
    `inference.executionProvider is onnxruntime's and must be cpu where inference.engine is openvino; received ${provider} ` +
      '(inference.openvino.device names what OpenVINO runs on)',
  );
}
