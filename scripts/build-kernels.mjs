#!/usr/bin/env node
/** Compiles the temporal engine's kernels: src/temporal/kernels (AssemblyScript) → dist/temporal/kernels.wasm. */
import asc from 'assemblyscript/asc';

const { error, stdout, stderr } = await asc.main([
  'src/temporal/kernels/index.ts',
  ...['--outFile', 'dist/temporal/kernels.wasm'],
  ...['--baseDir', new URL('..', import.meta.url).pathname],
  ...['-O3', '--noAssert', '--runtime', 'stub'],
  ...['--enable', 'simd', '--enable', 'threads'],
  // As in src/temporal/wasm.ts.
  ...['--importMemory', '--sharedMemory', '--zeroFilledMemory', '--initialMemory', '1', '--maximumMemory', '16384'],
  // Vectors are passed between kernels only, never to JavaScript.
  ...['--disableWarning', '112'],
]);
const said = `${stdout}${stderr}`;
if (said) console.error(said);
if (error) process.exitCode = 1;
