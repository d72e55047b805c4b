/** Element types of tensors, as onnxruntime calls them, and the arrays that hold their values. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  /** The bits of IEEE 754 half precision: this Node has no array of such numbers. */
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

export type ElementType = keyof typeof ARRAYS;
export type TensorData = InstanceType<(typeof ARRAYS)[ElementType]>;
/** Values that arithmetic takes as they are. */
export type Numbers = Exclude<TensorData, BigInt64Array | BigUint64Array>;

export const FLOAT_TYPES = ['float32', 'float16', 'float64'] as const satisfies readonly ElementType[];

export const isElementType = (type: string): type is ElementType => Object.hasOwn(ARRAYS, type);

export const allocate = (type: ElementType, length: number): TensorData => new ARRAYS[type](length);

/** Reads a tensor's values as numbers; the array is that of the next call, too, where the type needs a conversion. */
export function numbersOf(type: ElementType): (values: TensorData) => Numbers {
  let kept = new Float64Array(0);
  let halves = new Float32Array(0);
  if (type === 'float16') {
    return (values) => {
      const bits = new Uint16Array(values.buffer, values.byteOffset, values.length);
      if (halves.length !== bits.length) halves = new Float32Array(bits.length);
      const table = halfTable();
      for (let index = 0; index < bits.length; index += 1) halves[index] = table[bits[index] as number] as number;
      return halves;
    };
  }
  if (type !== 'int64' && type !== 'uint64') return (values) => values as Numbers;
  return (values) => {
    if (kept.length !== values.length) kept = new Float64Array(values.length);
    for (let index = 0; index < values.length; index += 1) kept[index] = Number(values[index]);
    return kept;
  };
}

let table: Float32Array | undefined;

/** The value of each of the 65,536 half-precision numbers. */
function halfTable(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
  return table;
}

/** Bits of the half-precision number nearest to `value` (ties to even); beyond ±65,504 the infinities. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  // Below the smallest normal number the steps stay the same.
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -24)));
  const steps = roundHalfEven(size / 2 ** (exponent - 10));
  // A step count of 2,048 carries into the exponent by itself; one below 1,024 is a subnormal number.
  return sign | (steps + (exponent + 14) * 1024);
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
