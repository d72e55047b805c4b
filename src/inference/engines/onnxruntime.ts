import { env, InferenceSession, listSupportedBackends, Tensor as OrtTensor } from 'onnxruntime-node';
import { MaskcastError } from '../../core/errors.js';
import type { EngineInfo } from '../../core/model.js';
import type { Graph, GraphTensor } from '../fit.js';
import { isElementType, type TensorData } from '../onnx/element-types.js';
import { EXECUTION_PROVIDERS, type ExecutionProvider, type OnnxruntimeChoice } from '../session-protocol.js';
import type { BoundRun, EngineSession, OutputValue, Tensor } from './engine.js';
import { reasonOf } from './onnxruntime-errors.js';

/**
 * @param title what to call the network in errors
 * @throws MaskcastError MODEL_INVALID; CONFIG_INVALID where the execution provider isn't there
 */
export async function openOnnxruntime(
  modelPath: string,
  title: string,
  { executionProvider, threads, graphOptimization }: OnnxruntimeChoice & { readonly threads: number },
): Promise<EngineSession> {
  requireProvider(executionProvider);
  try {
    const session = await InferenceSession.create(modelPath, {
      executionProviders: executionProvider === 'cpu' ? ['cpu'] : [executionProvider, 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: graphOptimization,
      logSeverityLevel: 3,
      // Threads that spin while they wait would take the CPU from decoding and packing.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return new OnnxruntimeSession(session, executionProvider);
  } catch (cause) {
    if (/AppendExecutionProvider/.test((cause as Error).message)) {
      throw new MaskcastError(
        'CONFIG_INVALID',
        `execution provider ${executionProvider} can't start here: its libraries are missing or don't fit (see docs/models.md)`,
        { cause },
      );
    }
    throw new MaskcastError('MODEL_INVALID', `${title} can't be loaded: ${reasonOf(cause)}`, { cause });
  }
}

/** onnxruntime drops a provider that its build lacks with a warning and runs on the CPU, at a tenth of the speed. */
function requireProvider(provider: ExecutionProvider): void {
  const built = listSupportedBackends().map(({ name }) => name);
  if (built.includes(provider)) return;
  const allowed = EXECUTION_PROVIDERS.filter((name) => built.includes(name));
  throw new MaskcastError(
    'CONFIG_INVALID',
    `execution provider must be one of ${allowed.join(', ')} on this system; received ${provider}`,
  );
}

class OnnxruntimeSession implements EngineSession {
  readonly engine: EngineInfo;
  readonly reasonOf = reasonOf;

  constructor(
    private readonly session: InferenceSession,
    provider: ExecutionProvider,
  ) {
    const version = env.versions.node ?? env.versions.common;
    // On a CPU it computes what the file says; a GPU's provider may decide otherwise.
    this.engine = { name: 'onnxruntime', version, device: provider, precision: provider === 'cpu' ? 'f32' : '' };
  }

  graph(): Graph {
    const { inputMetadata, outputMetadata } = this.session;
    return { inputs: inputMetadata.map(tensorOf), outputs: outputMetadata.map(tensorOf) };
  }

  async once(input: Tensor, outputs?: readonly string[]): Promise<Readonly<Record<string, OutputValue>>> {
    const feeds = { [input.name]: tensorOver(input) };
    const results = await (outputs ? this.session.run(feeds, outputs) : this.session.run(feeds));
    return Object.fromEntries(
      Object.entries(results).flatMap(([name, value]) => {
        if (!(value instanceof OrtTensor)) return [];
        const { type, dims, data } = value;
        return [[name, { type, shape: dims, data: isElementType(type) ? (data as TensorData) : undefined }] as const];
      }),
    );
  }

  async bind(input: Tensor, output: Tensor): Promise<BoundRun> {
    const feeds = { [input.name]: tensorOver(input) };
    const fetches = { [output.name]: tensorOver(output) };
    return {
      run: async () => {
        await this.session.run(feeds, fetches);
      },
      release: () => {},
    };
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/**
 * The constructor's types want a literal for each element type. onnxruntime refuses tensors over shared memory ("Invalid argument"), hence a
 * copy in; the way out converts anyway.
 */
const tensorOver = ({ type, data, shape }: Tensor): OrtTensor =>
  new OrtTensor(type as 'float32', data as Float32Array, shape);

function tensorOf(metadata: InferenceSession.ValueMetadata): GraphTensor {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'no tensor', shape: [] };
}
