/**
 * What one paint of the page costs, picture and mask together, by way of drawing: WebGL 2 against Canvas 2D in the same browser
 * and run. A pixel is read back after each, so that queued work counts.
 *
 *     npx tsx bench/viewer-render.ts [WIDTH, default 960] [PAINTS, default 40]
 */
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { machine, percentile } from './server.js';

const width = Number(process.argv[2] ?? 960);
const paints = Number(process.argv[3] ?? 40);

const bundle = await build({
  stdin: {
    contents: `
      import { createCompositor } from './src/viewer/render/create-compositor.js';
      window.paintTimes = async (kind, width, paints) => {
        const size = { width, height: Math.round(width * 9 / 16) };
        const mask = { width: 256, height: 144 };
        const labels = Uint8Array.from({ length: mask.width * mask.height }, (_, i) => {
          const x = i % mask.width, y = Math.floor(i / mask.width);
          if (y > 100) return 1;
          return Math.hypot((x % 64) - 32, (y - 60) * 0.6) < 18 ? 2 : 0;
        });
        const source = new OffscreenCanvas(1280, 720);
        source.getContext('2d').fillRect(0, 0, 1280, 360);
        const bitmap = await createImageBitmap(source);
        const canvas = document.createElement('canvas');
        Object.assign(canvas, size);
        const context = canvas.getContext('2d', { willReadFrequently: kind === 'canvas2d' });
        const compositor = createCompositor(kind, () => {});
        const classes = [0, 1, 2].map((id) => ({ id, name: 'class ' + id, color: [80 * id, 90, 200] }));
        const style = { opacity: 0.5, fill: true, outline: true, confidence: false, hidden: new Set([0]) };
        const times = [];
        for (let i = 0; i < paints; i++) {
          await new Promise(requestAnimationFrame);
          const message = { maskSize: mask, picture: { width: 1280, height: 720 } };
          const frame = { message, bitmap, planes: { labels, confidence: undefined }, close() {} };
          const from = performance.now();
          const drawn = compositor.draw({ frame, classes, style, mode: 'overlay', stacked: false, wipe: 0, size, outlineWidth: 2 });
          context.drawImage(drawn, 0, 0);
          context.getImageData(0, 0, 1, 1);
          times.push(performance.now() - from);
        }
        return { kind: compositor.kind, times };
      };`,
    resolveDir: process.cwd(),
    loader: 'ts',
  },
  bundle: true,
  write: false,
  format: 'iife',
});

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
const renderer = await page.evaluate(() => {
  const gl = document.createElement('canvas').getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  return gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : 'no WebGL 2';
});
console.log(`${machine()}; Chromium ${browser.version()}; ${renderer}; ${width} pixels wide, ${paints} paints`);
const medians: number[] = [];
for (const kind of ['webgl2', 'canvas2d']) {
  const { times } = await page.evaluate(
    ([chosen, across, count]) =>
      (
        window as unknown as {
          paintTimes(kind: string, width: number, paints: number): Promise<{ readonly times: number[] }>;
        }
      ).paintTimes(chosen, across, count),
    [kind, width, paints] as const,
  );
  const sorted = times.sort((a, b) => a - b);
  medians.push(percentile(sorted, 0.5));
  console.log(
    `${kind.padEnd(9)} p50 ${percentile(sorted, 0.5).toFixed(1)} ms  p95 ${percentile(sorted, 0.95).toFixed(1)} ms`,
  );
}
console.log(`webgl2 / canvas2d: ${((medians[0] ?? 0) / (medians[1] ?? 1)).toFixed(1)}`);
await browser.close();
