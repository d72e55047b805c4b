import type { FrameGeometry } from '../core/geometry.js';
import type { Mask, ScoreMap } from '../core/mask.js';
import type { EngineSettings, Observation } from '../core/ports.js';
import type { Seconds } from '../core/time.js';

/** What goes between the main thread and a temporal worker. Pixels and scores lie in shared memory; masks are copied. */
export type TemporalMethods = {
  open(argument: { readonly engine: number; readonly settings: EngineSettings }): void;
  configure(argument: { readonly engine: number; readonly settings: EngineSettings }): void;
  observe(argument: {
    readonly engine: number;
    readonly number: number;
    readonly time: Seconds;
    readonly discontinuity: boolean;
    readonly geometry: Pick<FrameGeometry, 'analysis' | 'content'>;
    readonly pixels: Uint8Array;
    readonly freeSlots: number;
  }): Observation;
  apply(argument: { readonly engine: number; readonly number: number; readonly scores: ScoreMap | undefined }): Mask;
  late(argument: { readonly engine: number; readonly number: number; readonly scores: ScoreMap }): void;
  close(argument: { readonly engine: number }): void;
};
