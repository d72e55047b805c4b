import type { Config } from '../../config/load.js';
import { asMaskcastError, MaskcastError, toErrorRecord } from '../../core/errors.js';
import type { EngineInfo } from '../../core/model.js';
import { planEngine } from '../../inference/engines/choose.js';
import { modelNameOf } from '../../inference/model-names.js';
import type { InferencePool } from '../../inference/pool.js';
import { createSegmenter } from '../../inference/segmenter.js';
import type { Output } from '../context.js';
import { agreement } from './engines-agree.js';

/** What was found out about one network. */
interface Verdict {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: ReturnType<typeof toErrorRecord>;
  /** The second engine, where it is installed: whether it says the same. */
  readonly openvino?: Comparison;
}

interface Comparison {
  readonly engine?: EngineInfo | undefined;
  /** Share of labels that both engines agree on. */
  readonly agreement?: number;
  /** Why it can't run the network: onnxruntime does then. */
  readonly error?: ReturnType<typeof toErrorRecord>;
}

const ONE_ENGINE =
  'On onnxruntime alone: OpenVINO is not installed (./setup.sh --openvino), or the configuration does not want it\n';

/** Below it the engines don't run the same network. */
const LEAST_AGREEMENT = 0.8;

/**
 * Loads each network, which checks its files and runs it once (see `createSegmenter`), and compares the engines that there are.
 * @throws MaskcastError MODEL_INVALID where a network can't be used
 */
export async function verifyModels(
  folders: readonly string[],
  config: Config,
  stdout: Output,
  json: boolean,
): Promise<void> {
  const openvino = await isThere(config.inference);
  const verdicts: Verdict[] = [];
  for (const folder of folders) {
    const verdict = await verdictOf(folder, openvino ? config : undefined);
    verdicts.push(verdict);
    if (!json) stdout.write(line(verdict));
  }
  if (json) stdout.write(`${JSON.stringify(verdicts)}\n`);
  else if (!openvino) stdout.write(ONE_ENGINE);
  const failed = verdicts.filter(({ ok }) => !ok).map((verdict) => verdict.name);
  if (failed.length === 0) return;
  throw new MaskcastError(
    'MODEL_INVALID',
    `${failed.length} of ${verdicts.length} networks can't be used: ${failed.join(', ')}`,
  );
}

/** Where the configuration wants onnxruntime alone, or OpenVINO isn't installed, there is nothing to compare. */
async function isThere(wish: Config['inference']): Promise<boolean> {
  const { first, because } = await planEngine(wish);
  if (because) throw because;
  return first.engine === 'openvino';
}

async function verdictOf(folder: string, config: Config | undefined): Promise<Verdict> {
  const name = modelNameOf(folder);
  let segmenter: InferencePool | undefined;
  try {
    segmenter = await createSegmenter({ model: folder, workers: 1 });
    const openvino = config && (await compare(segmenter, folder, config));
    const { agreement: share = 1 } = openvino ?? {};
    return { name, ok: share >= LEAST_AGREEMENT, ...(openvino && { openvino }) };
  } catch (error) {
    return { name, ok: false, error: toErrorRecord(asMaskcastError(error)) };
  } finally {
    await segmenter?.close();
  }
}

async function compare(segmenter: InferencePool, folder: string, { inference, ingest }: Config): Promise<Comparison> {
  let other: InferencePool | undefined;
  try {
    other = await createSegmenter({ ...inference, engine: 'openvino', model: folder, workers: 1 });
    return { engine: other.engine, agreement: await agreement(segmenter, other, ingest) };
  } catch (error) {
    return { error: toErrorRecord(asMaskcastError(error)) };
  } finally {
    await other?.close();
  }
}

function line({ name, ok, error, openvino }: Verdict): string {
  if (error) return `FAILED  ${name}: ${error.message}\n`;
  if (!openvino) return `ok      ${name}\n`;
  const { agreement: share, engine, error: other } = openvino;
  if (share === undefined) return `ok      ${name} (onnxruntime only: ${other?.message})\n`;
  const said = `OpenVINO ${engine?.version} (${engine?.device}, ${engine?.precision}) agrees in ${(share * 100).toFixed(2)} % of labels`;
  return ok ? `ok      ${name}: ${said}\n` : `FAILED  ${name}: ${said}; set inference.engine to onnxruntime\n`;
}
