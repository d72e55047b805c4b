/** Sizes of one frame on its way. All in whole pixels; width before height everywhere. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * How one stream's pictures relate. It stays constant between two discontinuities: a source that changes size in
 * mid-stream starts a new geometry.
 */
export interface FrameGeometry {
  /** The source after rotation metadata and sample aspect ratio are applied. */
  readonly source: Size;
  /** The JPEG that viewers see; at most the source. */
  readonly picture: Size;
  /** The RGB plane that the network sees. The picture fills `content`; what lies right of and below it is padding. */
  readonly analysis: Size;
  /** The part of `analysis`, anchored top left, that shows the picture. */
  readonly content: Size;
}

export const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;
