/**
 * In: what onnxruntime says. Out: why, in words for people. Its own texts name C++ sources and full paths (of temporary folders, too); they
 * stay with the error as its cause.
 */

/** The first that matches wins; groups go into the words as $1, $2. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/Protobuf parsing failed|INVALID_PROTOBUF|does not have a graph|ModelProto/i, 'it is no complete ONNX file'],
  [
    /Unsupported model IR version: (\d+)/i,
    'it is written in ONNX version $1, which is newer than what onnxruntime reads',
  ],
  [/Opset (\d+) is under development|opset (\d+)/i, 'its operator set is newer than those that onnxruntime knows'],
  [
    /Could not find an implementation for (\w+)\((\d+)\)/i,
    'onnxruntime has no implementation of its operator $1 (version $2)',
  ],
  [/Fatal error: ([\w.:]+) is not a registered function/i, 'it needs the operator $1, which onnxruntime does not have'],
  [
    /No Op registered for (\w+) with domain_version of (\d+)/i,
    'it needs the operator $1, which onnxruntime does not have',
  ],
  [/No opset import for domain '?([\w.]*)/i, 'it needs operators of "$1", which onnxruntime does not have'],
  [
    /external data|external_data|External file|file_size|data file|filesystem error/i,
    'weights that it keeps in another file are missing or cut off',
  ],
  [
    /Type Error: Type '([^']+)' of input parameter \(([^)]*)\) of operator \((\w+)\)/i,
    'its operator $3 takes no $1 ("$2")',
  ],
  [/This is an invalid model|INVALID_GRAPH|Node \(|ShapeInferenceError/i, 'its graph is contradictory'],
  [/bad_alloc|Failed to allocate|out of memory/i, 'there is not enough memory for it'],
  [/(?:Non-zero status code|failed:).*running (\w+) node/is, 'its operator $1 fails on a picture of this size'],
  [/Got invalid dimensions/i, 'it takes no pictures of this size'],
];

/** @param error of onnxruntime */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  for (const [pattern, words] of REASONS) {
    const found = pattern.exec(text);
    if (found) return words.replace(/\$(\d)/g, (_, group: string) => found[Number(group)] ?? '');
  }
  return `onnxruntime says "${cleaned(text)}"`;
}

/** Longest text of onnxruntime that is passed on. */
const LONGEST = 160;

/** A text without the parts that are about onnxruntime's own insides, and without folders. */
function cleaned(text: string): string {
  const [line = ''] = text
    .replace(/\[ONNXRuntimeError\] : \d+ : \w+ : /g, '')
    .replace(/Load model from .*? failed:\s*/g, '')
    .replace(/\S*\/onnxruntime\S*\s*/g, '')
    .replace(/(?:[A-Za-z]:)?[\\/]\S*[\\/](\S+)/g, '$1')
    .trim()
    .split('\n');
  return line.slice(0, LONGEST);
}
