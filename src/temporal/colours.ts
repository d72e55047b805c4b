import type { FrameGeometry } from '../core/geometry.js';
import type { Field } from './field.js';

/**
 * In: the RGB24 planes of two frames. Out: whether they show different scenes, by how their colours lie in the picture. It is the witness
 * for scenes that motion search can't tell apart, since smooth or dark pictures match anything. Pure.
 */

const COLUMNS = 32;
const ROWS = 18;
const VALUES = COLUMNS * ROWS * 3;
/** Pixels that are read of a part, in each direction: the mean of sixteen is as good as that of all. */
const SAMPLED = 4;

/** Mean R, G and B of 32 × 18 parts of the picture, row by row. */
export type Colours = Float32Array;

export function coloursOf(
  rgb: Uint8Array,
  { analysis, content }: Pick<FrameGeometry, 'analysis' | 'content'>,
): Colours {
  const colours = new Float32Array(VALUES);
  const across = Math.max(1, Math.floor(content.width / COLUMNS / SAMPLED));
  const down = Math.max(1, Math.floor(content.height / ROWS / SAMPLED));
  for (let row = 0, at = 0; row < ROWS; row += 1) {
    const [top, bottom] = part(row, ROWS, content.height);
    for (let column = 0; column < COLUMNS; column += 1, at += 3) {
      const [left, right] = part(column, COLUMNS, content.width);
      let [red, green, blue, count] = [0, 0, 0, 0];
      for (let y = top; y < bottom; y += down) {
        const end = 3 * (y * analysis.width + right);
        for (let i = 3 * (y * analysis.width + left); i < end; i += 3 * across) {
          red += rgb[i] as number;
          green += rgb[i + 1] as number;
          blue += rgb[i + 2] as number;
          count += 1;
        }
      }
      colours[at] = red / count;
      colours[at + 1] = green / count;
      colours[at + 2] = blue / count;
    }
  }
  return colours;
}

/** First pixel of a part and the one after its last: at least one, also where there are fewer pixels than parts. */
function part(index: number, parts: number, length: number): [from: number, to: number] {
  const from = Math.min(length - 1, Math.floor((index * length) / parts));
  return [from, Math.max(from + 1, Math.floor(((index + 1) * length) / parts))];
}

/** 0: the same; 1: nothing in common. Ordinary neighbours stay below .68 (a road that large lorries fill), most other scenes lie above: `npm run bench:cuts`. */
const UNLIKE = 0.7;

/** @param motion from `now` to `before`: a camera that pans fast changes the layout as a cut does, but its motion tells */
export function isAnotherScene(now: Colours, before: Colours, motion: Field): boolean {
  if (distance(now, before, 0, 0) <= UNLIKE) return false;
  const right = Math.round((median(motion.dx) * COLUMNS) / motion.width);
  const down = Math.round((median(motion.dy) * ROWS) / motion.height);
  const still = right === 0 && down === 0;
  const overlap = (1 - Math.abs(right) / COLUMNS) * (1 - Math.abs(down) / ROWS);
  return still || overlap < LEAST_OVERLAP || distance(now, before, right, down) > UNLIKE;
}

/** With less in common, the motion explains nothing. */
const LEAST_OVERLAP = 0.6;
/** Variance, in 8-bit values, that says nothing: noise and coding. */
const NOISE = 4;

/**
 * One minus the concordance (Lin, 1989) of the colours that both show: 2 · covariance / (sum of the variances + squared difference of the means),
 * over the three colours. It asks for the same pattern at the same brightness, however dark and faint both are.
 * @param right how far `now`'s content lies to the right in `before`, in parts
 */
function distance(now: Colours, before: Colours, right: number, down: number): number {
  let [products, variances, offsets] = [0, 0, 0];
  for (let channel = 0; channel < 3; channel += 1) {
    let [count, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
    for (let y = Math.max(0, -down); y < Math.min(ROWS, ROWS - down); y += 1) {
      for (let x = Math.max(0, -right); x < Math.min(COLUMNS, COLUMNS - right); x += 1) {
        const own = now[3 * (y * COLUMNS + x) + channel] as number;
        const other = before[3 * ((y + down) * COLUMNS + x + right) + channel] as number;
        count += 1;
        a += own;
        b += other;
        aa += own * own;
        bb += other * other;
        ab += own * other;
      }
    }
    const [meanA, meanB] = [a / count, b / count];
    products += 2 * (ab / count - meanA * meanB);
    variances += aa / count - meanA ** 2 + bb / count - meanB ** 2;
    offsets += (meanA - meanB) ** 2;
  }
  return 1 - (products + NOISE) / (variances + offsets + NOISE);
}

const SAMPLES = 256;

/** Of a few values, evenly spread. */
function median(values: Float32Array): number {
  const step = Math.max(1, Math.floor(values.length / SAMPLES));
  const some: number[] = [];
  for (let i = step >> 1; i < values.length; i += step) some.push(values[i] as number);
  return some.sort((a, b) => a - b)[some.length >> 1] ?? 0;
}
