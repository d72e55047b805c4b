/**
 * The build's copy of a file beside a module, one folder below the sources' root: threads and WebAssembly run from `dist`, also where
 * the module itself runs from `src`, as in the tests.
 */
export function built(file: URL): URL {
  return new URL(file.href.replace(/\/src\/(?=[^/]+\/[^/]+\.(?:js|wasm)$)/, '/dist/'));
}
