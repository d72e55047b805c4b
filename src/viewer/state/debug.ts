/** What tests and curious people may look at: `window.maskcast` in the console. */

export interface PaintedFrame {
  /** Of the stream or the job. */
  readonly stream: string;
  readonly number: number;
  /** Capture to paint, ms; NaN of a recording. */
  readonly latency: number;
}

export interface DebugHook {
  /** The newest painted frame by stream. */
  readonly painted: Record<string, PaintedFrame>;
  renderer(): string | undefined;
  /** Called in the very task that has painted, before the next frame can. */
  onPaint?: (frame: PaintedFrame) => void;
}

declare global {
  interface Window {
    maskcast?: DebugHook;
  }
}

export function reportPaint(frame: PaintedFrame): void {
  const hook = window.maskcast;
  if (!hook) return;
  hook.painted[frame.stream] = frame;
  hook.onPaint?.(frame);
}
