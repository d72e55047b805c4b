import { MaskcastError } from '../../core/errors.js';
import { type ClassInfo, isBackground } from '../../core/model.js';

/** How the mask is drawn into a picture. */
export interface OverlayStyle {
  /** Of the fill, 0–1. */
  readonly opacity: number;
  /** A line in full colour along the edges of drawn classes. */
  readonly outline: boolean;
  /** Ids or names of the classes to draw. Absent: all but background classes. */
  readonly classes: readonly string[] | undefined;
}

/** The classes to draw. @throws MaskcastError BAD_REQUEST */
export function drawnClasses(classes: readonly ClassInfo[], wanted: OverlayStyle['classes']): readonly ClassInfo[] {
  if (!wanted) return classes.filter((info) => !isBackground(info));
  return wanted.map((text) => {
    const found = classes.find(({ id, name }) => String(id) === text || name.toLowerCase() === text.toLowerCase());
    if (found) return found;
    const names = classes.map(({ name }) => name).join(', ');
    throw new MaskcastError(
      'BAD_REQUEST',
      `classes must be ids or names of the model's classes: ${names}; received "${text}"`,
    );
  });
}
