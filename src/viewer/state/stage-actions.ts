import { signal } from '@preact/signals';

/** What the page of one stream or one recording lets keys and buttons do; absent while neither is on screen. */
export interface StageActions {
  togglePause(): void;
  takeSnapshot(): Promise<void>;
  toggleFullScreen(): Promise<void>;
  toggleClass(index: number): void;
  showAllClasses(): void;
  /** To the neighbour in the list of streams, or some seconds back or on in a recording: −1 or 1. */
  step(by: -1 | 1): void;
  /** Recordings only. */
  stepFrame?(by: -1 | 1): void;
  /** Recordings only. */
  stepSpeed?(by: -1 | 1): void;
}

export const stageActions = signal<StageActions | undefined>(undefined);
