import { PAD, Plane } from './layout';
import { absoluteDifference, sumI32 } from './vector';

/**
 * Luma, (R + 2G + B) / 4, of the RGB24 picture at `rgb`, each output pixel the mean of 2 × 2 input pixels. `stride` is in pixels, of which
 * `width` × `height` count. An odd last column or row counts twice.
 */
export function halveRgb(rgb: usize, stride: i32, width: i32, height: i32, out: Plane): void {
  const whole = min(out.width, width >> 1);
  for (let y = 0; y < out.height; y++) {
    const top = rgb + 3 * (min(2 * y, height - 1) * stride);
    const bottom = rgb + 3 * (min(2 * y + 1, height - 1) * stride);
    const to = out.origin + y * out.stride;
    let x = 0;
    for (; x + 8 <= whole; x += 8) {
      const sum = i16x8.add(pairs8(top + 6 * x), pairs8(bottom + 6 * x));
      const mean = i16x8.shr_u(i16x8.add(sum, i16x8.splat(8)), 4);
      v128.store64_lane(to + x, i8x16.narrow_i16x8_u(mean, mean), 0);
    }
    for (; x < out.width; x++) {
      const left = 3 * min(2 * x, width - 1);
      const right = 3 * min(2 * x + 1, width - 1);
      const sum = weighted(top + left) + weighted(top + right) + weighted(bottom + left) + weighted(bottom + right);
      store<u8>(to + x, (sum + 8) >> 4);
    }
  }
}

/** R + 2G + B of 16 pixels, summed in pairs. */
function pairs8(at: usize): v128 {
  const v = v128.load(at);
  const w = v128.load(at, 16);
  const u = v128.load(at, 32);
  // Channel k of pixel i lies at byte 3i + k of the 48.
  const red = i8x16.shuffle(
    i8x16.shuffle(v, w, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0),
    u,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    17,
    20,
    23,
    26,
    29,
  );
  const green = i8x16.shuffle(
    i8x16.shuffle(v, w, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0),
    u,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    18,
    21,
    24,
    27,
    30,
  );
  const blue = i8x16.shuffle(
    i8x16.shuffle(v, w, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0),
    u,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    16,
    19,
    22,
    25,
    28,
    31,
  );
  const greens = i16x8.extadd_pairwise_i8x16_u(green);
  return i16x8.add(
    i16x8.add(i16x8.extadd_pairwise_i8x16_u(red), i16x8.extadd_pairwise_i8x16_u(blue)),
    i16x8.add(greens, greens),
  );
}

function weighted(at: usize): i32 {
  return (load<u8>(at) as i32) + 2 * (load<u8>(at, 1) as i32) + (load<u8>(at, 2) as i32);
}

/** Each pixel the mean of 2 × 2 of the finer plane. */
export function halve(fine: Plane, coarse: Plane): void {
  for (let y = 0; y < coarse.height; y++) {
    const from = fine.origin + 2 * y * fine.stride;
    const to = coarse.origin + y * coarse.stride;
    let x = 0;
    for (; x + 8 <= coarse.width; x += 8) {
      const upper = i16x8.extadd_pairwise_i8x16_u(v128.load(from + 2 * x));
      const lower = i16x8.extadd_pairwise_i8x16_u(v128.load(from + fine.stride + 2 * x));
      const mean = i16x8.shr_u(i16x8.add(i16x8.add(upper, lower), i16x8.splat(2)), 2);
      v128.store64_lane(to + x, i8x16.narrow_i16x8_u(mean, mean), 0);
    }
    for (; x < coarse.width; x++) {
      const at = from + 2 * x;
      const below = at + fine.stride;
      const sum =
        (load<u8>(at) as i32) + (load<u8>(at, 1) as i32) + (load<u8>(below) as i32) + (load<u8>(below, 1) as i32);
      store<u8>(to + x, (sum + 2) >> 2);
    }
  }
}

/** Writes the border: the nearest pixel inside. */
export function pad(plane: Plane): void {
  const width = plane.width;
  const height = plane.height;
  const stride = plane.stride;
  const origin = plane.origin;
  for (let y = 0; y < height; y++) {
    const row = origin + y * stride;
    memory.fill(row - PAD, load<u8>(row), PAD);
    memory.fill(row + width, load<u8>(row + width - 1), PAD);
  }
  const first = origin - PAD;
  const last = first + (height - 1) * stride;
  for (let y = 1; y <= PAD; y++) {
    memory.copy(first - y * stride, first, stride);
    memory.copy(last + y * stride, last, stride);
  }
}

/** Sum of absolute differences of two planes of the same size. */
export function difference(a: Plane, b: Plane): i32 {
  let sum = 0;
  for (let y = 0; y < a.height; y++) {
    const p = a.origin + y * a.stride;
    const q = b.origin + y * b.stride;
    let sums = i32x4.splat(0);
    let x = 0;
    for (; x + 16 <= a.width; x += 16) {
      const apart = absoluteDifference(v128.load(p + x), v128.load(q + x));
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(apart)));
    }
    sum += sumI32(sums);
    for (; x < a.width; x++) sum += abs((load<u8>(p + x) as i32) - (load<u8>(q + x) as i32));
  }
  return sum;
}
