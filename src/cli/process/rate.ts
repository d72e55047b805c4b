/**
 * How quickly frames come out lately: over a window, since a scene that costs more or another program changes the pace, and a mean since
 * the start would tell a wrong time of the end for long.
 */
export class Rate {
  private readonly marks: Mark[] = [];

  /** @param now milliseconds of a monotonic clock @param position in the recording, seconds */
  add(now: number, frames: number, position: number): void {
    const { marks } = this;
    const newest = marks.at(-1);
    if (newest && now - newest.now < MARK_INTERVAL)
      marks[marks.length - 1] = { now: newest.now, frames, position, at: now };
    else marks.push({ now, frames, position, at: now });
    while (marks.length > 2 && now - (marks[0] as Mark).at > WINDOW) marks.shift();
  }

  /** Undefined until a stretch of time has been seen. */
  get(): { readonly fps: number; readonly speed: number } | undefined {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || !last || last.at <= first.at) return undefined;
    const seconds = (last.at - first.at) / 1000;
    return { fps: (last.frames - first.frames) / seconds, speed: (last.position - first.position) / seconds };
  }
}

interface Mark {
  /** When its span began; a span's newest values stand for it. */
  readonly now: number;
  readonly at: number;
  readonly frames: number;
  readonly position: number;
}

const WINDOW = 30_000;
const MARK_INTERVAL = 1000;

/** 0:07, 12:40 or 1:02:03. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
