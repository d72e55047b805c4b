import { MaskcastError } from '../../core/errors.js';

/** Reads protobuf messages without a schema, as far as ONNX files need it: https://protobuf.dev/programming-guides/encoding */
export interface Field {
  readonly field: number;
  /** Bytes for a text, message or packed list (a view, not a copy); a number for everything else. */
  readonly value: Uint8Array | bigint;
}

const LENGTH_BY_WIRE_TYPE: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** The fields of one protobuf message in the order of the file. */
export function* fields(bytes: Uint8Array): Iterable<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw invalid();
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, wireType] = [Number(key >> 3n), Number(key & 7n)];
    if (wireType === 0) {
      yield { field, value: varint() };
      continue;
    }
    const length = wireType === 2 ? Number(varint()) : LENGTH_BY_WIRE_TYPE[wireType];
    if (length === undefined || at + length > bytes.length || field === 0) throw invalid();
    yield { field, value: bytes.subarray(at, at + length) };
    at += length;
  }
}

export function find(bytes: Uint8Array, wanted: number): Uint8Array | bigint | undefined {
  for (const { field, value } of fields(bytes)) if (field === wanted) return value;
  return undefined;
}

export function textOf(value: Uint8Array | bigint | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString() : '';
}

const invalid = () => new MaskcastError('MODEL_INVALID', 'the file is no ONNX model: it is not a protobuf message');
