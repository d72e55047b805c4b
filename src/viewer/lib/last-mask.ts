import type { FrameMessage, MaskPlanes } from '../../delivery/wire/protocol.js';

/**
 * What a server without motion would show: the mask of the newest result, held until the next one comes. In: the frames' masks in order.
 * Out: the held mask for each.
 */
export class LastMask {
  private held: { readonly source: number; readonly frame: FrameMessage; readonly planes: MaskPlanes } | undefined;

  next(frame: FrameMessage, planes: MaskPlanes): MaskPlanes {
    /** The frame that the network saw for this mask. */
    const source = frame.number - frame.age;
    const { held } = this;
    const carriesOn =
      held !== undefined &&
      source <= held.source &&
      frame.number >= held.frame.number &&
      frame.revision === held.frame.revision &&
      frame.maskSize.width === held.frame.maskSize.width &&
      frame.maskSize.height === held.frame.maskSize.height;
    if (carriesOn) return held.planes;
    this.held = { source, frame, planes };
    return planes;
  }
}
