import { promisify } from 'node:util';
import { deflateRaw, type ZlibOptions } from 'node:zlib';
import type { SegmentedFrame } from '../core/ports.js';
import { type Milliseconds, ms } from '../core/time.js';
import { encodeFrame } from './protocol.js';

const deflate = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw);

const DEFLATE: ZlibOptions = { level: 3, memLevel: 9 };

/** Viewers show confidence as a shade; 16 steps compress to a third of 256. */
export const CONFIDENCE_STEP = 17;
const QUANTISED = Uint8Array.from({ length: 256 }, (_, value) => Math.round(value / CONFIDENCE_STEP) * CONFIDENCE_STEP);

/**
 * In: a segmented frame with a picture. Out: its wire message. Always holds: the message is made at most once however many
 * viewers ask, and not at all when nobody does.
 */
export class PackedFrame {
  private message: Promise<Uint8Array> | undefined;

  constructor(
    readonly frame: SegmentedFrame,
    /** See `FrameMessage.revision`. */
    readonly revision: number,
    private readonly onPacked: (took: Milliseconds) => void,
  ) {}

  get number(): number {
    return this.frame.number;
  }

  bytes(): Promise<Uint8Array> {
    this.message ??= this.pack();
    return this.message;
  }

  private async pack(): Promise<Uint8Array> {
    const start = performance.now();
    const { mask, jpeg, geometry, number, capturedAt, pts } = this.frame;
    const message = encodeFrame({
      number,
      capturedAt,
      pts,
      discontinuity: this.frame.discontinuity,
      origin: mask.origin,
      age: mask.age,
      revision: this.revision,
      picture: geometry.picture,
      maskSize: mask.size,
      hasConfidence: true,
      jpeg: jpeg ?? new Uint8Array(0),
      mask: await deflate(maskPlanes(mask.labels, mask.confidence), DEFLATE),
    });
    this.onPacked(ms(performance.now() - start));
    return message;
  }
}

/** Labels, then confidence in steps of CONFIDENCE_STEP. */
function maskPlanes(labels: Uint8Array, confidence: Uint8Array): Uint8Array {
  const planes = new Uint8Array(labels.length + confidence.length);
  planes.set(labels);
  for (let i = 0; i < confidence.length; i++) planes[labels.length + i] = QUANTISED[confidence[i] as number] as number;
  return planes;
}
