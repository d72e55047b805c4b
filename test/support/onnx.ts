/**
 * Writes small ONNX files, so that tests have networks of every kind without Python and without binaries in the repository.
 * Message and field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */

/** ONNX's element types (TensorProto.DataType). */
const ELEMENT_TYPES = {
  ...{ float32: 1, uint8: 2, int8: 3, int16: 5, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 },
} as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A tensor at the graph's edge; a dimension is a length or the name of a free one. */
export interface ValueSpec {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A whole number, or a list of them. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface ConstantSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

export interface GraphSpec {
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly constants?: readonly ConstantSpec[];
  readonly nodes: readonly NodeSpec[];
}

/** The bytes of an .onnx file, opset 13. */
export function encodeOnnx(graph: GraphSpec): Uint8Array {
  const encoded = message(
    ...graph.nodes.map((node) => bytes(1, encodeNode(node))),
    text(2, 'test'),
    ...(graph.constants ?? []).map((constant) => bytes(5, encodeConstant(constant))),
    ...graph.inputs.map((value) => bytes(11, encodeValue(value))),
    ...graph.outputs.map((value) => bytes(12, encodeValue(value))),
  );
  return message(integer(1, 8), bytes(7, encoded), bytes(8, message(integer(2, 13))));
}

/** Name of ONNX's element type, as the attribute `to` of Cast wants it. */
export const elementType = (type: ElementType): number => ELEMENT_TYPES[type];

function encodeNode({ op, inputs, outputs, attributes = {} }: NodeSpec): Uint8Array {
  return message(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, encodeAttribute(name, value))),
  );
}

function encodeAttribute(name: string, value: number | readonly number[]): Uint8Array {
  if (typeof value === 'number') return message(text(1, name), integer(3, value), integer(20, 2));
  return message(text(1, name), ...value.map((item) => integer(8, item)), integer(20, 7));
}

function encodeConstant({ name, shape, values }: ConstantSpec): Uint8Array {
  const type = values instanceof Float32Array ? 'float32' : 'int64';
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(
    ...shape.map((length) => integer(1, length)),
    integer(2, ELEMENT_TYPES[type]),
    text(8, name),
    bytes(9, raw),
  );
}

function encodeValue({ name, type, shape }: ValueSpec): Uint8Array {
  const dimensions = shape.map((length) =>
    bytes(1, typeof length === 'number' ? message(integer(1, length)) : message(text(2, length))),
  );
  const tensor = message(integer(1, ELEMENT_TYPES[type]), bytes(2, message(...dimensions)));
  return message(text(1, name), bytes(2, message(bytes(1, tensor))));
}

const message = (...fields: readonly Uint8Array[]): Uint8Array => Buffer.concat(fields);

/** A field of wire type 0. */
const integer = (field: number, value: number): Uint8Array => Buffer.concat([varint(field << 3), varint(value)]);

/** A field of wire type 2. */
const bytes = (field: number, value: Uint8Array): Uint8Array =>
  Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);

const text = (field: number, value: string): Uint8Array => bytes(field, Buffer.from(value, 'utf8'));

/** Base-128, least significant group first; negative numbers as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const groups: number[] = [];
  do {
    const group = Number(rest & 0x7fn);
    rest >>= 7n;
    groups.push(rest > 0n ? group | 0x80 : group);
  } while (rest > 0n);
  return Uint8Array.from(groups);
}
