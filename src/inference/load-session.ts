import { InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { MaskcastError } from '../core/errors.js';
import { reasonOf } from './onnx/errors.js';
import { EXECUTION_PROVIDERS, type ExecutionProvider, type SessionSettings } from './session-protocol.js';

/**
 * @param title what to call the network in errors
 * @throws MaskcastError MODEL_INVALID; CONFIG_INVALID where the execution provider isn't there
 */
export async function loadSession(
  modelPath: string,
  title: string,
  { executionProvider, threads, graphOptimization }: SessionSettings,
): Promise<InferenceSession> {
  requireProvider(executionProvider);
  try {
    return await InferenceSession.create(modelPath, {
      executionProviders: executionProvider === 'cpu' ? ['cpu'] : [executionProvider, 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: graphOptimization,
      logSeverityLevel: 3,
      // Threads that spin while they wait would take the CPU from decoding and packing.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
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
