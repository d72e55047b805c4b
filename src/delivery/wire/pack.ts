import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import type { MaskInspection } from '../../core/mask.js';
import type { SegmentedFrame } from '../../core/ports.js';
import { type Milliseconds, ms } from '../../core/time.js';
import { encodeFrame, type PackedInspection } from './protocol.js';

/**
 * Run lengths and Huffman codes only: on masks smaller than level 3 and faster than level 1. On the calling thread: a
 * quarter of a millisecond, where zlib's threads take more CPU in all and queue behind other work (docs/decisions/delivery/0051).
 */
const DEFLATE: ZlibOptions = { strategy: constants.Z_RLE, level: 1, memLevel: 8 };

/** Viewers show confidence as a shade; 16 steps compress far better than 256. */
const CONFIDENCE_STEP = 17;
const QUANTISED = Uint8Array.from({ length: 256 }, (_, value) => Math.round(value / CONFIDENCE_STEP) * CONFIDENCE_STEP);

/**
 * In: a segmented frame. Out: its wire message, without or with the inspection. Always holds: each is made at most once however many
 * viewers ask, and not at all when nobody does.
 */
export class PackedFrame {
  private plain: Uint8Array | undefined;
  private inspected: Uint8Array | undefined;

  constructor(
    readonly frame: SegmentedFrame,
    /** See `FrameMessage.revision`. */
    readonly revision: number,
    private readonly onPacked: (took: Milliseconds) => void,
  ) {}

  get number(): number {
    return this.frame.number;
  }

  /** @param inspect with the inspection, where the frame has one */
  bytes({ inspect }: { readonly inspect: boolean }): Uint8Array {
    if (inspect && this.frame.mask.inspection) {
      this.inspected ??= this.pack(true);
      return this.inspected;
    }
    this.plain ??= this.pack(false);
    return this.plain;
  }

  private pack(inspect: boolean): Uint8Array {
    const start = performance.now();
    const message = packFrame(this.frame, this.revision, { inspect });
    this.onPacked(ms(performance.now() - start));
    return message;
  }
}

/** The wire message of a frame; one without a picture carries an empty JPEG. */
export function packFrame(frame: SegmentedFrame, revision: number, { inspect = false } = {}): Uint8Array {
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
    mask: deflateRawSync(planes(mask.labels, mask.confidence), DEFLATE),
    inspection: inspect && mask.inspection ? packInspection(mask.inspection) : undefined,
  });
}

function packInspection({ columns, rows, motion, trust }: MaskInspection): PackedInspection {
  const vectors = new Uint8Array(motion.buffer, motion.byteOffset, motion.length);
  return { columns, rows, data: deflateRawSync(planes(vectors, trust), DEFLATE) };
}

/** One plane as it is, then one that shades: in steps of CONFIDENCE_STEP. */
function planes(exact: Uint8Array, shade: Uint8Array): Uint8Array {
  const both = new Uint8Array(exact.length + shade.length);
  both.set(exact);
  for (let i = 0; i < shade.length; i++) both[exact.length + i] = QUANTISED[shade[i] as number] as number;
  return both;
}
