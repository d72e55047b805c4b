import type { Mask } from '../core/mask.js';
import { NOT_COUNTED } from './class-map.js';
import { ConfusionMatrix } from './confusion.js';
import { videoConsistency, WarpConsistency } from './consistency.js';
import { type DenseFlow, denseFlow, halfLuma } from './consistency-flow.js';
import { type Scores, scoresOf } from './metrics.js';
import type { VideoClip } from './video-clip.js';
import { type Lag, lagOf } from './video-lag.js';

/**
 * In: a clip and the masks that a policy made of it. Out: how right and how steady they are. Masks are compared with labels at the
 * labels' size, scaled up to the nearest pixel as the viewer does.
 */
export interface VideoScores {
  readonly overall: Scores;
  /** By frames since the last inference, from 0; the last entry holds that distance and all longer ones. */
  readonly byDistance: readonly Scores[];
  /** Temporal consistency by flow warp, 0–1. */
  readonly warpConsistency: number;
  /** VC_n over 8 and 16 frames, 0–1; NaN for shorter clips. */
  readonly videoConsistency8: number;
  readonly videoConsistency16: number;
  /** Of the masks behind the labels. */
  readonly lag: Lag;
  /** Share of the mask pixels equal to those of `reference`, 0–1. */
  readonly agreement: number;
}

const LONGEST_DISTANCE = 9;

/** Scores many playbacks of one clip: what depends on the clip alone is computed once. */
export class VideoJudge {
  private readonly flows: readonly DenseFlow[];
  /** Labels at mask size. */
  private readonly truths: readonly Uint8Array[];

  /** @param reference masks of every frame inferred */
  constructor(
    private readonly clip: VideoClip,
    private readonly reference: readonly Mask[],
  ) {
    const lumas = clip.frames.map(({ pixels }) => halfLuma(pixels, clip.analysis));
    this.flows = lumas.slice(1).map((luma, index) => denseFlow(luma, lumas[index] as (typeof lumas)[number]));
    this.truths = clip.frames.map(({ truth }) => atMaskSize(clip, truth));
  }

  judge(masks: readonly Mask[]): VideoScores {
    const { clip } = this;
    const classes = clip.classes.length;
    const overall = new ConfusionMatrix(classes);
    const byDistance: ConfusionMatrix[] = [];
    const warp = new WarpConsistency(classes);
    let equal = 0;
    let pixels = 0;
    for (const [n, mask] of masks.entries()) {
      const { truth } = clip.frames[n] as VideoClip['frames'][number];
      const prediction = atSourceSize(clip, mask);
      const distance = Math.min(mask.age, LONGEST_DISTANCE);
      while (byDistance.length <= distance) byDistance.push(new ConfusionMatrix(classes));
      overall.add(truth, prediction);
      byDistance[distance]?.add(truth, prediction);
      if (n > 0) warp.add(masks[n - 1] as Mask, mask, this.flows[n - 1] as DenseFlow);
      const expected = (this.reference[n] as Mask).labels;
      pixels += expected.length;
      for (let i = 0; i < expected.length; i += 1) if (mask.labels[i] === expected[i]) equal += 1;
    }
    return {
      overall: scoresOf(overall),
      byDistance: byDistance.map(scoresOf),
      warpConsistency: warp.value,
      videoConsistency8: videoConsistency(masks, this.truths, NOT_COUNTED, 8),
      videoConsistency16: videoConsistency(masks, this.truths, NOT_COUNTED, 16),
      lag: lagOf(masks, this.truths, NOT_COUNTED),
      agreement: equal / pixels,
    };
  }
}

/** Class of each label pixel as the mask shows it. */
function atSourceSize({ source, placed, analysis }: VideoClip, { size, labels }: Mask): Uint8Array {
  const out = new Uint8Array(source.width * source.height);
  const scaleX = (placed.width / source.width) * (size.width / analysis.width);
  const scaleY = (placed.height / source.height) * (size.height / analysis.height);
  for (let i = 0, y = 0; y < source.height; y += 1) {
    const row = Math.floor((y + 0.5) * scaleY) * size.width;
    for (let x = 0; x < source.width; x += 1, i += 1) out[i] = labels[row + Math.floor((x + 0.5) * scaleX)] as number;
  }
  return out;
}

/** Label of each mask pixel; padding isn't counted. */
function atMaskSize({ source, placed, analysis }: VideoClip, truth: Uint8Array): Uint8Array {
  const width = analysis.width >> 1;
  const height = analysis.height >> 1;
  const out = new Uint8Array(width * height).fill(NOT_COUNTED);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(((2 * y + 1) * source.height) / placed.height);
    for (let x = 0; x < width; x += 1) {
      const column = Math.floor(((2 * x + 1) * source.width) / placed.width);
      if (row < source.height && column < source.width)
        out[y * width + x] = truth[row * source.width + column] as number;
    }
  }
  return out;
}
