import type { Size } from '../core/geometry.js';
import type { Mask, ScoreMap } from '../core/mask.js';
import type { Observation } from '../core/ports.js';
import { type Seconds, seconds } from '../core/time.js';
import type { VideoClip } from './video-clip.js';

/** What is played: the temporal engine, on this thread. */
export interface PlayedEngine {
  observe(frame: PlayedFrame, freeSlots: number): Observation;
  apply(number: number, scores: ScoreMap | undefined): Mask;
}

interface PlayedFrame {
  readonly number: number;
  readonly time: Seconds;
  readonly discontinuity: boolean;
  readonly geometry: { readonly analysis: Size; readonly content: Size };
  readonly pixels: Uint8Array;
}

export interface Playback {
  /** One a frame, of half the plane's size; labels are classes of the data set. */
  readonly masks: readonly Mask[];
  /** Share of the frames that the network saw, 0–1. */
  readonly inferred: number;
  /** Mean times in ms a frame. */
  readonly observeTime: number;
  readonly applyTime: number;
}

export interface PlayOptions {
  readonly framesASecond: number;
  /** Show the last inferred mask as it was instead of the engine's: what a server without a temporal engine does. */
  readonly hold: boolean;
}

/** Plays a clip as if every result came at once: what the policy does to the masks, without what load does. */
export function playClip(clip: VideoClip, engine: PlayedEngine, { framesASecond, hold }: PlayOptions): Playback {
  const geometry = { analysis: clip.analysis, content: clip.analysis };
  const masks: Mask[] = [];
  let held: Mask | undefined;
  let inferred = 0;
  let observeTime = 0;
  let applyTime = 0;
  for (const [number, { pixels, scores }] of clip.frames.entries()) {
    const start = performance.now();
    const time = seconds(number / framesASecond);
    const { infer } = engine.observe({ number, time, discontinuity: number === 0, geometry, pixels }, 1);
    const middle = performance.now();
    const mask = engine.apply(number, infer ? scores : undefined);
    observeTime += middle - start;
    applyTime += performance.now() - middle;
    if (infer) {
      inferred += 1;
      held = mask;
    }
    const shown = hold && held ? { ...held, age: mask.age } : mask;
    masks.push({ ...shown, labels: shown.labels.map((label) => clip.fromModel[label] as number) });
  }
  const frames = clip.frames.length;
  return { masks, inferred: inferred / frames, observeTime: observeTime / frames, applyTime: applyTime / frames };
}
