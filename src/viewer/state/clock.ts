import { signal } from '@preact/signals';

/** Wall-clock time for everything that says how long ago something was; moves twice a second, ms since the epoch. */
export const now = signal(Date.now());

export function startClock(): void {
  const tick = () => {
    now.value = Date.now();
  };
  setInterval(tick, 500);
  document.addEventListener('visibilitychange', tick);
}
