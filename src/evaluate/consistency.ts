import type { Mask } from '../core/mask.js';
import type { DenseFlow } from './consistency-flow.js';

/**
 * In: the masks of consecutive frames, and what is known of the frames. Out: how steady the masks are. All masks of a clip have the same
 * size. A frozen mask is perfectly steady: these figures mean something beside mIoU only.
 */

/**
 * Temporal consistency by flow warp: mean IoU over classes of each mask with the mask before, moved there by the flow; pairs of all
 * frames counted together. (Liu, Shen, Yu, Wang: Efficient Semantic Video Segmentation with Per-frame Inference, 2020.)
 */
export class WarpConsistency {
  private readonly both: Float64Array;
  private readonly either: Float64Array;

  constructor(private readonly classes: number) {
    this.both = new Float64Array(classes);
    this.either = new Float64Array(classes);
  }

  /** @param flow from `newer` to `older`, of the masks' size; pixels that came from outside the picture don't count */
  add(older: Mask, newer: Mask, flow: DenseFlow): void {
    const { width, height } = newer.size;
    for (let i = 0, y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, i += 1) {
        const column = Math.round(x + (flow.dx[i] as number));
        const row = Math.round(y + (flow.dy[i] as number));
        if (column < 0 || row < 0 || column >= width || row >= height) continue;
        const now = newer.labels[i] as number;
        const before = older.labels[row * width + column] as number;
        this.either[now] = (this.either[now] as number) + 1;
        if (now === before) this.both[now] = (this.both[now] as number) + 1;
        else this.either[before] = (this.either[before] as number) + 1;
      }
    }
  }

  /** 0–1; NaN before the first pair. Classes that never occur don't count. */
  get value(): number {
    let sum = 0;
    let present = 0;
    for (let c = 0; c < this.classes; c += 1) {
      const union = this.either[c] as number;
      if (union === 0) continue;
      present += 1;
      sum += (this.both[c] as number) / union;
    }
    return sum / present;
  }
}

/**
 * VC_n: of the pixels whose truth stays the same over n frames, the share whose prediction stays the same; mean over all windows of n.
 * (Miao, Wei, Wu, Liang, Li, Yang: VSPW, 2021.)
 * @param truths of each frame, of the masks' size
 */
export function videoConsistency(
  masks: readonly Mask[],
  truths: readonly Uint8Array[],
  ignore: number,
  frames: number,
): number {
  let sum = 0;
  let windows = 0;
  for (let first = 0; first + frames <= masks.length; first += 1) {
    const firstTruth = truths[first] as Uint8Array;
    const firstLabels = (masks[first] as Mask).labels;
    let constant = 0;
    let steady = 0;
    for (let i = 0; i < firstTruth.length; i += 1) {
      const truth = firstTruth[i];
      if (truth === ignore) continue;
      let stays = true;
      let kept = true;
      for (let k = first + 1; k < first + frames && stays; k += 1) {
        stays = (truths[k] as Uint8Array)[i] === truth;
        kept &&= (masks[k] as Mask).labels[i] === firstLabels[i];
      }
      if (!stays) continue;
      constant += 1;
      if (kept) steady += 1;
    }
    if (constant === 0) continue;
    sum += steady / constant;
    windows += 1;
  }
  return sum / windows;
}
