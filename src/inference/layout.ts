/** Order of a picture tensor's dimensions: batch N, channels C, height H, width W. */
export type Layout = 'NCHW' | 'NHWC';

/** The shape of a tensor of one picture. */
export function shapeOf<Length>(
  layout: Layout,
  channels: Length,
  height: Length,
  width: Length,
): readonly (Length | 1)[] {
  return layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
}
