import { Scores } from './layout';

/** Cells in each direction in which a speck's cells are counted, and how many it has at most. */
const REACH: i32 = 2;
const MOST: i32 = 4;
/** A speck that leads by this much more than it was behind before is no chance. */
const CLEARLY: f32 = 3;
/** How far past a tie a held cell is drawn. */
const PAST: f32 = 0.01;

/** Draws new specks in `blended` back towards `moved`: see `../specks.ts`. @param before of `moved` @param after of `blended` */
export function holdSpecks(blended: Scores, moved: Scores, before: usize, after: usize): void {
  const cellBytes = 4 * blended.lanes;
  for (let y = 0, cell = 0; y < blended.height; y++) {
    for (let x = 0; x < blended.width; x++, cell++) {
      const label = load<u8>(after + cell);
      const old = load<u8>(before + cell);
      if (label === old || !isSpeck(label, x, y, blended.width, blended.height, before, after)) continue;
      const at = blended.data + cell * cellBytes;
      const from = moved.data + cell * cellBytes;
      const lead = load<f32>(at + 4 * label) - load<f32>(at + 4 * old);
      const behind = load<f32>(from + 4 * old) - load<f32>(from + 4 * label);
      if (lead >= CLEARLY * behind) continue;
      const part = f32x4.splat(lead / (lead + behind) + PAST);
      for (let c = 0; c < cellBytes; c += 16) {
        const own = v128.load(at + c);
        v128.store(at + c, f32x4.add(own, f32x4.mul(part, f32x4.sub(v128.load(from + c), own))));
      }
    }
  }
}

/** Whether few cells around have the label now, and none beside had it before. */
function isSpeck(label: u8, x: i32, y: i32, width: i32, height: i32, before: usize, after: usize): bool {
  const bottom = min(height - 1, y + REACH);
  const right = min(width - 1, x + REACH);
  let cells = 0;
  for (let v = max(0, y - REACH); v <= bottom; v++) {
    for (let u = max(0, x - REACH); u <= right; u++) {
      const neighbour = v * width + u;
      if (load<u8>(after + neighbour) === label && ++cells > MOST) return false;
      if (abs(u - x) <= 1 && abs(v - y) <= 1 && load<u8>(before + neighbour) === label) return false;
    }
  }
  return true;
}
