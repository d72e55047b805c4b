import { type Signal, signal } from '@preact/signals';
import type { Size } from '../../core/geometry.js';
import type { ClassInfo } from '../../core/model.js';
import { type CompareMode, contain, panes, type Rect, type Reference, stageContent } from '../lib/layout.js';
import type { OverlayStyle } from '../lib/palette.js';
import type { Drawable, DrawJob } from './compositor.js';
import { compose, onRedraw, rendererKind } from './studio.js';

/** What a screen shows around its frames. */
export interface Look {
  readonly classes: readonly ClassInfo[];
  readonly style: OverlayStyle;
  readonly mode: CompareMode;
  readonly wipe: number;
  /** What the mask is compared with. */
  readonly reference: Reference;
}

/** Where the drawing lies in its box, in CSS pixels. */
export interface Placement {
  readonly rect: Rect;
  /** Whether `side` puts the pictures below each other. */
  readonly stacked: boolean;
}

const OUTLINE_CSS_PIXELS = 2;
/** Beyond this a sharper class edge is not worth its pixels. */
const MAX_WIDTH = { webgl2: 2560, canvas2d: 1280 } as const;

/**
 * One visible canvas. In: frames and looks. Out: the newest frame, fitted into the box, redrawn whenever look or box change.
 * Always: picture and mask on the canvas are of the one frame whose number `data-frame` carries.
 */
export class Screen {
  readonly placement: Signal<Placement | undefined> = signal(undefined);
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #observer: ResizeObserver;
  readonly #forget: () => void;
  #box: Size = { width: 0, height: 0 };
  #look: Look | undefined;
  #frame: Drawable | undefined;

  /** @param box the element whose content box the drawing is fitted into; it holds the canvas */
  constructor(canvas: HTMLCanvasElement, box: HTMLElement) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser cannot draw on a canvas');
    this.#canvas = canvas;
    this.#context = context;
    this.#observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      this.#box = { width: entry.contentRect.width, height: entry.contentRect.height };
      this.redraw();
    });
    this.#observer.observe(box);
    this.#forget = onRedraw(() => this.redraw());
  }

  /** Device pixels across one picture: what a frame should be decoded for. */
  get pictureWidth(): number {
    const rect = this.placement.value?.rect;
    if (!rect) return Math.ceil(this.#box.width * devicePixelRatio);
    const across = this.#look?.mode === 'side' && !this.placement.value?.stacked ? 2 : 1;
    return Math.ceil((rect.width * devicePixelRatio) / across);
  }

  set look(look: Look) {
    this.#look = look;
    this.redraw();
  }

  /** Draws at once: call it inside an animation frame. */
  show(frame: Drawable): void {
    this.#frame = frame;
    this.redraw();
  }

  /** The frame is about to be closed and no newer one is there. */
  forgetFrame(): void {
    this.#frame = undefined;
  }

  redraw(): void {
    const frame = this.#frame;
    const look = this.#look;
    if (!frame || !look || this.#box.width === 0) return;
    const { picture } = frame.message;
    const { size, stacked } = stageContent(picture, look.mode, this.#box);
    const rect = contain(size, this.#box);
    this.#place(rect, stacked);
    const job = drawJob(frame, look, stacked, this.#deviceSize(rect));
    const { width, height } = job.size;
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    paint(this.#context, job, look.reference);
    this.#canvas.dataset.frame = String(frame.message.number);
  }

  #place(rect: Rect, stacked: boolean): void {
    const old = this.placement.peek();
    if (old && old.stacked === stacked && sameRect(old.rect, rect)) return;
    this.placement.value = { rect, stacked };
    const { style } = this.#canvas;
    style.left = `${rect.x}px`;
    style.top = `${rect.y}px`;
    style.width = `${rect.width}px`;
    style.height = `${rect.height}px`;
  }

  #deviceSize(rect: Rect): Size {
    const wanted = rect.width * devicePixelRatio;
    const scale = Math.min(wanted, MAX_WIDTH[rendererKind() ?? 'webgl2']) / rect.width;
    return { width: Math.max(1, Math.round(rect.width * scale)), height: Math.max(1, Math.round(rect.height * scale)) };
  }

  close(): void {
    this.#observer.disconnect();
    this.#forget();
    this.#frame = undefined;
  }
}

/** Draws a job at once; the part that shows the raw picture gets the held mask where that is the reference. */
export function paint(context: CanvasRenderingContext2D, job: DrawJob, reference: Reference): void {
  const { frame, mode, size, wipe, stacked } = job;
  context.drawImage(compose(job), 0, 0, size.width, size.height, 0, 0, size.width, size.height);
  if (reference !== 'held' || mode === 'overlay' || !frame.held) return;
  const whole = { x: 0, y: 0, ...size };
  const pane = mode === 'wipe' ? whole : (panes(size, mode, stacked).raw ?? whole);
  const held: DrawJob = {
    ...job,
    frame: { ...frame, planes: frame.held },
    mode: 'overlay',
    size: { width: pane.width, height: pane.height },
  };
  const width = mode === 'wipe' ? Math.round(pane.width * wipe) : pane.width;
  if (width > 0) context.drawImage(compose(held), 0, 0, width, pane.height, pane.x, pane.y, width, pane.height);
}

/** @param size device pixels of the whole drawing */
export function drawJob(frame: Drawable, look: Look, stacked: boolean, size: Size): DrawJob {
  const across = look.mode === 'side' && !stacked ? 2 : 1;
  // Lines keep their width in CSS pixels; in small tiles they get finer, so that they don't swallow what they surround.
  const outlineWidth = OUTLINE_CSS_PIXELS * Math.max(0.6, Math.min(2.5, size.width / across / 960));
  return { frame, ...look, stacked, size, outlineWidth };
}

const sameRect = (a: Rect, b: Rect): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
