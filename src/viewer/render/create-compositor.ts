import { Canvas2dCompositor } from './canvas2d.js';
import type { Compositor } from './compositor.js';
import { WebglCompositor } from './webgl.js';

export type RendererChoice = 'auto' | 'webgl2' | 'canvas2d';

/**
 * WebGL2 where a graphics card draws it. Where the browser would only emulate one, Canvas 2D is several times cheaper and
 * leaves the processor to the network; `webgl2` insists.
 */
export function createCompositor(choice: RendererChoice, onLost: () => void): Compositor {
  if (choice !== 'canvas2d') {
    const compositor = WebglCompositor.create({ emulated: choice === 'webgl2', onLost });
    if (compositor) return compositor;
  }
  return new Canvas2dCompositor();
}
