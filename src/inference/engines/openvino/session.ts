import { MaskcastError } from '../../../core/errors.js';
import type { EngineInfo } from '../../../core/model.js';
import type { Graph, GraphTensor } from '../../fit.js';
import { allocate, isElementType, type TensorData } from '../../onnx/element-types.js';
import type { OpenvinoChoice } from '../../session-protocol.js';
import type { BoundRun, EngineSession, OutputValue, Tensor } from '../engine.js';
import { codeOf, typeOf } from './element-types.js';
import { reasonOf } from './errors.js';
import { type Handle, type Library, loadLibrary } from './library.js';
import { propertiesOf } from './properties.js';

export type OpenvinoSettings = OpenvinoChoice & { readonly threads: number };

/**
 * @param title what to call the network in errors
 * @throws MaskcastError MODEL_INVALID; ENGINE_UNAVAILABLE where library or device aren't there
 */
export async function openOpenvino(
  modelPath: string,
  title: string,
  settings: OpenvinoSettings,
): Promise<EngineSession> {
  const library = await loadLibrary(settings.library);
  const core = library.get('ov_core_create');
  try {
    requireDevice(devicesOf(library, core), settings.device);
    if (settings.cacheDir !== undefined) {
      library.checkWith('ov_core_set_property', [core, null], ['CACHE_DIR', settings.cacheDir]);
    }
    const model = readModel(library, core, modelPath, title);
    return new OpenvinoSession(library, core, model, settings);
  } catch (error) {
    library.free('ov_core_free', core);
    throw error;
  }
}

function readModel(library: Library, core: Handle, path: string, title: string): Handle {
  try {
    return library.get('ov_core_read_model', core, path, null);
  } catch (cause) {
    throw new MaskcastError('MODEL_INVALID', `${title} can't be loaded: ${reasonOf(cause)}`, { cause });
  }
}

function devicesOf(library: Library, core: Handle): readonly string[] {
  const list = library.get<{ devices: Handle; size: number | bigint }>('ov_core_get_available_devices', core);
  const names = library.values<string>(list.devices, 'const char *', Number(list.size));
  library.free('ov_available_devices_free', list);
  return names;
}

/** `GPU` stands for the first of several, which are listed as GPU.0 and GPU.1. @throws MaskcastError ENGINE_UNAVAILABLE */
export function requireDevice(devices: readonly string[], wanted: string): void {
  if (devices.some((device) => device === wanted || device.startsWith(`${wanted}.`))) return;
  throw new MaskcastError(
    'ENGINE_UNAVAILABLE',
    `OpenVINO finds no device "${wanted}" here; inference.openvino.device may be ${devices.join(', ') || 'nothing: it finds no device at all'}`,
  );
}

/** A network that is compiled for one input size. */
interface Compiled {
  readonly size: string;
  readonly handle: Handle;
}

class OpenvinoSession implements EngineSession {
  readonly reasonOf = reasonOf;
  /** What the device has chosen; known once a network is compiled for it. */
  private precision = '';
  /** Of the last first look: what is bound next is usually of its size. */
  private recent: Compiled | undefined;
  private readonly bound = new Set<BoundRun>();

  constructor(
    private readonly library: Library,
    private readonly core: Handle,
    private readonly model: Handle,
    private readonly settings: OpenvinoSettings,
  ) {}

  get engine(): EngineInfo {
    const { library, settings, precision } = this;
    return { name: 'openvino', version: library.version, device: settings.device, precision };
  }

  graph(outputs: readonly string[] = []): Graph {
    const { library, model } = this;
    const ports = (
      count: 'ov_model_inputs_size' | 'ov_model_outputs_size',
      at: (typeof BY_INDEX)[keyof typeof BY_INDEX],
    ) => Array.from({ length: Number(library.get<number>(count, model)) }, (_, index) => this.tensorAt(at, index));
    const listed = ports('ov_model_outputs_size', BY_INDEX.output);
    const others = outputs.filter((name) => !listed.some((tensor) => tensor.name === name));
    return {
      inputs: ports('ov_model_inputs_size', BY_INDEX.input),
      outputs: [...listed, ...others.flatMap((name) => this.outputNamed(name) ?? [])],
    };
  }

  async once(input: Tensor, outputs?: readonly string[]): Promise<Readonly<Record<string, OutputValue>>> {
    const { library } = this;
    const names = outputs ?? this.graph().outputs.map(({ name }) => name);
    const compiled = this.compile(input);
    this.recent = compiled;
    const request = library.get('ov_compiled_model_create_infer_request', compiled.handle);
    const tensor = this.tensorOver(input);
    try {
      library.check('ov_infer_request_set_tensor', request, input.name, tensor);
      library.check('ov_infer_request_infer', request);
      return Object.fromEntries(names.map((name) => [name, this.valueOf(request, name)]));
    } finally {
      library.free('ov_infer_request_free', request);
      library.free('ov_tensor_free', tensor);
    }
  }

  async bind(input: Tensor, output: Tensor): Promise<BoundRun> {
    const { library } = this;
    const compiled = this.compile(input);
    if (this.recent === compiled) this.recent = undefined;
    const request = library.get('ov_compiled_model_create_infer_request', compiled.handle);
    const tensors = [input, output].map((tensor) => this.tensorOver(tensor));
    let released = false;
    const run: BoundRun = {
      run: async () => library.check('ov_infer_request_infer', request),
      release: () => {
        if (released) return;
        released = true;
        this.bound.delete(run);
        library.free('ov_infer_request_free', request);
        for (const tensor of tensors) library.free('ov_tensor_free', tensor);
        library.free('ov_compiled_model_free', compiled.handle);
      },
    };
    this.bound.add(run);
    for (const [index, { name }] of [input, output].entries()) {
      library.check('ov_infer_request_set_tensor', request, name, tensors[index]);
    }
    return run;
  }

  async release(): Promise<void> {
    const { library } = this;
    for (const run of this.bound) run.release();
    this.forgetRecent();
    library.free('ov_model_free', this.model);
    library.free('ov_core_free', this.core);
  }

  /** Once a size: a network of open size runs slower, and the library compiles its kernels anew in its first runs. */
  private compile({ shape }: Tensor): Compiled {
    const { library, core, model, settings } = this;
    const size = shape.join('×');
    if (this.recent?.size === size) return this.recent;
    this.forgetRecent();
    const dims = shape.map((length) => ({ min: length, max: length }));
    const rank = { min: shape.length, max: shape.length };
    library.check('ov_model_reshape_single_input', model, { rank, dims });
    const properties = propertiesOf(settings);
    const argumentsOf = [core, model, settings.device, properties.length];
    const handle = library.getWith('ov_core_compile_model', argumentsOf, properties);
    this.precision = library.text(library.get('ov_compiled_model_get_property', handle, 'INFERENCE_PRECISION_HINT'));
    return { size, handle };
  }

  private forgetRecent(): void {
    if (this.recent) this.library.free('ov_compiled_model_free', this.recent.handle);
    this.recent = undefined;
  }

  /** The tensor reads and writes `data` where it lies, which has to stay in use for as long. */
  private tensorOver({ type, shape, data }: Tensor): Handle {
    const ovShape = { rank: shape.length, dims: [...shape] };
    return this.library.get('ov_tensor_create_from_host_ptr', codeOf(type), ovShape, data);
  }

  private valueOf(request: Handle, name: string): OutputValue {
    const { library } = this;
    const tensor = library.get('ov_infer_request_get_tensor', request, name);
    try {
      const type = typeOf(library.get<number>('ov_tensor_get_element_type', tensor));
      const found = library.get<{ rank: number | bigint; dims: Handle }>('ov_tensor_get_shape', tensor);
      const shape = library.values<number | bigint>(found.dims, 'int64_t', Number(found.rank)).map(Number);
      library.free('ov_shape_free', found);
      if (!isElementType(type)) return { type, shape, data: undefined };
      const data = allocate(
        type,
        shape.reduce((product, length) => product * length, 1),
      );
      const bytes = library.bytes(library.get('ov_tensor_data', tensor), data.byteLength);
      new Uint8Array(data.buffer).set(new Uint8Array(bytes));
      return { type, shape, data: data as TensorData };
    } finally {
      library.free('ov_tensor_free', tensor);
    }
  }

  private outputNamed(name: string): GraphTensor | undefined {
    try {
      return { ...this.describe(this.library.get('ov_model_const_output_by_name', this.model, name)), name };
    } catch {
      return undefined; // the library has no other way to ask
    }
  }

  private tensorAt(by: (typeof BY_INDEX)[keyof typeof BY_INDEX], index: number): GraphTensor {
    return this.describe(this.library.get(by, this.model, index));
  }

  private describe(port: Handle): GraphTensor {
    const { library } = this;
    try {
      const name = library.text(library.get('ov_port_get_any_name', port));
      const type = typeOf(library.get<number>('ov_port_get_element_type', port));
      return { name, type, shape: this.shapeOf(port) };
    } finally {
      library.free('ov_output_const_port_free', port);
    }
  }

  /** See GraphTensor. */
  private shapeOf(port: Handle): readonly (number | string)[] {
    const { library } = this;
    const shape = library.get<{ rank: Span; dims: Handle }>('ov_port_get_partial_shape', port);
    const { min, max } = shape.rank;
    if (Number(min) !== Number(max)) return [];
    const dims = library.values<Span>(shape.dims, 'ov_dimension_t', Number(max));
    library.free('ov_partial_shape_free', shape);
    return dims.map((length) => (Number(length.min) === Number(length.max) ? Number(length.max) : 'free'));
  }
}

interface Span {
  readonly min: number | bigint;
  readonly max: number | bigint;
}

const BY_INDEX = { input: 'ov_model_const_input_by_index', output: 'ov_model_const_output_by_index' } as const;
