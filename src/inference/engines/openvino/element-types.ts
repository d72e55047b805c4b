import type { ElementType } from '../../onnx/element-types.js';

/** Element types in the order of OpenVINO's own numbers (`ov_element_type_e`, from 0, since 2025.1). */
const TYPES = [
  ...['dynamic', 'bool', 'bfloat16', 'float16', 'float32', 'float64', 'int4', 'int8', 'int16', 'int32', 'int64'],
  ...['uint1', 'uint2', 'uint3', 'uint4', 'uint6', 'uint8', 'uint16', 'uint32', 'uint64'],
];

/** OpenVINO's number of a type. */
export const codeOf = (type: ElementType): number => TYPES.indexOf(type);

/** The type of a number, as onnxruntime calls it. */
export const typeOf = (code: number): string => TYPES[code] ?? `OpenVINO's type ${code}`;
