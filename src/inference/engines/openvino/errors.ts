/**
 * In: what OpenVINO says. Out: why, in words for people. Its own texts are C++ checks with sources and addresses; they stay with the error as
 * its cause.
 */

/** The first that matches wins; groups go into the words as $1, $2. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  // The summary at the end; operators behind the unknown one fail by their shapes, further up.
  [/No conversion rule found for operations: ([^\n]+)/i, 'OpenVINO has no implementation of its operators $1'],
  [/not (?:a )?supported|unsupported/i, 'OpenVINO does not support what it is made of'],
  [
    /Unable to read the model|Could not open|invalid (?:external )?data|parse|ModelProto/i,
    'OpenVINO takes it for no complete ONNX file',
  ],
  [/bad_alloc|Failed to allocate|out of memory/i, 'there is not enough memory for it'],
  [/While validating node|shape|dimension|broadcast/i, 'it takes no pictures of this size'],
];

/** Longest text of OpenVINO's that is passed on. */
const LONGEST = 160;

/** @param error of OpenVINO's */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  for (const [pattern, words] of REASONS) {
    const found = pattern.exec(text);
    if (found) return words.replace(/\$(\d)/g, (_, group: string) => found[Number(group)]?.trim() ?? '');
  }
  return `OpenVINO says "${cleaned(text)}"`;
}

/** The last line is the reason; those before it are where it was noticed. */
function cleaned(text: string): string {
  const lines = text
    .replace(/(?:[A-Za-z]:)?[\\/]\S*[\\/](\S+)/g, '$1')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:Exception from|Check )/.test(line));
  return (lines.at(-1) ?? text.trim()).slice(0, LONGEST);
}
