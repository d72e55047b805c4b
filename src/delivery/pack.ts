import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import type { SegmentedFrame } from '../core/ports.js';
import { type Milliseconds, ms } from '../core/time.js';
import { encodeFrame } from './protocol.js';

/**
 * Run lengths and Huffman codes only: on masks smaller than level 3 and faster than level 1. On the calling thread: a
 * quarter of a millisecond, where zlib's threads take more CPU in all and queue behind other work (docs/decisions/0051).
 */
const DEFLATE: ZlibOptions = { strategy: constants.Z_RLE, level: 1, memLevel: 8 };

/** Viewers show confidence as a shade; 16 steps compress far better than 256. */
export const CONFIDENCE_STEP = 17;
const QUANTISED = Uint8Array.from({ length: 256 }, (_, value) => Math.round(value / CONFIDENCE_STEP) * CONFIDENCE_STEP);

/**
 * In: a segmented frame. Out: its wire message. Always holds: the message is made at most once however many viewers ask, and
 * not at all when nobody does.
 */
export class PackedFrame {
  private message: Uint8Array | undefined;

  constructor(
    readonly frame: SegmentedFrame,
    /** See `FrameMessage.revision`. */
    readonly revision: number,
    private readonly onPacked: (took: Milliseconds) => void,
  ) {}

  get number(): number {
    return this.frame.number;
  }

  bytes(): Uint8Array {
    if (!this.message) {
      const start = performance.now();
      this.message = packFrame(this.frame, this.revision);
      this.onPacked(ms(performance.now() - start));
    }
    return this.message;
  }
}

/** The wire message of a frame; one without a picture carries an empty JPEG. */
export function packFrame(frame: SegmentedFrame, revision: number): Uint8Array {
  const { mask, jpeg, geometry, number, capturedAt, pts, discontinuity } = frame;
  return encodeFrame({
    number,
    capturedAt,
    pts,
    discontinuity,
    origin: mask.origin,
    age: mask.age,
    revision,
    picture: geometry.picture,
    maskSize: mask.size,
    hasConfidence: true,
    jpeg: jpeg ?? new Uint8Array(0),
    mask: deflateRawSync(maskPlanes(mask.labels, mask.confidence), DEFLATE),
  });
}

/** Labels, then confidence in steps of CONFIDENCE_STEP. */
function maskPlanes(labels: Uint8Array, confidence: Uint8Array): Uint8Array {
  const planes = new Uint8Array(labels.length + confidence.length);
  planes.set(labels);
  for (let i = 0; i < confidence.length; i++) planes[labels.length + i] = QUANTISED[confidence[i] as number] as number;
  return planes;
}
