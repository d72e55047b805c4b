import type { Size } from '../../core/geometry.js';
import { type CompareMode, panes, type Rect } from '../lib/layout.js';
import { type Arrow, doubtPixels, motionArrows } from '../lib/motion-arrows.js';
import type { DecodedFrame } from '../transport/decode.js';
import type { Placement } from './screen.js';

/**
 * A canvas over the picture for debugging. In: frames with an inspection. Out: motion and doubt drawn over the pane that shows the mask.
 * Always: what is drawn belongs to the frame that the picture below shows; nothing is drawn for a frame without an inspection.
 */
export class MotionScreen {
  /** Asks for no picture of its own. */
  readonly pictureWidth = 0;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #doubt = document.createElement('canvas');
  #place: { readonly placement: Placement; readonly mode: CompareMode } | undefined;
  #frame: DecodedFrame | undefined;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser cannot draw on a canvas');
    this.#canvas = canvas;
    this.#context = context;
  }

  /** Where the drawing below lies. */
  set place(place: { readonly placement: Placement; readonly mode: CompareMode }) {
    this.#place = place;
    this.#draw();
  }

  /** Draws at once: call it inside an animation frame. */
  show(frame: DecodedFrame): void {
    this.#frame = frame;
    this.#draw();
  }

  forgetFrame(): void {
    this.#frame = undefined;
    this.#draw();
  }

  #draw(): void {
    if (!this.#place) return;
    const { placement, mode } = this.#place;
    const { x, y, width, height } = placement.rect;
    const { overlay } = panes({ width, height }, mode, placement.stacked);
    this.#fit({ ...overlay, x: x + overlay.x, y: y + overlay.y });
    const context = this.#context;
    context.clearRect(0, 0, overlay.width, overlay.height);
    const inspection = this.#frame?.inspection;
    const arrows = inspection && this.#frame ? motionArrows(inspection, this.#frame.message.maskSize, overlay) : [];
    if (inspection) {
      this.#drawDoubt(inspection.trustSize, doubtPixels(inspection), overlay);
      for (const [width, color] of [
        [4, 'rgb(8 9 8 / 0.75)'],
        [1.75, '#f7f9f4'],
      ] as const) {
        context.lineWidth = width;
        context.strokeStyle = color;
        context.beginPath();
        for (const arrow of arrows) trace(context, arrow);
        context.stroke();
      }
    }
    this.#canvas.dataset.frame = inspection ? String(this.#frame?.message.number) : '';
    this.#canvas.dataset.arrows = String(arrows.length);
  }

  #drawDoubt({ width, height }: Size, pixels: Uint8ClampedArray<ArrayBuffer>, to: Size): void {
    this.#doubt.width = width;
    this.#doubt.height = height;
    this.#doubt.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
    this.#context.drawImage(this.#doubt, 0, 0, to.width, to.height);
  }

  /** Units of the context are CSS pixels. */
  #fit({ x, y, width, height }: Rect): void {
    const { style } = this.#canvas;
    style.left = `${x}px`;
    style.top = `${y}px`;
    style.width = `${width}px`;
    style.height = `${height}px`;
    const device = { width: Math.round(width * devicePixelRatio), height: Math.round(height * devicePixelRatio) };
    if (this.#canvas.width !== device.width) this.#canvas.width = device.width;
    if (this.#canvas.height !== device.height) this.#canvas.height = device.height;
    this.#context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    this.#context.lineCap = 'round';
  }
}

const HEAD = 4;

function trace(context: CanvasRenderingContext2D, { x, y, dx, dy }: Arrow): void {
  const angle = Math.atan2(dy, dx);
  const [tipX, tipY] = [x + dx, y + dy];
  context.moveTo(x, y);
  context.lineTo(tipX, tipY);
  for (const side of [-0.6, 0.6]) {
    context.moveTo(tipX - HEAD * Math.cos(angle + side), tipY - HEAD * Math.sin(angle + side));
    context.lineTo(tipX, tipY);
  }
}
