import { Scores } from './layout';
import { maxF32 } from './vector';

/** The likeliest class of a cell, the first where two are equal; its score in `topScore`. */
let topScore: f32 = 0;
function likeliest(cell: usize, bytes: i32): i32 {
  let tops = v128.load(cell);
  for (let c = 16; c < bytes; c += 16) tops = f32x4.max(tops, v128.load(cell + c));
  topScore = maxF32(tops);
  const top = f32x4.splat(topScore);
  for (let c = 0; c < bytes; c += 16) {
    const equal = i32x4.bitmask(f32x4.eq(v128.load(cell + c), top));
    if (equal) return (c >> 2) + ctz(equal);
  }
  return 0;
}

/** The likeliest class of each cell, as u8. */
export function labelCells(scores: Scores, labels: usize): void {
  const cells = scores.width * scores.height;
  const bytes = 4 * scores.lanes;
  for (let i = 0; i < cells; i++) store<u8>(labels + i, likeliest(scores.data + i * bytes, bytes));
}

/** Grey levels of confidence in a ninefold-threefold-threefold-single sum of scores. */
const LEVELS: f32 = 255.0 / 16.0;
/** Scores mixed for one pixel, up to 256 classes. */
const MIXED: usize = memory.data(1024, 16);

/**
 * The mask of twice the grid's size: see `../render.ts`. In `best` (u8) and `bestScores` (f32, its probability times trust) each cell's likeliest
 * class is left, with a border of one repeated cell: rows of width + 2. Labels and confidence may be written up to 31 bytes past their end.
 * @param trust f32 a cell, or 0 for 1 throughout
 */
export function render(
  scores: Scores,
  trust: usize,
  best: usize,
  bestScores: usize,
  labels: usize,
  confidence: usize,
): void {
  findBest(scores, trust, best, bestScores);
  const stride = scores.width + 2;
  const size = 2 * scores.width;
  for (let y = 0; y < scores.height; y++) {
    const near = (y + 1) * stride;
    for (let half = 0; half < 2; half++) {
      const far = near + (half ? stride : -stride);
      const to = (2 * y + half) * size;
      spread(best + near + 1, scores.width, labels + to);
      mix(bestScores + 4 * (near + 1), bestScores + 4 * (far + 1), scores.width, confidence + to);
    }
    // Over-long writes of this row's end lie where the next row begins, and are overwritten by it.
  }
  for (let y = 0; y < scores.height; y++) edges(scores, trust, best + (y + 1) * stride + 1, y, labels, confidence);
}

function findBest(scores: Scores, trust: usize, best: usize, bestScores: usize): void {
  const width = scores.width;
  const height = scores.height;
  const stride = width + 2;
  const bytes = 4 * scores.lanes;
  let cell = scores.data;
  for (let y = 0, i = 0; y < height; y++) {
    const row = (y + 1) * stride;
    for (let x = 1; x <= width; x++, cell += bytes, i += 4) {
      store<u8>(best + row + x, likeliest(cell, bytes));
      store<f32>(bestScores + 4 * (row + x), trust ? topScore * load<f32>(trust + i) : topScore);
    }
    store<u8>(best + row, load<u8>(best + row + 1));
    store<u8>(best + row + width + 1, load<u8>(best + row + width));
    store<f32>(bestScores + 4 * row, load<f32>(bestScores + 4 * (row + 1)));
    store<f32>(bestScores + 4 * (row + width + 1), load<f32>(bestScores + 4 * (row + width)));
  }
  memory.copy(best, best + stride, stride);
  memory.copy(best + (height + 1) * stride, best + height * stride, stride);
  memory.copy(bestScores, bestScores + 4 * stride, 4 * stride);
  memory.copy(bestScores + 4 * (height + 1) * stride, bestScores + 4 * height * stride, 4 * stride);
}

/** Each label twice. */
function spread(from: usize, width: i32, to: usize): void {
  for (let x = 0; x < width; x += 8) {
    const v = v128.load64_zero(from + x);
    v128.store(to + 2 * x, i8x16.shuffle(v, v, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7));
  }
}

/** Confidence of the two pixels a cell of a mask row: nearer and farther cells 3 : 1 in both directions. */
function mix(near: usize, far: usize, width: i32, to: usize): void {
  for (let x = 0; x < width; x += 4) {
    const at = 4 * x;
    const before = mixedRows(near + at - 4, far + at - 4);
    const here = mixedRows(near + at, far + at);
    const after = mixedRows(near + at + 4, far + at + 4);
    const thrice = f32x4.mul(here, f32x4.splat(3));
    const lefts = grey(f32x4.add(thrice, before));
    const rights = grey(f32x4.add(thrice, after));
    const low = i32x4.shuffle(lefts, rights, 0, 4, 1, 5);
    const high = i32x4.shuffle(lefts, rights, 2, 6, 3, 7);
    const words = i16x8.narrow_i32x4_u(low, high);
    v128.store64_lane(to + 2 * x, i8x16.narrow_i16x8_u(words, words), 0);
  }
}

function mixedRows(near: usize, far: usize): v128 {
  return f32x4.add(f32x4.mul(v128.load(near), f32x4.splat(3)), v128.load(far));
}

function grey(sum: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(sum, f32x4.splat(LEVELS)), f32x4.splat(0.5)));
}

/** Mask pixels between cells of different classes, in the two mask rows of cell row `y`. @param best of the row's first cell */
function edges(scores: Scores, trust: usize, best: usize, y: i32, labels: usize, confidence: usize): void {
  const width = scores.width;
  const stride = width + 2;
  for (let first = 0; first < width; first += 16) {
    let mixed = ~differing(best + first, stride) & 0xffff;
    for (; mixed; mixed &= mixed - 1) {
      const x = first + ctz(mixed);
      if (x >= width) break;
      for (let quarter = 0; quarter < 4; quarter++) {
        const aside = quarter & 1 ? 1 : -1;
        const away = quarter & 2 ? 1 : -1;
        const cell = best + x;
        const label = load<u8>(cell);
        const far = cell + away * stride;
        if (load<u8>(cell + aside) === label && load<u8>(far) === label && load<u8>(far + aside) === label) continue;
        const i = y * width + x;
        const beside = min(max(x + aside, 0), width - 1) - x;
        const beyond = (min(max(y + away, 0), scores.height - 1) - y) * width;
        const pixel = (2 * y + (quarter >> 1)) * 2 * width + 2 * x + (quarter & 1);
        store<u8>(labels + pixel, likeliestOfMixture(scores, i, i + beside, i + beyond, i + beyond + beside));
        const trusted: f32 = trust ? load<f32>(trust + 4 * i) : 1;
        store<u8>(confidence + pixel, (topScore * trusted * LEVELS + 0.5) as i32);
      }
    }
  }
}

/** Of sixteen cells, the bits of those whose eight neighbours all have their class. */
function differing(at: usize, stride: i32): i32 {
  const here = v128.load(at);
  const above = at - stride;
  const below = at + stride;
  let same = v128.and(i8x16.eq(here, v128.load(at - 1)), i8x16.eq(here, v128.load(at + 1)));
  same = v128.and(same, i8x16.eq(here, v128.load(above)));
  same = v128.and(same, i8x16.eq(here, v128.load(below)));
  same = v128.and(same, v128.and(i8x16.eq(here, v128.load(above - 1)), i8x16.eq(here, v128.load(above + 1))));
  same = v128.and(same, v128.and(i8x16.eq(here, v128.load(below - 1)), i8x16.eq(here, v128.load(below + 1))));
  return i8x16.bitmask(same);
}

function likeliestOfMixture(scores: Scores, a: i32, b: i32, c: i32, d: i32): i32 {
  const bytes = 4 * scores.lanes;
  const nine = f32x4.splat(9);
  const three = f32x4.splat(3);
  for (let k = 0; k < bytes; k += 16) {
    const at = scores.data + k;
    const sides = f32x4.add(v128.load(at + b * bytes), v128.load(at + c * bytes));
    const own = f32x4.mul(v128.load(at + a * bytes), nine);
    v128.store(MIXED + k, f32x4.add(f32x4.add(own, f32x4.mul(sides, three)), v128.load(at + d * bytes)));
  }
  return likeliest(MIXED, bytes);
}
