import { PAD, Plane } from './layout';

/** Sum of four i32. */
export function sumI32(v: v128): i32 {
  const half = i32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(half, 0) + i32x4.extract_lane(half, 1);
}

/** Sum of four f32, pairwise: (0 + 2) + (1 + 3). */
export function sumF32(v: v128): f32 {
  const half = f32x4.add(v, f32x4.shuffle(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(half, 0) + f32x4.extract_lane(half, 1);
}

/** Greatest of four f32. */
export function maxF32(v: v128): f32 {
  const half = f32x4.max(v, f32x4.shuffle(v, v, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(half, 0), f32x4.extract_lane(half, 1));
}

/** (0, 1, 2, 3) as f32. */
export function ramp(): v128 {
  return f32x4(0, 1, 2, 3);
}

/** Luma at four places, bilinear; outside the plane's border the nearest pixel inside it. */
export function sample4(plane: Plane, x: v128, y: v128): v128 {
  const low = f32x4.splat(-PAD as f32);
  const column = f32x4.min(f32x4.max(x, low), f32x4.splat((plane.width + PAD - 2) as f32));
  const row = f32x4.min(f32x4.max(y, low), f32x4.splat((plane.height + PAD - 2) as f32));
  const left = f32x4.floor(column);
  const top = f32x4.floor(row);
  const wx = f32x4.sub(column, left);
  const wy = f32x4.sub(row, top);
  const at = i32x4.add(
    i32x4.mul(i32x4.trunc_sat_f32x4_s(top), i32x4.splat(plane.stride)),
    i32x4.trunc_sat_f32x4_s(left),
  );
  const p0 = plane.origin + i32x4.extract_lane(at, 0);
  const p1 = plane.origin + i32x4.extract_lane(at, 1);
  const p2 = plane.origin + i32x4.extract_lane(at, 2);
  const p3 = plane.origin + i32x4.extract_lane(at, 3);
  const below = plane.stride;
  // Each 16-bit lane holds a pixel (low byte) and the one right of it; the lower row in lanes 4 to 7.
  let pairs = i16x8.splat(0);
  pairs = v128.load16_lane(p0, pairs, 0);
  pairs = v128.load16_lane(p1, pairs, 1);
  pairs = v128.load16_lane(p2, pairs, 2);
  pairs = v128.load16_lane(p3, pairs, 3);
  pairs = v128.load16_lane(p0 + below, pairs, 4);
  pairs = v128.load16_lane(p1 + below, pairs, 5);
  pairs = v128.load16_lane(p2 + below, pairs, 6);
  pairs = v128.load16_lane(p3 + below, pairs, 7);
  const lefts = v128.and(pairs, i16x8.splat(0xff));
  const rights = i16x8.shr_u(pairs, 8);
  const a = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(lefts));
  const b = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(rights));
  const c = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(lefts));
  const d = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(rights));
  const upper = f32x4.add(a, f32x4.mul(f32x4.sub(b, a), wx));
  const lower = f32x4.add(c, f32x4.mul(f32x4.sub(d, c), wx));
  return f32x4.add(upper, f32x4.mul(f32x4.sub(lower, upper), wy));
}

/** Of sixteen u8. */
export function absoluteDifference(a: v128, b: v128): v128 {
  return v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
}
