/** Numbers and times as the page writes them. Figures have a fixed count of decimals, so that they don't jump about. */

const NBSP = '\u00a0';
const MINUS = '\u2212';

const two = (value: number): string => String(value).padStart(2, '0');

/** Events a second: one decimal below 100. Absent or not finite: an en dash. */
export function formatRate(perSecond: number | undefined): string {
  if (perSecond === undefined || !Number.isFinite(perSecond)) return '–';
  return perSecond >= 99.95 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}

/** A share of 0–1 as a percentage; what is there but rounds to nothing says so. */
export function formatShare(share: number | undefined): string {
  if (share === undefined || !Number.isFinite(share)) return '–';
  const percent = share * 100;
  if (percent > 0 && percent < 0.05) return '<0.1%';
  return `${percent >= 99.95 ? percent.toFixed(0) : percent.toFixed(1)}%`;
}

/** A measured span: `8.3 ms`, `142 ms`, `2.4 s`. */
export function formatSpan(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return '–';
  const size = Math.abs(ms);
  const sign = ms < 0 ? MINUS : '';
  if (size < 9.95) return `${sign}${size.toFixed(1)}${NBSP}ms`;
  if (size < 999.5) return `${sign}${size.toFixed(0)}${NBSP}ms`;
  return `${sign}${(size / 1000).toFixed(1)}${NBSP}s`;
}

/** How long something has lasted, in its two largest units: `7 s`, `3 min 20 s`, `2 h 05 min`, `4 d 3 h`. */
export function formatElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const days = Math.floor(total / 86_400);
  const hours = Math.floor(total / 3600) % 24;
  const minutes = Math.floor(total / 60) % 60;
  const rest = total % 60;
  if (days > 0) return `${days}${NBSP}d ${hours}${NBSP}h`;
  if (hours > 0) return `${hours}${NBSP}h ${two(minutes)}${NBSP}min`;
  if (minutes > 0) return `${minutes}${NBSP}min ${two(rest)}${NBSP}s`;
  return `${rest}${NBSP}s`;
}

/** A point in time: `14:03:27` today, with the date otherwise. Both in ms since the epoch, shown in local time. */
export function formatInstant(epoch: number, now: number): string {
  const date = new Date(epoch);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** Whole seconds until an instant, never below 0. */
export function secondsUntil(epoch: number, now: number): number {
  return Math.max(0, Math.ceil((epoch - now) / 1000));
}

export function formatCount(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u202f');
}

export const formatSize = (size: { readonly width: number; readonly height: number } | undefined): string =>
  size ? `${size.width}${NBSP}×${NBSP}${size.height}` : '–';

/** A file name that every system accepts: `front-door_2026-05-04_14-03-27_f1042.png`. */
export function snapshotName(stream: string, at: number, frame: number): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}-${two(date.getMinutes())}-${two(date.getSeconds())}`;
  return `${stream}_${day}_${time}_f${frame}.png`;
}

/** A position in a recording: `0:07.4`, `12:03.0`, `1:02:03.5`. `decimals` of the seconds: 0–3. */
export function formatSeconds(seconds: number, decimals = 1): string {
  const unit = 10 ** decimals;
  const total = Math.round(Math.max(0, seconds) * unit) / unit;
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  const rest = (total % 60).toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Decimal units, as disks and file managers count: `734 kB`, `12.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes}${NBSP}B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 99.5 || unit === 0 ? value.toFixed(0) : value.toFixed(1)}${NBSP}${units[unit]}`;
}

/** Labels of an axis of shares, 0 to 1, as per cent: with a decimal where whole numbers would name two ticks alike. */
export function axisShares(ticks: readonly (number | null)[]): string[] {
  const whole = ticks.every((tick) => tick === null || Math.abs(tick * 100 - Math.round(tick * 100)) < 1e-9);
  return ticks.map((tick) => {
    if (tick === null) return '';
    const percent = tick * 100;
    return `${percent.toFixed(whole || percent === 0 || percent >= 10 ? 0 : 1)}%`;
  });
}

/** What a source is called where space is short: of a file its name, an address as it is. */
export function shortSource(source: string): string {
  return source.startsWith('/') && !source.startsWith('/dev/') ? (source.split('/').at(-1) ?? source) : source;
}
