import { type ClassInfo, isBackground } from '../../core/model.js';

/** How the mask is drawn. */
export interface OverlayStyle {
  /** Opacity of the fill, 0–1. */
  readonly opacity: number;
  readonly fill: boolean;
  readonly outline: boolean;
  /** The confidence plane as a heat map instead of the classes. */
  readonly confidence: boolean;
  /** Ids of classes that are not drawn. */
  readonly hidden: ReadonlySet<number>;
}

/** 256 RGBA entries by label; alpha 255 where the class is drawn, 0 where it is hidden or unknown. */
export function paletteBytes(classes: readonly ClassInfo[], hidden: ReadonlySet<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(256 * 4);
  for (const { id, color } of classes) {
    bytes.set(color, id * 4);
    bytes[id * 4 + 3] = hidden.has(id) ? 0 : 255;
  }
  return bytes;
}

/** Classes that stand for "nothing in particular": drawn only when asked for. */
export function hiddenByDefault(classes: readonly ClassInfo[]): ReadonlySet<number> {
  return new Set(classes.filter(isBackground).map(({ id }) => id));
}
