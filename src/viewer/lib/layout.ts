import type { Size } from '../../core/geometry.js';

/** Where pictures lie on the stage, and which mask pixel lies under a pointer. All in one unit, CSS or device pixels. */

export type CompareMode = 'overlay' | 'wipe' | 'side';

/** What the mask is compared with: the bare picture, or the newest result's mask, held as it was. */
export type Reference = 'raw' | 'held';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Largest rectangle of the content's aspect inside `box`, centred. */
export function contain(content: Size, box: Size): Rect {
  const scale = Math.min(box.width / content.width, box.height / content.height);
  const width = content.width * scale;
  const height = content.height * scale;
  return { x: (box.width - width) / 2, y: (box.height - height) / 2, width, height };
}

/** The whole of what is drawn: one picture, or two beside or below each other, whichever shows them larger in `box`. */
export function stageContent(
  picture: Size,
  mode: CompareMode,
  box: Size,
): { readonly size: Size; readonly stacked: boolean } {
  if (mode !== 'side') return { size: picture, stacked: false };
  const beside = { width: picture.width * 2, height: picture.height };
  const below = { width: picture.width, height: picture.height * 2 };
  const area = (size: Size) => {
    const rect = contain(size, box);
    return rect.width * rect.height;
  };
  return area(below) > area(beside) ? { size: below, stacked: true } : { size: beside, stacked: false };
}

/** The part of a canvas that holds the raw picture and the part that holds the overlay. */
export function panes(
  canvas: Size,
  mode: CompareMode,
  stacked: boolean,
): { readonly raw: Rect | undefined; readonly overlay: Rect } {
  if (mode !== 'side') return { raw: undefined, overlay: { x: 0, y: 0, ...canvas } };
  const width = stacked ? canvas.width : Math.floor(canvas.width / 2);
  const height = stacked ? Math.floor(canvas.height / 2) : canvas.height;
  return {
    raw: { x: 0, y: 0, width, height },
    overlay: {
      x: stacked ? 0 : width,
      y: stacked ? height : 0,
      width: stacked ? width : canvas.width - width,
      height: stacked ? canvas.height - height : height,
    },
  };
}

/** A position in the picture of a point on the drawing, all 0–1; undefined where the point is outside. */
export function picturePoint(
  point: { readonly x: number; readonly y: number },
  mode: CompareMode,
  stacked: boolean,
): { readonly x: number; readonly y: number } | undefined {
  if (!(point.x >= 0 && point.x < 1 && point.y >= 0 && point.y < 1)) return undefined;
  if (mode !== 'side') return { x: point.x, y: point.y };
  return stacked ? { x: point.x, y: (point.y * 2) % 1 } : { x: (point.x * 2) % 1, y: point.y };
}

/** Index into the planes of a mask of the pixel at a position of 0–1. */
export function maskIndex(position: { readonly x: number; readonly y: number }, mask: Size): number {
  const x = Math.min(mask.width - 1, Math.floor(position.x * mask.width));
  const y = Math.min(mask.height - 1, Math.floor(position.y * mask.height));
  return y * mask.width + x;
}
