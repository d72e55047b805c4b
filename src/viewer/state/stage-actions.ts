import { signal } from '@preact/signals';

/** What the single-stream page lets keys and buttons do; absent while it is not on screen. */
export interface StageActions {
  togglePause(): void;
  takeSnapshot(): Promise<void>;
  toggleFullScreen(): Promise<void>;
  toggleClass(index: number): void;
  showAllClasses(): void;
  /** To the neighbour in the list of streams: −1 or 1. */
  step(by: -1 | 1): void;
}

export const stageActions = signal<StageActions | undefined>(undefined);
