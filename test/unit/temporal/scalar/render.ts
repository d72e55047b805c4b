import type { PlainScores } from './scores.js';

/** What the kernel that makes masks computes, in plain TypeScript. */
export function render({ width, height, classes, data }: PlainScores, trust: Float32Array) {
  const labels = new Uint8Array(4 * width * height);
  const confidence = new Uint8Array(labels.length);
  const score = (cell: number, k: number) => data[cell * classes + k] as number;
  const classOf = (mixture: readonly number[]) => mixture.indexOf(Math.max(...mixture));
  const all = Array.from({ length: classes }, (_, k) => k);
  const clamp = (i: number, length: number) => Math.min(Math.max(i, 0), length - 1);
  for (let y = 0; y < 2 * height; y++) {
    const [near, far] = [y >> 1, clamp((y >> 1) + (y % 2 ? 1 : -1), height)];
    for (let x = 0; x < 2 * width; x++) {
      const [column, beside] = [x >> 1, clamp((x >> 1) + (x % 2 ? 1 : -1), width)];
      const cells = [near * width + column, near * width + beside, far * width + column, far * width + beside];
      const [a, b, c, d] = cells as [number, number, number, number];
      const mixture = all.map((k) => (9 * score(a, k) + 3 * (score(b, k) + score(c, k)) + score(d, k)) / 16);
      const label = classOf(mixture);
      const uniform = cells.every((cell) => classOf(all.map((k) => score(cell, k))) === label);
      const trusted = (cell: number) => score(cell, label) * (trust[cell] as number);
      const sure = uniform
        ? (9 * trusted(a) + 3 * (trusted(b) + trusted(c)) + trusted(d)) / 16
        : (mixture[label] as number) * (trust[a] as number);
      labels[y * 2 * width + x] = label;
      confidence[y * 2 * width + x] = 255 * sure + 0.5;
    }
  }
  return { labels, confidence };
}
