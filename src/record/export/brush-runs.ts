/**
 * Label Studio's brush format: run lengths of RGBA bytes, packed bit by bit (label-studio-sdk, `brush.encode_rle`): number of bytes (32
 * bits), word size − 1 (5), four length sizes − 1 (4 each); then, for each run, 1 if it repeats, which of the four sizes, its length − 1, and
 * the byte.
 */

const WORD_BITS = 8;
const LENGTH_BITS = [3, 4, 8, 16] as const;
const CHANNELS = 4;

/** @param mask row-major pixels; true where the brush is */
export function brushRuns(mask: (index: number) => boolean, pixels: number): number[] {
  const bits = new BitWriter();
  bits.write(pixels * CHANNELS, 32);
  bits.write(WORD_BITS - 1, 5);
  for (const size of LENGTH_BITS) bits.write(size - 1, 4);
  for (let begin = 0; begin < pixels; ) {
    const on = mask(begin);
    let end = begin + 1;
    while (end < pixels && mask(end) === on) end += 1;
    for (let left = (end - begin) * CHANNELS; left > 0; ) {
      const index = LENGTH_BITS.findIndex((size) => left <= 2 ** size);
      const which = index === -1 ? LENGTH_BITS.length - 1 : index;
      const size = LENGTH_BITS[which] as number;
      const length = Math.min(left, 2 ** size);
      bits.write(1, 1);
      bits.write(which, 2);
      bits.write(length - 1, size);
      bits.write(on ? 255 : 0, WORD_BITS);
      left -= length;
    }
    begin = end;
  }
  return bits.finish();
}

class BitWriter {
  private readonly bytes: number[] = [];
  private current = 0;
  private filled = 0;

  /** The lowest `count` bits of `value`, highest first; up to 32. */
  write(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.current = (this.current << 1) | ((value >>> bit) & 1);
      this.filled += 1;
      if (this.filled < 8) continue;
      this.bytes.push(this.current);
      this.current = 0;
      this.filled = 0;
    }
  }

  finish(): number[] {
    while (this.filled > 0) this.write(0, 1);
    return this.bytes;
  }
}
