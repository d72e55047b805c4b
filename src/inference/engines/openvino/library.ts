import { MaskcastError } from '../../../core/errors.js';

/**
 * The functions of OpenVINO's C interface that are used here, called through koffi. In: the path of libopenvino_c. Out: a table of functions
 * that throw where the library reports an error. Loads koffi and the library at the first call and never before: who does not use OpenVINO
 * pays nothing for it.
 */

/** An object of the library's; to be freed by its own function. */
export type Handle = bigint;

/** What the library says when something fails. */
export class OpenvinoError extends Error {
  override readonly name = 'OpenvinoError';
}

/** Older ones number the element types otherwise. */
const OLDEST: readonly [year: number, release: number] = [2025, 1];

const PROTOTYPES = [
  'int ov_get_openvino_version(_Out_ ov_version_t *version)',
  'const char *ov_get_last_err_msg()',
  'void ov_free(const char *content)',
  'int ov_core_create(_Out_ void **core)',
  'void ov_core_free(void *core)',
  'int ov_core_get_available_devices(void *core, _Out_ ov_available_devices_t *devices)',
  'void ov_available_devices_free(ov_available_devices_t *devices)',
  'int ov_core_set_property(void *core, const char *device, ...)',
  'int ov_core_read_model(void *core, const char *path, const char *weights, _Out_ void **model)',
  'int ov_core_compile_model(void *core, void *model, const char *device, size_t properties, _Out_ void **compiled, ...)',
  'void ov_model_free(void *model)',
  'int ov_model_inputs_size(void *model, _Out_ size_t *size)',
  'int ov_model_outputs_size(void *model, _Out_ size_t *size)',
  'int ov_model_const_input_by_index(void *model, size_t index, _Out_ void **port)',
  'int ov_model_const_output_by_index(void *model, size_t index, _Out_ void **port)',
  'int ov_model_const_output_by_name(void *model, const char *name, _Out_ void **port)',
  'int ov_model_reshape_single_input(void *model, ov_partial_shape_t shape)',
  'void ov_output_const_port_free(void *port)',
  'int ov_port_get_any_name(void *port, _Out_ void **name)',
  'int ov_port_get_element_type(void *port, _Out_ int *type)',
  'int ov_port_get_partial_shape(void *port, _Out_ ov_partial_shape_t *shape)',
  'void ov_partial_shape_free(ov_partial_shape_t *shape)',
  'int ov_compiled_model_get_property(void *compiled, const char *key, _Out_ void **value)',
  'int ov_compiled_model_create_infer_request(void *compiled, _Out_ void **request)',
  'void ov_compiled_model_free(void *compiled)',
  'int ov_tensor_create_from_host_ptr(int type, ov_shape_t shape, void *data, _Out_ void **tensor)',
  'int ov_tensor_get_element_type(void *tensor, _Out_ int *type)',
  'int ov_tensor_get_shape(void *tensor, _Out_ ov_shape_t *shape)',
  'int ov_tensor_data(void *tensor, _Out_ void **data)',
  'int ov_shape_free(ov_shape_t *shape)',
  'void ov_tensor_free(void *tensor)',
  'int ov_infer_request_set_tensor(void *request, const char *name, void *tensor)',
  'int ov_infer_request_get_tensor(void *request, const char *name, _Out_ void **tensor)',
  'int ov_infer_request_infer(void *request)',
  'void ov_infer_request_free(void *request)',
] as const;

type NameOf<Prototype extends string> = Prototype extends `${string}ov_${infer Name}(${string}` ? `ov_${Name}` : never;
/** Names of the functions. */
export type FunctionName = NameOf<(typeof PROTOTYPES)[number]>;

type Call = (...values: unknown[]) => unknown;

/** What is used of koffi. Its own types aren't: it is an optional package, and what is built must not need it. */
interface Koffi {
  load(path: string): { func(prototype: string): Call };
  struct(name: string, members: Readonly<Record<string, string>>): unknown;
  readonly decode: ((address: Handle, type: string, length: number) => unknown) & { string(address: Handle): string };
  view(address: Handle, length: number): ArrayBuffer;
}

const KOFFI: string = 'koffi';

let koffi: Koffi | undefined;

export interface Library {
  /** `2026.4.1`. */
  readonly version: string;
  /** Calls a function whose result is a status. @throws OpenvinoError where it isn't 0 */
  check(name: FunctionName, ...values: unknown[]): void;
  /** The same for a function that gives an object, or a number, through its last parameter. */
  get<Result = Handle>(name: FunctionName, ...values: unknown[]): Result;
  /** The same for a variadic function: texts follow. */
  getWith(name: FunctionName, values: readonly unknown[], texts: readonly string[]): Handle;
  checkWith(name: FunctionName, values: readonly unknown[], texts: readonly string[]): void;
  /** Frees an object. */
  free(name: FunctionName, handle: unknown): void;
  /** A text that the library made; frees it. */
  text(handle: Handle): string;
  /** Values of an array of the library's. */
  values<Value>(address: Handle, type: string, length: number): readonly Value[];
  /** A copy of the bytes there. */
  bytes(address: Handle, length: number): ArrayBuffer;
}

/**
 * @param path of libopenvino_c
 * @throws MaskcastError ENGINE_UNAVAILABLE where it can't be loaded, is another library or too old
 */
export async function loadLibrary(path: string): Promise<Library> {
  koffi ??= await importKoffi();
  const functions = loadFunctions(koffi, path);
  const version = versionOf(functions);
  requireVersion(path, version);
  return libraryOf(koffi, functions, version);
}

/** @throws MaskcastError ENGINE_UNAVAILABLE */
export function requireVersion(path: string, version: string): void {
  const [year = 0, release = 0] = version.split('.').map(Number);
  if (year > OLDEST[0] || (year === OLDEST[0] && release >= OLDEST[1])) return;
  throw unavailable(`${path} is OpenVINO ${version}; ${OLDEST.join('.')} or later is needed (./setup.sh --openvino)`);
}

async function importKoffi(): Promise<Koffi> {
  try {
    const { default: loaded } = (await import(KOFFI)) as { readonly default: Koffi };
    loaded.struct('ov_version_t', { buildNumber: 'const char *', description: 'const char *' });
    loaded.struct('ov_available_devices_t', { devices: 'char **', size: 'size_t' });
    loaded.struct('ov_shape_t', { rank: 'int64_t', dims: 'int64_t *' });
    loaded.struct('ov_dimension_t', { min: 'int64_t', max: 'int64_t' });
    loaded.struct('ov_partial_shape_t', { rank: 'ov_dimension_t', dims: 'ov_dimension_t *' });
    return loaded;
  } catch (cause) {
    throw unavailable(
      `OpenVINO is called through the npm package koffi, which can't be loaded on this system (${process.platform} ${process.arch})`,
      cause,
    );
  }
}

function loadFunctions({ load }: Koffi, path: string): Readonly<Record<FunctionName, Call>> {
  try {
    const library = load(path);
    return Object.fromEntries(
      PROTOTYPES.map((prototype) => [/\bov_\w+(?=\()/.exec(prototype)?.[0], library.func(prototype)]),
    ) as Record<FunctionName, Call>;
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n');
    throw unavailable(`${path} can't be loaded as OpenVINO's C library: ${reason}`, cause);
  }
}

function versionOf(functions: Readonly<Record<FunctionName, Call>>): string {
  const version: { buildNumber?: string } = {};
  functions.ov_get_openvino_version(version);
  return /^\d+\.\d+\.\d+/.exec(version.buildNumber ?? '')?.[0] ?? `of an unknown version (${version.buildNumber})`;
}

function libraryOf({ decode, view }: Koffi, functions: Readonly<Record<FunctionName, Call>>, version: string): Library {
  const check = (name: FunctionName, ...values: unknown[]) => {
    const status = functions[name](...values);
    if (status !== 0)
      throw new OpenvinoError((functions.ov_get_last_err_msg() as string | null) || `${name}: ${status}`);
  };
  const variadic = (texts: readonly string[]) => texts.flatMap((text) => ['const char *', text]);
  return {
    version,
    check,
    get: <Result>(name: FunctionName, ...values: unknown[]) => {
      const result: [Result | null] = [null];
      check(name, ...values, result);
      return result[0] as Result;
    },
    getWith: (name, values, texts) => {
      const result: [Handle | null] = [null];
      check(name, ...values, result, ...variadic(texts));
      return result[0] as Handle;
    },
    checkWith: (name, values, texts) => check(name, ...values, ...variadic(texts)),
    free: (name, handle) => void functions[name](handle),
    text: (handle) => {
      const text = decode.string(handle);
      functions.ov_free(handle);
      return text;
    },
    values: (address, type, length) => Array.from(decode(address, type, length) as ArrayLike<never>),
    bytes: (address, length) => view(address, length).slice(0),
  };
}

const unavailable = (message: string, cause?: unknown) =>
  new MaskcastError('ENGINE_UNAVAILABLE', message, cause === undefined ? {} : { cause });
