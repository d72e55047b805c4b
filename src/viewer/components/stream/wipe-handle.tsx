import type { Rect } from '../../lib/layout.js';
import { wipe } from '../../state/preferences.js';

const STEP = 0.02;

/** The line between raw picture and mask: drag it, or move it with the arrow keys. */
export function WipeHandle({ rect }: { readonly rect: Rect }) {
  const move = (event: PointerEvent) => {
    const handle = event.currentTarget as HTMLElement;
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const bounds = handle.parentElement?.getBoundingClientRect();
    if (!bounds) return;
    event.stopPropagation();
    wipe.value = Math.min(1, Math.max(0, (event.clientX - bounds.left - rect.x) / rect.width));
  };
  const step = (event: KeyboardEvent) => {
    const to = {
      ArrowLeft: wipe.value - STEP,
      ArrowDown: wipe.value - STEP,
      ArrowRight: wipe.value + STEP,
      ArrowUp: wipe.value + STEP,
      PageDown: wipe.value - 5 * STEP,
      PageUp: wipe.value + 5 * STEP,
      Home: 0,
      End: 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    wipe.value = Math.min(1, Math.max(0, to));
  };
  const percent = Math.round(wipe.value * 100);
  return (
    <div
      class="wipe"
      role="slider"
      tabIndex={0}
      aria-label="Wipe between raw picture and mask"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`raw picture on the left ${percent} percent`}
      style={{ left: `${rect.x + wipe.value * rect.width}px`, top: `${rect.y}px`, height: `${rect.height}px` }}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        event.currentTarget.focus();
      }}
      onPointerMove={move}
      onKeyDown={step}
    >
      <span class="wipe-grip" aria-hidden="true" />
    </div>
  );
}
