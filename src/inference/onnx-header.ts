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
  const externalData = new Set<string>();
  for (const { field, value } of fields(bytes)) {
    if (field === 2) producer = textOf(value);
    if (field === 3) version = textOf(value);
    if (field === 8 && value instanceof Uint8Array) {
      const [domain, number] = [textOf(find(value, 1)), find(value, 2)];
      if (domain === '' || domain === 'ai.onnx') opset = Number(number);
      else customDomains.push(domain);
    }
    if (field === 14 && value instanceof Uint8Array) metadata[textOf(find(value, 1))] = textOf(find(value, 2));
    if (field === 7 && value instanceof Uint8Array) {
      for (const location of externalLocations(value)) externalData.add(location);
    }
  }
  return {
    producer: [producer, version].filter((part) => part !== '').join(' '),
    opset,
    customDomains,
    metadata,
    externalData: [...externalData],
  };
}

/** The `location` of every initializer of a graph that keeps its data elsewhere. */
function* externalLocations(graph: Uint8Array): Iterable<string> {
  for (const { field, value } of fields(graph)) {
    if (field !== 5 || !(value instanceof Uint8Array)) continue;
    for (const entry of fields(value)) {
      if (entry.field !== 13 || !(entry.value instanceof Uint8Array)) continue;
      if (textOf(find(entry.value, 1)) === 'location') yield textOf(find(entry.value, 2));
    }
  }
}
