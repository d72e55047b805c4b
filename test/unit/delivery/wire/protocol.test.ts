import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../src/core/time.js';
import {
  decodeFrame,
  encodeFrame,
  FRAME_HEADER_BYTES,
  type FrameMessage,
  ProtocolError,
  parseClientMessage,
  readInspection,
  readMask,
} from '../../../../src/delivery/wire/protocol.js';

const MESSAGE: FrameMessage = {
  number: 2 ** 40 + 3,
  capturedAt: epochMs(1_700_000_000_123.5),
  pts: { ticks: -1800, timeBase: { num: 1, den: 90_000 } },
  discontinuity: true,
  origin: 'propagated',
  age: 4,
  revision: 9,
  picture: { width: 1280, height: 720 },
  maskSize: { width: 4, height: 2 },
  hasConfidence: true,
  jpeg: Uint8Array.of(0xff, 0xd8, 1, 2, 3, 0xff, 0xd9),
  mask: deflateRawSync(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 255, 238, 221, 204, 187, 170, 153, 136)),
  inspection: undefined,
};

/** One block of 16 × 16 covers the whole mask; trust is of half its size. */
const INSPECTED: FrameMessage = {
  ...MESSAGE,
  inspection: { columns: 1, rows: 1, data: deflateRawSync(Uint8Array.of(-6, 9, 255, 34)) },
};

function changed(change: (view: DataView) => void): Uint8Array {
  const bytes = encodeFrame(MESSAGE);
  change(new DataView(bytes.buffer));
  return bytes;
}

describe('a frame message', () => {
  it('comes back as it went in', () => {
    const decoded = decodeFrame(encodeFrame(MESSAGE));
    expect({ ...decoded, mask: Buffer.from(decoded.mask) }).toEqual({ ...MESSAGE, mask: Buffer.from(MESSAGE.mask) });
  });

  it('carries how its mask came about, for those who asked', async () => {
    expect(await readInspection(decodeFrame(encodeFrame(MESSAGE)))).toBeUndefined();
    const decoded = decodeFrame(encodeFrame(INSPECTED));
    expect(await readInspection(decoded)).toEqual({
      columns: 1,
      rows: 1,
      motion: Int8Array.of(-6, 9),
      trustSize: { width: 2, height: 1 },
      trust: Uint8Array.of(255, 34),
    });
    expect((await readMask(decoded)).labels).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    const wrong = { ...decoded, maskSize: { width: 8, height: 8 } };
    await expect(readInspection(wrong)).rejects.toThrow('the inspection must inflate to 18 bytes; received 4');
    const cut = encodeFrame(INSPECTED).subarray(0, -1);
    expect(() => decodeFrame(cut)).toThrow('must fill the message');
  });

  it('is read from the middle of a larger buffer', () => {
    const bytes = encodeFrame(MESSAGE);
    const padded = new Uint8Array(bytes.length + 20);
    padded.set(bytes, 13);
    expect(decodeFrame(padded.subarray(13, 13 + bytes.length)).number).toBe(MESSAGE.number);
  });

  it('may grow its header without breaking older readers', () => {
    const bytes = encodeFrame(MESSAGE);
    const longer = new Uint8Array(bytes.length + 8);
    longer.set(bytes.subarray(0, FRAME_HEADER_BYTES));
    longer.set(bytes.subarray(FRAME_HEADER_BYTES), FRAME_HEADER_BYTES + 8);
    new DataView(longer.buffer).setUint32(4, FRAME_HEADER_BYTES + 8, true);
    expect(decodeFrame(longer).jpeg).toEqual(MESSAGE.jpeg);
  });

  it.each([
    ['shorter than a header', new Uint8Array(63), '64 bytes; received 63'],
    ['of another type', changed((view) => view.setUint8(0, 2)), 'type must be 1; received 2'],
    ['of another version', changed((view) => view.setUint8(1, 7)), 'version must be 1; received 7'],
    ['of an unknown mask origin', changed((view) => view.setUint16(2, 0b1100, true)), 'origin must be 0, 1 or 2'],
    ['whose JPEG is longer than the message', changed((view) => view.setUint32(52, 4_000_000_000, true)), 'must fill'],
    ['cut off', encodeFrame(MESSAGE).subarray(0, 80), 'must fill the message; it has 80 bytes'],
  ])('is refused when %s', (_name, bytes, text) => {
    expect(() => decodeFrame(bytes)).toThrow(ProtocolError);
    expect(() => decodeFrame(bytes)).toThrow(text);
  });
});

describe('a mask', () => {
  it('inflates to labels and confidence', async () => {
    const { labels, confidence } = await readMask(MESSAGE);
    expect([...labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(confidence?.[7]).toBe(136);
  });

  it('has no confidence where the message carries none', async () => {
    const mask = deflateRawSync(Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2));
    expect((await readMask({ ...MESSAGE, hasConfidence: false, mask })).confidence).toBeUndefined();
  });

  it.each([
    ['is no DEFLATE data', Uint8Array.of(255, 255, 255, 255), 'not raw DEFLATE'],
    ['is a bomb', deflateRawSync(new Uint8Array(50_000_000)), 'inflate to 16 bytes; it has more'],
    ['is too short', deflateRawSync(new Uint8Array(15)), 'inflate to 16 bytes; received 15'],
  ])('is refused when it %s', async (_name, mask, text) => {
    await expect(readMask({ ...MESSAGE, mask })).rejects.toThrow(text);
  });
});

describe('a client message', () => {
  it.each([
    ['{"type":"ack","frame":12}', { type: 'ack', frame: 12 }],
    ['{"type":"pause","extra":1}', { type: 'pause' }],
    ['{"type":"resume"}', { type: 'resume' }],
  ])('%s is understood', (text, message) => {
    expect(parseClientMessage(text)).toEqual(message);
  });

  it.each([
    '',
    'hello',
    'null',
    '7',
    '[]',
    '{}',
    '{"type":"ack"}',
    '{"type":"ack","frame":-1}',
    '{"type":"ack","frame":1.5}',
  ])('%j is refused', (text) => {
    expect(() => parseClientMessage(text)).toThrow(ProtocolError);
  });

  it('is quoted only in part when it is refused', () => {
    const text = JSON.stringify({ type: 'x'.repeat(900) });
    expect(() => parseClientMessage(text)).toThrow(/^.{1,120}$/);
  });
});
