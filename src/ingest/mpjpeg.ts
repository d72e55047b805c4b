import { MaskcastError } from '../core/errors.js';

/** A JPEG larger than this is no picture of ours (8K at the best quality stays below): the framing is broken. */
const MAX_JPEG_BYTES = 64 * 1024 * 1024;
const MAX_HEADER_BYTES = 4096;
const LINE_FEED = 0x0a;

/**
 * Cuts ffmpeg's `mpjpeg` muxer output into JPEGs.
 *
 * In: chunks of any size. Out: each part's body, whole, in memory of its own. Always holds: the bodies do not depend on where
 * the chunks were cut; a body has exactly the length that its Content-length says.
 */
export class MpjpegSplitter {
  private header = '';
  private body: Uint8Array | undefined;
  private filled = 0;
  private announced: number | undefined;

  /** The JPEGs that `chunk` completes. @throws MaskcastError FFMPEG_FAILED when the framing is broken */
  push(chunk: Uint8Array): Uint8Array[] {
    const complete: Uint8Array[] = [];
    let offset = 0;
    while (offset < chunk.length) {
      if (!this.body) {
        offset = this.readHeader(chunk, offset);
        continue;
      }
      const part = chunk.subarray(offset, offset + this.body.length - this.filled);
      this.body.set(part, this.filled);
      this.filled += part.length;
      offset += part.length;
      if (this.filled === this.body.length) {
        complete.push(this.body);
        this.body = undefined;
      }
    }
    return complete;
  }

  /** Consumes up to one line; the empty line after a Content-length opens the body. Returns the new offset. */
  private readHeader(chunk: Uint8Array, offset: number): number {
    const lineEnd = chunk.indexOf(LINE_FEED, offset);
    const end = lineEnd === -1 ? chunk.length : lineEnd + 1;
    this.header += Buffer.from(chunk.buffer, chunk.byteOffset + offset, end - offset).toString('latin1');
    if (this.header.length > MAX_HEADER_BYTES) throw broken(`a header line of more than ${MAX_HEADER_BYTES} bytes`);
    if (lineEnd === -1) return end;
    const line = this.header.trim();
    this.header = '';
    const length = /^content-length:\s*(\d+)$/i.exec(line);
    if (length) this.announced = Number(length[1]);
    if (line === '' && this.announced !== undefined) {
      if (this.announced < 1 || this.announced > MAX_JPEG_BYTES) throw broken(`a picture of ${this.announced} bytes`);
      // Memory of its own, not of Buffer's shared pool: a picture may be kept long after its neighbours are gone.
      this.body = Buffer.allocUnsafeSlow(this.announced);
      this.filled = 0;
      this.announced = undefined;
    }
    return end;
  }
}

function broken(what: string): MaskcastError {
  return new MaskcastError('FFMPEG_FAILED', `ffmpeg's picture output cannot be read: it announces ${what}`, {
    retryable: true,
  });
}
