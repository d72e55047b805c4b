import { describe, expect, it } from 'vitest';
import type { FrameMessage, MaskPlanes } from '../../../src/delivery/wire/protocol.js';
import { LastMask } from '../../../src/viewer/lib/last-mask.js';
import { doubtPixels, motionArrows, STRETCH } from '../../../src/viewer/lib/motion-arrows.js';

const SIZE = { width: 40, height: 20 };

describe('motion arrows', () => {
  const inspection = {
    columns: 3,
    rows: 2,
    motion: Int8Array.of(8, 0, 0, 1, 0, 0, 0, 0, 0, -4, 0, 0),
    trustSize: { width: 2, height: 1 },
    trust: Uint8Array.of(255, 0),
  };

  it('start in the middle of their block, the last one cut by the mask, and leave out what is no motion', () => {
    const arrows = motionArrows(inspection, SIZE, { width: 80, height: 40 });
    expect(arrows).toEqual([
      { x: 16, y: 16, dx: 2 * STRETCH * 2, dy: 0 },
      { x: 48, y: 36, dx: 0, dy: -1 * STRETCH * 2 },
    ]);
  });

  it('tint only what is not trusted', () => {
    expect([...doubtPixels(inspection)]).toEqual([255, 122, 20, 0, 255, 122, 20, 178]);
  });
});

describe('the held mask', () => {
  const frame = (number: number, age: number, more: Partial<FrameMessage> = {}) =>
    ({ number, age, revision: 1, maskSize: SIZE, ...more }) as FrameMessage;
  const planes = (value: number): MaskPlanes => ({ labels: Uint8Array.of(value), confidence: undefined });

  it('stays until a newer result comes, on time or late', () => {
    const held = new LastMask();
    const [first, late] = [planes(1), planes(4)];
    expect(held.next(frame(10, 0), first)).toBe(first);
    expect(held.next(frame(11, 1), planes(2))).toBe(first);
    expect(held.next(frame(12, 2), planes(3))).toBe(first);
    // The result of frame 11 came late: this mask was moved over two frames.
    expect(held.next(frame(13, 2), late)).toBe(late);
    expect(held.next(frame(14, 3), planes(5))).toBe(late);
  });

  it('is forgotten with another network, another size, and a server that starts anew', () => {
    const held = new LastMask();
    held.next(frame(10, 0), planes(1));
    const other = planes(2);
    expect(held.next(frame(11, 1, { revision: 2 }), other)).toBe(other);
    const larger = planes(3);
    const more = { revision: 2, maskSize: { width: 80, height: 40 } };
    expect(held.next(frame(12, 2, more), larger)).toBe(larger);
    const again = planes(4);
    expect(held.next(frame(0, 0, more), again)).toBe(again);
  });
});
