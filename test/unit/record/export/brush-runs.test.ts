import { describe, expect, it } from 'vitest';
import { brushRuns } from '../../../../src/record/export/brush-runs.js';
import { blottedMask } from '../../../support/media/masks.js';

/** The way that label-studio-sdk's `decode_rle` goes: bits of the head, then runs of RGBA bytes. */
function decoded(bytes: readonly number[]): number[] {
  let at = 0;
  const bits = (count: number) => {
    let value = 0;
    for (let left = count; left > 0; left--, at++) {
      value = value * 2 + (((bytes[at >> 3] as number) >> (7 - (at & 7))) & 1);
    }
    return value;
  };
  const length = bits(32);
  const word = bits(5) + 1;
  const sizes = [bits(4) + 1, bits(4) + 1, bits(4) + 1, bits(4) + 1];
  const out: number[] = [];
  while (out.length < length) {
    const repeats = bits(1) === 1;
    const count = bits(sizes[bits(2)] as number) + 1;
    if (repeats) out.push(...Array<number>(count).fill(bits(word)));
    else for (let index = 0; index < count; index++) out.push(bits(word));
  }
  expect(out).toHaveLength(length);
  expect(bytes.length - Math.ceil(at / 8)).toBe(0);
  return out;
}

const encode = (mask: readonly boolean[]) => brushRuns((index) => mask[index] === true, mask.length);

describe('brush runs', () => {
  it('are this for one painted pixel', () => {
    // 00000000 00000000 00000000 00000100 | 00111 | 0010 0011 0111 1111 | 1 00 011 11111111, filled up with zeros
    expect(encode([true])).toEqual([0, 0, 0, 4, 0b00111001, 0b00011011, 0b11111100, 0b01111111, 0b11100000]);
  });

  it('come back as four equal bytes a pixel', () => {
    const mask = [true, false, false, true, true, true, false];
    expect(decoded(encode(mask))).toEqual(mask.flatMap((on) => Array<number>(4).fill(on ? 255 : 0)));
  });

  it.each([1, 2, 3, 4, 63, 64, 65, 16_383, 16_384, 16_385, 40_000])('hold a run of %i pixels', (length) => {
    const mask = [false, ...Array<boolean>(length).fill(true), false];
    const bytes = decoded(encode(mask));
    expect(bytes.filter((_, index) => index % 4 === 3)).toEqual(mask.map((on) => (on ? 255 : 0)));
  });

  it('hold ragged masks', () => {
    const { labels } = blottedMask({ width: 90, height: 60 }, 3, 5);
    const bytes = decoded(brushRuns((index) => labels[index] === 1, labels.length));
    expect(bytes.filter((_, index) => index % 4 === 0)).toEqual([...labels].map((label) => (label === 1 ? 255 : 0)));
  });
});
