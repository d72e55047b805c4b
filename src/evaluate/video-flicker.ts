import type { Mask } from '../core/mask.js';

/**
 * Label changes per pixel and second where the picture is still: what a person sees as flicker.
 * @param still for each frame from the second, 1 a pixel (of the masks' size) that is as in the frame before; see `stillPixels`
 * @param framesASecond of the clip
 * @returns NaN where nothing is ever still
 */
export function flickerOf(masks: readonly Mask[], still: readonly Uint8Array[], framesASecond: number): number {
  let pixels = 0;
  let changes = 0;
  for (let n = 1; n < masks.length; n += 1) {
    const [before, now] = [(masks[n - 1] as Mask).labels, (masks[n] as Mask).labels];
    const mayCount = still[n - 1] as Uint8Array;
    for (let i = 0; i < now.length; i += 1) {
      if (mayCount[i] === 0) continue;
      pixels += 1;
      if (now[i] !== before[i]) changes += 1;
    }
  }
  return (changes / pixels) * framesASecond;
}
