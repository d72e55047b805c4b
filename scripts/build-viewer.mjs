#!/usr/bin/env node
/**
 * Builds the page: src/viewer → public/index.html and public/assets. Every asset carries a hash of its content in its name,
 * so that browsers may keep it for ever; index.html names the current ones and is never kept.
 *
 *   node scripts/build-viewer.mjs [--watch]
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const viewer = join(root, 'src/viewer');
const publicDir = join(root, 'public');
const assets = join(publicDir, 'assets');

const ENTRIES = { script: 'main.tsx', theme: 'theme.ts', style: 'styles/main.css' };
const PRELOADED_FONT = /archivo-latin-wdth-normal-\w+\.woff2$/;

/** Writes index.html with the names of what was just built. */
const page = {
  name: 'page',
  setup(build) {
    build.onEnd(async ({ metafile, errors }) => {
      if (errors.length > 0) return;
      const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({
        url: relative(publicDir, join(root, path)),
        entry: output.entryPoint && relative(viewer, join(root, output.entryPoint)),
        bytes: output.bytes,
      }));
      const urls = Object.fromEntries(
        Object.entries(ENTRIES).map(([name, entry]) => [name, outputs.find((output) => output.entry === entry).url]),
      );
      urls.font = outputs.find(({ url }) => PRELOADED_FONT.test(url)).url;
      const template = await readFile(join(viewer, 'index.html'), 'utf8');
      await writeFile(
        join(publicDir, 'index.html'),
        template.replaceAll(/%(\w+)%/g, (_, name) => urls[name]),
      );
      for (const { url, bytes } of outputs.filter(({ url }) => !url.endsWith('.map'))) {
        console.log(`${String(Math.ceil(bytes / 1024)).padStart(5)} kB  ${url}`);
      }
    });
  },
};

await rm(assets, { recursive: true, force: true });
await mkdir(assets, { recursive: true });
const builder = await context({
  absWorkingDir: root,
  entryPoints: Object.values(ENTRIES).map((entry) => join(viewer, entry)),
  outdir: assets,
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  format: 'esm',
  splitting: true,
  minify: true,
  sourcemap: true,
  metafile: true,
  legalComments: 'linked',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  target: ['es2022', 'chrome111', 'firefox121', 'safari17'],
  loader: { '.woff2': 'file' },
  plugins: [page],
  logLevel: 'warning',
});
if (process.argv.includes('--watch')) {
  await builder.watch();
} else {
  try {
    await builder.rebuild();
  } catch {
    process.exitCode = 1; // esbuild has said why
  } finally {
    await builder.dispose();
  }
}
