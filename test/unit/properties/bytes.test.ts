import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../src/core/time.js';
import {
  decodeFrame,
  encodeFrame,
  type FrameMessage,
  INSPECTED_HEADER_BYTES,
  ProtocolError,
  parseClientMessage,
} from '../../../src/delivery/wire/protocol.js';
import { MpjpegSplitter } from '../../../src/ingest/mpjpeg.js';
import { LineSplitter } from '../../../src/media/lines.js';
import { JpegCutter } from '../../../src/media/picture-camera/jpeg-cutter.js';

/** Bytes from outside: whatever they are, a reader takes them or refuses them in its own words, and chunks make no difference. */

const bytes = (most: number) => fc.uint8Array({ maxLength: most });

/** `whole` in pieces of random length. */
const pieces = (whole: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => whole.subarray(from, places[index] ?? whole.length));
};
const cutting = fc.array(fc.nat(), { maxLength: 20 });

const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const frame: fc.Arbitrary<FrameMessage> = fc.record({
  number: fc.maxSafeNat(),
  capturedAt: fc.maxSafeNat().map(epochMs),
  pts: fc.record({ ticks: fc.maxSafeInteger(), timeBase: fc.record({ num: uint32, den: uint32 }) }),
  discontinuity: fc.boolean(),
  origin: fc.constantFrom('unknown', 'inferred', 'propagated'),
  age: uint32,
  revision: uint32,
  picture: fc.record({ width: uint16, height: uint16 }),
  maskSize: fc.record({ width: uint16, height: uint16 }),
  hasConfidence: fc.boolean(),
  jpeg: bytes(200),
  mask: bytes(200),
  inspection: fc.option(fc.record({ columns: uint16, rows: uint16, data: bytes(100) }), { nil: undefined }),
});

describe('a frame message', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(frame, (message) => {
        expect(decodeFrame(encodeFrame(message))).toEqual(message);
      }),
    );
  });

  it('may have a longer header: what a later version adds is skipped', () => {
    fc.assert(
      fc.property(frame, bytes(50), (message, added) => {
        const old = encodeFrame({ ...message, inspection: { columns: 1, rows: 1, data: new Uint8Array(2) } });
        const grown = new Uint8Array(old.length + added.length);
        grown.set(old.subarray(0, INSPECTED_HEADER_BYTES));
        grown.set(added, INSPECTED_HEADER_BYTES);
        grown.set(old.subarray(INSPECTED_HEADER_BYTES), INSPECTED_HEADER_BYTES + added.length);
        new DataView(grown.buffer).setUint32(4, INSPECTED_HEADER_BYTES + added.length, true);
        expect(decodeFrame(grown).jpeg).toEqual(message.jpeg);
        expect(decodeFrame(grown).mask).toEqual(message.mask);
      }),
    );
  });

  it('that is cut, or of which a byte is another, is read or refused, never more', () => {
    fc.assert(
      fc.property(frame, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 255 }), (message, length, at, value) => {
        const whole = encodeFrame(message);
        const cut = whole.slice(0, length % (whole.length + 1));
        if (cut.length > 0) cut[at % cut.length] = value;
        try {
          const read = decodeFrame(cut);
          expect(read.jpeg.length + read.mask.length).toBeLessThanOrEqual(cut.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe("a client's message", () => {
  it('of any text is one of the protocol, or refused', () => {
    const json = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ type: fc.constantFrom('ack', 'inspect'), frame: fc.anything() })
        .map((value) => JSON.stringify(value) ?? ''),
    );
    fc.assert(
      fc.property(json, (text) => {
        try {
          expect(['ack', 'pause', 'resume', 'inspect']).toContain(parseClientMessage(text).type);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('pictures in a row', () => {
  const body = fc.uint8Array({ minLength: 1, maxLength: 300 });

  it("of ffmpeg's muxer are the same however they are cut", () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 5 }), cutting, (bodies, cuts) => {
        const parts = bodies.flatMap((jpeg) => [
          Buffer.from(`--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: ${jpeg.length}\r\n\r\n`),
          jpeg,
          Buffer.from('\r\n'),
        ]);
        const splitter = new MpjpegSplitter();
        const out = pieces(Buffer.concat(parts), cuts).flatMap((piece) => splitter.push(piece));
        expect(out.map((jpeg) => [...jpeg])).toEqual(bodies.map((jpeg) => [...jpeg]));
      }),
    );
  });

  /** A picture by its markers: two segments, a scan without stray markers. */
  const jpeg = fc
    .tuple(body, fc.uint8Array({ maxLength: 200, max: 0xfe }))
    .map(([segment, scan]) =>
      Buffer.concat([
        Buffer.from([0xff, 0xd8, 0xff, 0xe1, (segment.length + 2) >> 8, (segment.length + 2) & 0xff]),
        segment,
        Buffer.from([0xff, 0xda, 0, 2]),
        scan,
        Buffer.from([0xff, 0xd9]),
      ]),
    );
  const framing = fc.constantFrom('', '\r\n', '--wrong\r\nContent-Length: 7\r\n\r\n', 'Content-Type: image/jpeg\n\n');

  it('of a camera are the same whatever stands around them and however they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(framing, jpeg), { maxLength: 4 }), cutting, (sent, cuts) => {
        const whole = Buffer.concat(sent.flatMap(([between, picture]) => [Buffer.from(between), picture]));
        const cutter = new JpegCutter();
        const out = pieces(whole, cuts).flatMap((piece) => cutter.push(piece));
        expect(out.map((picture) => picture.toString('hex'))).toEqual(
          sent.map(([, picture]) => picture.toString('hex')),
        );
      }),
    );
  });

  it('of anything at all end no reader', () => {
    fc.assert(
      fc.property(bytes(500), cutting, (noise, cuts) => {
        const cutter = new JpegCutter();
        for (const piece of pieces(noise, cuts)) cutter.push(piece);
      }),
    );
  });
});

describe('lines', () => {
  it('are the same however their bytes are cut, in any script', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 30 })), cutting, (texts, cuts) => {
        const lines = texts.map((text) => text.replaceAll(/[\r\n\ufeff]/g, '')).filter((text) => text !== '');
        const splitter = new LineSplitter();
        const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        expect(pieces(whole, cuts).flatMap((piece) => splitter.push(piece))).toEqual(lines);
      }),
    );
  });
});
