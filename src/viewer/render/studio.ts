import { Canvas2dCompositor } from './canvas2d.js';
import type { Compositor, DrawJob } from './compositor.js';
import { createCompositor, type RendererChoice } from './create-compositor.js';

/**
 * The page's one compositor. In: draw jobs of any screen. Out: the drawing, to be copied at once. Always: a lost graphics
 * context costs one repaint and no picture; Canvas 2D takes over for the rest of the visit.
 */
let compositor: Compositor | undefined;
let choice: RendererChoice = 'auto';
const redraws = new Set<() => void>();

/** Before the first drawing. `?renderer=webgl2|canvas2d` in the address insists on one. */
export function chooseRenderer(wanted: string | null): void {
  choice = wanted === 'webgl2' || wanted === 'canvas2d' ? wanted : 'auto';
}

export const rendererKind = (): Compositor['kind'] | undefined => compositor?.kind;

export function compose(job: DrawJob): CanvasImageSource {
  compositor ??= createCompositor(choice, fallBack);
  try {
    return compositor.draw(job);
  } catch (error) {
    if (compositor.kind === 'canvas2d') throw error;
    compositor = new Canvas2dCompositor();
    return compositor.draw(job);
  }
}

/** `redraw` is called when what was drawn is lost; until the returned function is called. */
export function onRedraw(redraw: () => void): () => void {
  redraws.add(redraw);
  return () => redraws.delete(redraw);
}

function fallBack(): void {
  compositor = new Canvas2dCompositor();
  for (const redraw of redraws) redraw();
}
