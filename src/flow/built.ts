/**
 * The build's copy of a file beside a module: threads and WebAssembly run from `dist`, also where the module itself runs from
 * `src`, as in the tests.
 */
export function built(file: URL): URL {
  const at = file.href.lastIndexOf('/src/');
  return at < 0 ? file : new URL(`${file.href.slice(0, at)}/dist/${file.href.slice(at + '/src/'.length)}`);
}
