import { MaskcastError } from '../../core/errors.js';
import { fields, find, textOf } from './protobuf.js';

/**
 * In: the bytes of an .onnx file. Out: what onnxruntime's JavaScript interface doesn't tell: who made it, for which operator
 * set, with which notes, and which other files hold its weights. Everything else is skipped unread.
 *
 * Message and field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
export interface OnnxHeader {
  /** Program that wrote the file, with its version; empty where unknown. */
  readonly producer: string;
  /** Version of the default operator set; absent where the file names none. */
  readonly opset: number | undefined;
  /** Operator sets beside the default one: the network needs custom operators. */
  readonly customDomains: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Files beside the model that hold weights, as the model names them. */
  readonly externalData: readonly string[];
}

/** @throws MaskcastError MODEL_INVALID where the bytes are no protobuf message */
export function readOnnxHeader(bytes: Uint8Array): OnnxHeader {
  let producer = '';
  let version = '';
  let opset: number | undefined;
  const customDomains: string[] = [];
  const metadata: Record<string, string> = {};
  for (const { field, value } of fields(bytes)) {
    if (field === 2) producer = textOf(value);
    if (field === 3) version = textOf(value);
    if (field === 8 && value instanceof Uint8Array) {
      const [domain, number] = [textOf(find(value, 1)), find(value, 2)];
      if (domain === '' || domain === 'ai.onnx') opset = Number(number);
      else customDomains.push(domain);
    }
    if (field === 14 && value instanceof Uint8Array) metadata[textOf(find(value, 1))] = textOf(find(value, 2));
  }
  return {
    producer: [producer, version].filter((part) => part !== '').join(' '),
    opset,
    customDomains,
    metadata,
    externalData: [...new Set(externalLocations(bytes))],
  };
}

/**
 * Where messages with tensors in them stand inside each other: of each kind of message, the fields that hold messages, and of which kind. A
 * tensor may be an initializer or an attribute of a node; graphs lie in attributes, too (branches, loops).
 */
const CHILDREN: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};

/** Deeper nesting is no network but an attack on the stack. */
const DEEPEST = 100;

/** The `location` of every tensor in a message that keeps its data elsewhere, each time it is given: readers differ on which one counts. */
function* externalLocations(bytes: Uint8Array, kind = 'model', depth = 0): Iterable<string> {
  if (depth > DEEPEST) throw new MaskcastError('MODEL_INVALID', `the file has graphs ${DEEPEST} levels deep`);
  for (const { field, value } of fields(bytes)) {
    if (!(value instanceof Uint8Array)) continue;
    if (kind === 'tensor') {
      if (field === 13) yield* locationsOf(value);
      continue;
    }
    const child = CHILDREN[kind]?.[field];
    if (child) yield* externalLocations(value, child, depth + 1);
  }
}

/** An entry of `external_data`: a key and a value. */
function* locationsOf(entry: Uint8Array): Iterable<string> {
  const all = [...fields(entry)];
  if (!all.some(({ field, value }) => field === 1 && textOf(value) === 'location')) return;
  for (const { field, value } of all) if (field === 2) yield textOf(value);
}
