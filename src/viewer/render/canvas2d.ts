import { panes, type Rect } from '../lib/layout.js';
import { maskPixels } from '../lib/mask-pixels.js';
import type { Compositor, DrawJob } from './compositor.js';

/**
 * Draws without WebGL: the mask is drawn at a few times its own resolution, then scaled to the picture by the browser. It
 * looks like what the shader draws, a little softer.
 */
export class Canvas2dCompositor implements Compositor {
  readonly kind = 'canvas2d';
  readonly #canvas = document.createElement('canvas');
  readonly #context = context2d(this.#canvas);
  readonly #mask = document.createElement('canvas');
  readonly #maskContext = context2d(this.#mask);
  #image: ImageData | undefined;

  draw(job: DrawJob): CanvasImageSource {
    if (this.#canvas.width !== job.size.width) this.#canvas.width = job.size.width;
    if (this.#canvas.height !== job.size.height) this.#canvas.height = job.size.height;
    const { raw, overlay } = panes(job.size, job.mode, job.stacked);
    if (raw) this.#drawPicture(job, raw);
    this.#drawPicture(job, overlay);
    this.#drawMask(job, overlay);
    return this.#canvas;
  }

  #drawPicture(job: DrawJob, at: Rect): void {
    this.#context.imageSmoothingQuality = 'medium';
    this.#context.drawImage(job.frame.bitmap, at.x, at.y, at.width, at.height);
  }

  #drawMask(job: DrawJob, at: Rect): void {
    const { maskSize } = job.frame.message;
    const scale = Math.min(4, Math.max(1, Math.round(at.width / maskSize.width)));
    const width = maskSize.width * scale;
    const height = maskSize.height * scale;
    if (this.#image?.width !== width || this.#image.height !== height) {
      this.#mask.width = width;
      this.#mask.height = height;
      this.#image = new ImageData(width, height);
    }
    const raster = { scale, outlineWidth: (job.outlineWidth * width) / at.width };
    const pixels = new Uint32Array(this.#image.data.buffer);
    maskPixels(job.frame.planes, maskSize, job.classes, job.style, raster, pixels);
    this.#maskContext.putImageData(this.#image, 0, 0);
    const context = this.#context;
    context.save();
    context.beginPath();
    const from = job.mode === 'wipe' ? at.x + at.width * job.wipe : at.x;
    context.rect(from, at.y, at.x + at.width - from, at.height);
    context.clip();
    context.imageSmoothingQuality = 'medium';
    context.drawImage(this.#mask, at.x, at.y, at.width, at.height);
    context.restore();
  }

  close(): void {
    this.#canvas.width = this.#canvas.height = 0;
  }
}

function context2d(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser cannot draw on a canvas');
  return context;
}
