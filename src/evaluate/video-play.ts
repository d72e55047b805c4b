import type { Size } from '../core/geometry.js';
import type { Mask, ScoreMap } from '../core/mask.js';
import type { Observation } from '../core/ports.js';
import type { Seconds } from '../core/time.js';
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
  /** One a frame, of half the plane's size; labels are classes of the clip. */
  readonly masks: readonly Mask[];
  /** Whether the network saw the frame. */
  readonly inferred: readonly boolean[];
  /** Mean times in ms a frame. */
  readonly observeTime: number;
  readonly applyTime: number;
}

/**
 * Plays a clip as if every result came at once: what the policy does to the masks, without what load does.
 * @param hold show the last inferred mask as it was instead of the engine's: what a server without a temporal engine does
 */
export function playClip(clip: VideoClip, engine: PlayedEngine, { hold }: { readonly hold: boolean }): Playback {
  const geometry = { analysis: clip.analysis, content: clip.analysis };
  const masks: Mask[] = [];
  const inferred: boolean[] = [];
  let held: Mask | undefined;
  let observeTime = 0;
  let applyTime = 0;
  for (const [number, { time, pixels, scores }] of clip.frames.entries()) {
    const start = performance.now();
    const { infer } = engine.observe({ number, time, discontinuity: number === 0, geometry, pixels }, 1);
    const middle = performance.now();
    const mask = engine.apply(number, infer ? scores : undefined);
    observeTime += middle - start;
    applyTime += performance.now() - middle;
    inferred.push(infer);
    if (infer) held = mask;
    const shown = hold && held ? { ...held, age: mask.age } : mask;
    masks.push({ ...shown, labels: shown.labels.map((label) => clip.fromModel[label] as number) });
  }
  const frames = clip.frames.length;
  return { masks, inferred, observeTime: observeTime / frames, applyTime: applyTime / frames };
}
