import type { Size } from '../../core/geometry.js';
import type { ClassInfo } from '../../core/model.js';
import type { MaskPlanes } from '../../delivery/wire/protocol.js';
import type { CompareMode } from '../lib/layout.js';
import type { OverlayStyle } from '../lib/palette.js';

/** A picture and the mask that belongs to it: a live frame, or one of a recording. */
export interface Drawable {
  readonly message: { readonly number: number; readonly picture: Size; readonly maskSize: Size };
  readonly bitmap: ImageBitmap | VideoFrame;
  readonly planes: MaskPlanes;
  /** The mask of the network's last result, to compare with; streams only. */
  readonly held?: MaskPlanes;
}

/**
 * In: one frame's picture and mask, and how to draw them.
 * Out: both drawn together on `surface`, to be copied to a visible canvas in the same task.
 * Always: what is drawn comes from the one frame that was given; a compositor serves any number of canvases in turn, so
 * that a page full of tiles needs one WebGL context and not one a tile (browsers allow about 16).
 */
export interface Compositor {
  readonly kind: 'webgl2' | 'canvas2d';
  /** @throws where the graphics context is lost */
  draw(job: DrawJob): CanvasImageSource;
  close(): void;
}

export interface DrawJob {
  readonly frame: Drawable;
  readonly classes: readonly ClassInfo[];
  readonly style: OverlayStyle;
  readonly mode: CompareMode;
  /** Whether `side` puts the pictures below each other. */
  readonly stacked: boolean;
  /** Left of this part of the width, 0–1, the raw picture shows; only in mode `wipe`. */
  readonly wipe: number;
  /** Device pixels of the whole drawing. */
  readonly size: Size;
  /** Device pixels. */
  readonly outlineWidth: number;
}
