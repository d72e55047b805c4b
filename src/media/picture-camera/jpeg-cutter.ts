/**
 * Cuts JPEGs out of whatever a camera wraps them in.
 *
 * In: bytes in chunks of any size: multipart with right, wrong or no boundaries and lengths, or pictures one after another. Out: each
 * picture, whole, the moment its last byte has come. Always holds: pictures don't depend on where the chunks were cut; a picture
 * within a picture (an EXIF thumbnail) is no picture of its own; no more than MAX_JPEG_BYTES are kept.
 *
 * It walks through the markers (ITU-T T.81, annex B) instead of trusting what stands around them: cameras get boundaries and lengths
 * wrong, but a picture that no browser can show is noticed by their makers.
 */

/** 8K at the best quality stays below. */
const MAX_JPEG_BYTES = 64 * 1024 * 1024;
const FIRST_CAPACITY = 256 * 1024;

const MARKER = 0xff;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;
const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7;
const START = Buffer.from([MARKER, SOI, MARKER]);

type Place = 'outside' | 'segments' | 'scan';

export class JpegCutter {
  private buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  private length = 0;
  /** Everything before it is understood. */
  private at = 0;
  private place: Place = 'outside';
  /** Bytes that belonged to no whole picture and were more than framing: damage. */
  broken = 0;

  /** The pictures that `chunk` completes, each in memory of its own. */
  push(chunk: Uint8Array): Buffer[] {
    this.append(chunk);
    const pictures: Buffer[] = [];
    for (let more = true; more; ) {
      const before = this.at;
      const wasAt = this.place;
      if (this.place === 'outside') this.findStart();
      else if (this.place === 'segments') this.walkSegment(pictures);
      else this.walkScan();
      more = this.at !== before || this.place !== wasAt;
    }
    if (this.length > MAX_JPEG_BYTES) this.giveUp(this.length);
    return pictures;
  }

  private append(chunk: Uint8Array): void {
    const needed = this.length + chunk.length;
    if (needed > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, this.length);
      this.buffer = grown;
    }
    this.buffer.set(chunk, this.length);
    this.length = needed;
  }

  private findStart(): void {
    const found = this.buffer.subarray(0, this.length).indexOf(START, this.at);
    // The last two bytes may be the beginning of a start.
    this.forget(found === -1 ? Math.max(this.at, this.length - START.length + 1) : found);
    if (found === -1) return;
    this.at = 2;
    this.place = 'segments';
  }

  private walkSegment(pictures: Buffer[]): void {
    const { buffer, length, at } = this;
    if (at + 1 >= length) return;
    const code = buffer[at + 1] as number;
    if (buffer[at] !== MARKER || code === SOI) {
      this.giveUp(at);
    } else if (code === MARKER) {
      this.at += 1; // fill byte
    } else if (code === EOI) {
      pictures.push(Buffer.from(buffer.subarray(0, at + 2)));
      this.forget(at + 2);
      this.place = 'outside';
    } else if (code === TEM || isRestart(code)) {
      this.at += 2;
    } else if (at + 4 <= length) {
      const size = buffer.readUInt16BE(at + 2);
      if (size < 2) this.giveUp(at + 2);
      else if (at + 2 + size <= length) {
        this.at += 2 + size;
        if (code === SOS) this.place = 'scan';
      }
    }
  }

  /** Compressed data: a 0xff in it is followed by 0x00 or is a restart; anything else ends it. */
  private walkScan(): void {
    const { buffer, length } = this;
    for (;;) {
      const found = buffer.subarray(0, length).indexOf(MARKER, this.at);
      if (found === -1) {
        this.at = length;
        return;
      }
      this.at = found;
      if (found + 1 >= length) return;
      const code = buffer[found + 1] as number;
      if (code === 0 || isRestart(code)) this.at = found + 2;
      else if (code === MARKER) this.at = found + 1;
      else {
        this.place = 'segments';
        return;
      }
    }
  }

  /** What came before `upTo` is no whole picture: looks for the next start behind it. */
  private giveUp(upTo: number): void {
    this.broken += upTo;
    this.forget(upTo);
    this.place = 'outside';
  }

  private forget(upTo: number): void {
    if (upTo > 0) {
      this.buffer.copyWithin(0, upTo, this.length);
      this.length -= upTo;
    }
    this.at = 0;
  }
}
