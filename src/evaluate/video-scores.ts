import type { Mask } from '../core/mask.js';
import { NOT_COUNTED } from './class-map.js';
import { ConfusionMatrix } from './confusion.js';
import { videoConsistency, WarpConsistency } from './consistency.js';
import { type DenseFlow, denseFlow, halfLuma, type Luma } from './consistency-flow.js';
import { occurringClasses, type Scores, scoresOf } from './metrics.js';
import type { ClipFrame, VideoClip, VideoTruth } from './video-clip.js';
import { flickerOf } from './video-flicker.js';
import { type Lag, lagOf } from './video-lag.js';
import type { Playback } from './video-play.js';
import { specksOf } from './video-specks.js';
import { stillPixels, stillStretches } from './video-still.js';

/**
 * In: a clip and the masks that a policy made of it. Out: how right and how steady they are. Masks are compared with labels at the
 * labels' size, scaled up to the nearest pixel as the viewer does. Where a clip has no labels, the masks of every frame inferred stand for
 * them.
 */
export interface VideoScores {
  readonly overall: Scores;
  /** By frames since the last inference, from 0; the last entry holds that distance and all longer ones. */
  readonly byDistance: readonly Scores[];
  /** Share of the frames that the network saw, 0–1: of all, and of those in still stretches (NaN where there are none). */
  readonly inferred: number;
  readonly inferredStill: number;
  /** Temporal consistency by flow warp, 0–1. */
  readonly warpConsistency: number;
  /** VC_n over 8 and 16 frames, 0–1; NaN for shorter clips. */
  readonly videoConsistency8: number;
  readonly videoConsistency16: number;
  /** Of the masks behind the labels. */
  readonly lag: Lag;
  /** Label changes per pixel and second where the picture is still; NaN where it never is. */
  readonly flicker: number;
  /** Small regions that appear and vanish, a second; see `specksOf`. NaN for clips of half a second. */
  readonly specks: number;
  /** Share of the mask pixels equal to those of `reference`, 0–1, and mean IoU with them. */
  readonly agreement: number;
  readonly agreementIoU: number;
}

const LONGEST_DISTANCE = 9;

/**
 * Least share of the pixels of a class that counts in a mean IoU where a network's own masks are the truth: they have specks of classes that
 * aren't there. What people have labelled always counts.
 */
const LEAST_SHARE = 0.005;

/** Scores many playbacks of one clip: what depends on the clip alone is computed once. */
export class VideoJudge {
  /** For each frame whether it lies in a stretch where the picture stands still. */
  readonly still: readonly boolean[];
  private readonly truth: VideoTruth;
  private readonly flows: readonly DenseFlow[];
  /** Labels at mask size. */
  private readonly small: readonly Uint8Array[];
  private readonly stillPixels: readonly Uint8Array[];
  private readonly framesASecond: number;

  /** @param reference masks of every frame inferred */
  constructor(
    private readonly clip: VideoClip,
    private readonly reference: readonly Mask[],
  ) {
    const { frames, analysis } = clip;
    const lumas = frames.map(({ pixels }) => halfLuma(pixels, analysis));
    const pairs = lumas.slice(1).map((newer, index) => [newer, lumas[index] as Luma] as const);
    this.flows = pairs.map(([newer, older]) => denseFlow(newer, older));
    this.stillPixels = pairs.map(([newer, older]) => stillPixels(newer, older));
    this.truth = clip.truth ?? truthFrom(reference);
    this.small = this.truth.labels.map((labels) => atMaskSize(clip, this.truth, labels));
    this.still = stillStretches([1, ...this.stillPixels.map(movingShare)]);
    this.framesASecond = (frames.length - 1) / ((frames.at(-1) as ClipFrame).time - (frames[0] as ClipFrame).time);
  }

  judge({ masks, inferred }: Pick<Playback, 'masks' | 'inferred'>): VideoScores {
    const { clip, truth, still } = this;
    const classes = clip.classes.length;
    const overall = new ConfusionMatrix(classes);
    const byDistance: ConfusionMatrix[] = [];
    const same = new ConfusionMatrix(classes);
    const warp = new WarpConsistency(classes);
    for (const [n, mask] of masks.entries()) {
      const labels = truth.labels[n] as Uint8Array;
      const prediction = atTruthSize(clip, truth, mask);
      const distance = Math.min(mask.age, LONGEST_DISTANCE);
      while (byDistance.length <= distance) byDistance.push(new ConfusionMatrix(classes));
      overall.add(labels, prediction);
      byDistance[distance]?.add(labels, prediction);
      if (n > 0) warp.add(masks[n - 1] as Mask, mask, this.flows[n - 1] as DenseFlow);
      same.add((this.reference[n] as Mask).labels, mask.labels);
    }
    const counted = occurringClasses(overall, clip.truth ? 0 : LEAST_SHARE);
    const agreement = scoresOf(same, occurringClasses(same, LEAST_SHARE));
    return {
      overall: scoresOf(overall, counted),
      byDistance: byDistance.map((matrix) => scoresOf(matrix, counted)),
      inferred: shareOf(inferred),
      inferredStill: shareOf(inferred.filter((_, n) => still[n])),
      warpConsistency: warp.value,
      videoConsistency8: videoConsistency(masks, this.small, NOT_COUNTED, 8),
      videoConsistency16: videoConsistency(masks, this.small, NOT_COUNTED, 16),
      lag: lagOf(masks, this.small, NOT_COUNTED),
      flicker: flickerOf(masks, this.stillPixels, this.framesASecond),
      specks: specksOf(masks, this.flows, this.framesASecond),
      agreement: agreement.pixelAccuracy,
      agreementIoU: agreement.meanIoU,
    };
  }
}

const truthFrom = (masks: readonly Mask[]): VideoTruth => ({
  size: (masks[0] as Mask).size,
  labels: masks.map(({ labels }) => labels),
});

const movingShare = (still: Uint8Array): number => 1 - still.reduce((sum, value) => sum + value, 0) / still.length;

const shareOf = (values: readonly boolean[]): number => values.filter(Boolean).length / values.length;

/** Class of each label pixel as the mask shows it. */
function atTruthSize({ placed, analysis }: VideoClip, truth: VideoTruth, { size, labels }: Mask): Uint8Array {
  const { width, height } = truth.size;
  const out = new Uint8Array(width * height);
  const scaleX = (placed.width / width) * (size.width / analysis.width);
  const scaleY = (placed.height / height) * (size.height / analysis.height);
  for (let i = 0, y = 0; y < height; y += 1) {
    const row = Math.floor((y + 0.5) * scaleY) * size.width;
    for (let x = 0; x < width; x += 1, i += 1) out[i] = labels[row + Math.floor((x + 0.5) * scaleX)] as number;
  }
  return out;
}

/** Label of each mask pixel; padding isn't counted. */
function atMaskSize({ placed, analysis }: VideoClip, truth: VideoTruth, labels: Uint8Array): Uint8Array {
  const width = analysis.width >> 1;
  const height = analysis.height >> 1;
  const out = new Uint8Array(width * height).fill(NOT_COUNTED);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(((2 * y + 1) * truth.size.height) / placed.height);
    for (let x = 0; x < width; x += 1) {
      const column = Math.floor(((2 * x + 1) * truth.size.width) / placed.width);
      if (row < truth.size.height && column < truth.size.width) {
        out[y * width + x] = labels[row * truth.size.width + column] as number;
      }
    }
  }
  return out;
}
