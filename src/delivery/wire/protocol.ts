import type { ClassSettings } from '../../core/class-settings.js';
import type { ErrorRecord } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { MaskOrigin } from '../../core/mask.js';
import type { ClassInfo } from '../../core/model.js';
import type { StreamStatistics, StreamStatus } from '../../core/stream.js';
import { type EpochMilliseconds, epochMs, type Timestamp } from '../../core/time.js';

/**
 * The wire format between server and viewers, used by the server, the page and the client library alike; free of Node and
 * DOM imports. `docs/protocol.md` describes it for other languages. All integers are little-endian.
 */

export const PROTOCOL_VERSION = 1;
/** The path of one stream's socket is this plus its id. */
export const SOCKET_PATH = '/ws/v1/streams/';
/**
 * A client may offer its token as a second WebSocket subprotocol, `maskcast.token.` + base64url of the token's UTF-8 bytes
 * without padding, to keep it out of the URL. The server always answers with SUBPROTOCOL.
 */
export const TOKEN_SUBPROTOCOL_PREFIX = 'maskcast.token.';
/** What a client offers in the handshake, and the server answers. */
export const SUBPROTOCOL = 'maskcast.v1';

/** Type of a binary message that is a frame. */
const FRAME_MESSAGE = 1;
/** Least length of a frame's header. */
export const FRAME_HEADER_BYTES = 64;
/** Of a frame that carries an inspection. */
export const INSPECTED_HEADER_BYTES = 72;

const FLAG_DISCONTINUITY = 1 << 0;
const FLAG_CONFIDENCE = 1 << 1;
const ORIGIN_SHIFT = 2;
const FLAG_INSPECTION = 1 << 4;
const ORIGINS: readonly MaskOrigin[] = ['unknown', 'inferred', 'propagated'];

/** One frame as it travels: picture and mask of the same frame number in one message. */
export interface FrameMessage {
  readonly number: number;
  readonly capturedAt: EpochMilliseconds;
  readonly pts: Timestamp;
  readonly discontinuity: boolean;
  readonly origin: MaskOrigin;
  /** Frames since the network last saw the stream; 0 when it ran on this frame. */
  readonly age: number;
  /** Grows by one when the stream's model, classes or palette change: a `hello` of the same revision came before. */
  readonly revision: number;
  readonly picture: Size;
  readonly maskSize: Size;
  /** Whether a confidence plane follows the labels in `mask`. */
  readonly hasConfidence: boolean;
  readonly jpeg: Uint8Array;
  /** Raw DEFLATE (RFC 1951) of the label plane, then, where `hasConfidence`, the confidence plane; see `readMask`. */
  readonly mask: Uint8Array;
  /** Only for a client that has sent `inspect`, and only where the server has one. */
  readonly inspection: PackedInspection | undefined;
}

/** How a mask came about, as it travels; see `readInspection`. */
export interface PackedInspection {
  /** Motion vectors across and down. */
  readonly columns: number;
  readonly rows: number;
  /** Raw DEFLATE of the motion vectors, then the trust plane. */
  readonly data: Uint8Array;
}

/** One message of FRAME_HEADER_BYTES + jpeg + mask bytes. */
export function encodeFrame(frame: FrameMessage): Uint8Array<ArrayBuffer> {
  const { inspection } = frame;
  const headerBytes = inspection ? INSPECTED_HEADER_BYTES : FRAME_HEADER_BYTES;
  const inspectionBytes = inspection?.data.length ?? 0;
  const bytes = new Uint8Array(headerBytes + frame.jpeg.length + frame.mask.length + inspectionBytes);
  const view = new DataView(bytes.buffer);
  const flags =
    (frame.discontinuity ? FLAG_DISCONTINUITY : 0) |
    (frame.hasConfidence ? FLAG_CONFIDENCE : 0) |
    (inspection ? FLAG_INSPECTION : 0) |
    (ORIGINS.indexOf(frame.origin) << ORIGIN_SHIFT);
  view.setUint8(0, FRAME_MESSAGE);
  view.setUint8(1, PROTOCOL_VERSION);
  view.setUint16(2, flags, true);
  view.setUint32(4, headerBytes, true);
  view.setBigUint64(8, BigInt(frame.number), true);
  view.setFloat64(16, frame.capturedAt, true);
  view.setBigInt64(24, BigInt(frame.pts.ticks), true);
  view.setUint32(32, frame.pts.timeBase.num, true);
  view.setUint32(36, frame.pts.timeBase.den, true);
  view.setUint16(40, frame.picture.width, true);
  view.setUint16(42, frame.picture.height, true);
  view.setUint16(44, frame.maskSize.width, true);
  view.setUint16(46, frame.maskSize.height, true);
  view.setUint32(48, frame.age, true);
  view.setUint32(52, frame.jpeg.length, true);
  view.setUint32(56, frame.mask.length, true);
  view.setUint32(60, frame.revision, true);
  bytes.set(frame.jpeg, headerBytes);
  bytes.set(frame.mask, headerBytes + frame.jpeg.length);
  if (inspection) {
    view.setUint16(64, inspection.columns, true);
    view.setUint16(66, inspection.rows, true);
    view.setUint32(68, inspectionBytes, true);
    bytes.set(inspection.data, headerBytes + frame.jpeg.length + frame.mask.length);
  }
  return bytes;
}

/** Thrown by `decodeFrame` on bytes that are no frame message of this protocol version. */
export class ProtocolError extends Error {
  /** Always "ProtocolError". */
  override readonly name = 'ProtocolError';
}

/** Views into `bytes`, no copies. @throws ProtocolError with what was received and what is allowed */
export function decodeFrame(bytes: Uint8Array): FrameMessage {
  if (bytes.length < FRAME_HEADER_BYTES) {
    throw new ProtocolError(`a frame message has at least ${FRAME_HEADER_BYTES} bytes; received ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint8(0);
  const version = view.getUint8(1);
  if (type !== FRAME_MESSAGE) throw new ProtocolError(`message type must be ${FRAME_MESSAGE}; received ${type}`);
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError(`protocol version must be ${PROTOCOL_VERSION}; received ${version}`);
  }
  const headerBytes = view.getUint32(4, true);
  const jpegBytes = view.getUint32(52, true);
  const maskBytes = view.getUint32(56, true);
  const flags = view.getUint16(2, true);
  const inspected = (flags & FLAG_INSPECTION) !== 0;
  const leastHeader = inspected ? INSPECTED_HEADER_BYTES : FRAME_HEADER_BYTES;
  const inspectionBytes = inspected && bytes.length >= leastHeader ? view.getUint32(68, true) : 0;
  const maskEnd = headerBytes + jpegBytes + maskBytes;
  if (headerBytes < leastHeader || maskEnd + inspectionBytes !== bytes.length) {
    throw new ProtocolError(
      `header (${headerBytes}), JPEG (${jpegBytes}), mask (${maskBytes}) and inspection (${inspectionBytes}) must fill the message; it has ${bytes.length} bytes`,
    );
  }
  const origin = ORIGINS[(flags >> ORIGIN_SHIFT) & 0b11];
  if (!origin) throw new ProtocolError(`mask origin must be 0, 1 or 2; received ${(flags >> ORIGIN_SHIFT) & 0b11}`);
  return {
    number: Number(view.getBigUint64(8, true)),
    capturedAt: epochMs(view.getFloat64(16, true)),
    pts: {
      ticks: Number(view.getBigInt64(24, true)),
      timeBase: { num: view.getUint32(32, true), den: view.getUint32(36, true) },
    },
    discontinuity: (flags & FLAG_DISCONTINUITY) !== 0,
    origin,
    age: view.getUint32(48, true),
    revision: view.getUint32(60, true),
    picture: { width: view.getUint16(40, true), height: view.getUint16(42, true) },
    maskSize: { width: view.getUint16(44, true), height: view.getUint16(46, true) },
    hasConfidence: (flags & FLAG_CONFIDENCE) !== 0,
    jpeg: bytes.subarray(headerBytes, headerBytes + jpegBytes),
    mask: bytes.subarray(headerBytes + jpegBytes, maskEnd),
    inspection: inspected
      ? { columns: view.getUint16(64, true), rows: view.getUint16(66, true), data: bytes.subarray(maskEnd) }
      : undefined,
  };
}

/** The planes of a decoded mask, row-major, one byte a pixel. */
export interface MaskPlanes {
  readonly labels: Uint8Array;
  /** Probability of the label in 1/255, in steps of 17. Absent when the server sends none. */
  readonly confidence: Uint8Array | undefined;
}

/**
 * Inflates the mask of a frame message. Works in browsers and Node alike; never inflates beyond what the header announces.
 * @throws ProtocolError when the planes do not have the announced size
 */
export async function readMask(frame: FrameMessage): Promise<MaskPlanes> {
  const pixels = frame.maskSize.width * frame.maskSize.height;
  const planes = await inflate(frame.mask, frame.hasConfidence ? pixels * 2 : pixels, 'mask');
  return { labels: planes.subarray(0, pixels), confidence: frame.hasConfidence ? planes.subarray(pixels) : undefined };
}

/** How a mask came about: what the motion was, and how far moved scores are trusted. For a debugging view. */
export interface InspectionPlanes {
  /** Blocks of 16 × 16 mask pixels; the last of a row or column may reach past the mask. */
  readonly columns: number;
  readonly rows: number;
  /** Where each block's content went since the frame before: right and down, in quarters of a mask pixel, row-major. */
  readonly motion: Int8Array;
  /** Of half the mask's size. */
  readonly trustSize: Size;
  /** 0–255, row-major, in steps of 17: 255 throughout where the network saw this very frame, 0 where nothing is known. */
  readonly trust: Uint8Array;
}

/** Undefined where the frame carries none. @throws ProtocolError when it does not have the announced size */
export async function readInspection(frame: FrameMessage): Promise<InspectionPlanes | undefined> {
  if (!frame.inspection) return undefined;
  const { columns, rows, data } = frame.inspection;
  const trustSize = { width: frame.maskSize.width >> 1, height: frame.maskSize.height >> 1 };
  const vectors = 2 * columns * rows;
  const planes = await inflate(data, vectors + trustSize.width * trustSize.height, 'inspection');
  const motion = new Int8Array(planes.buffer, planes.byteOffset, vectors);
  return { columns, rows, motion, trustSize, trust: planes.subarray(vectors) };
}

/** @param what the data is, for an error */
async function inflate(data: Uint8Array, expected: number, what: string): Promise<Uint8Array> {
  const planes = new Uint8Array(expected);
  const inflater = new DecompressionStream('deflate-raw');
  const writer = inflater.writable.getWriter();
  const written = writer.write(data as Uint8Array<ArrayBuffer>).then(() => writer.close());
  written.catch(() => {}); // the reader below reports the same failure
  const reader = inflater.readable.getReader();
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new ProtocolError(`the ${what} is not raw DEFLATE data`, { cause });
    });
    if (done) break;
    if (filled + value.length > expected) {
      await reader.cancel();
      throw new ProtocolError(`the ${what} must inflate to ${expected} bytes; it has more`);
    }
    planes.set(value, filled);
    filled += value.length;
  }
  if (filled !== expected) throw new ProtocolError(`the ${what} must inflate to ${expected} bytes; received ${filled}`);
  return planes;
}

/** What a stream is; always the first message, and again whenever its content changes. */
export interface HelloMessage {
  readonly type: 'hello';
  readonly protocol: number;
  readonly revision: number;
  readonly stream: { readonly id: string; readonly name: string };
  readonly model: { readonly name: string; readonly licence: string; readonly classes: readonly ClassInfo[] };
  readonly settings: {
    readonly policy: string;
    readonly smoothing: boolean;
    readonly onDemand: boolean;
    readonly classes: ClassSettings;
  };
  /** Whether this client's token may change settings. */
  readonly mayControl: boolean;
}

/** Follows `hello`, and comes again whenever the stream's state changes. */
export interface StateMessage {
  readonly type: 'state';
  readonly status: StreamStatus;
  /** Server's wall clock, to tell a client's clock offset. */
  readonly now: EpochMilliseconds;
}

/** Once a second, as long as the viewer answers pings: its absence over several seconds means a dead connection. */
export interface StatisticsMessage {
  readonly type: 'statistics';
  readonly statistics: StreamStatistics;
  /** Frames that this very viewer did not get because it was slow. */
  readonly viewerDrops: number;
  readonly now: EpochMilliseconds;
}

/** Why the server is about to close the connection. */
export interface ErrorMessage {
  readonly type: 'error';
  readonly error: ErrorRecord;
}

/** What the server says in JSON text messages. A client ignores types and fields that it does not know. */
export type ServerMessage = HelloMessage | StateMessage | StatisticsMessage | ErrorMessage;

/** What a client says in JSON text messages; at most CLIENT_MESSAGE_BYTES each. */
export type ClientMessage =
  /**
   * This frame and every one before it are painted, or skipped by the viewer: the server may send more. At most as high as
   * the newest frame that this connection received.
   */
  | { readonly type: 'ack'; readonly frame: number }
  /** Send no frames until `resume`: a hidden tab, a paused picture. State and statistics go on. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Whether frames shall carry an inspection, at some cost to the server; off at first. */
  | { readonly type: 'inspect'; readonly on: boolean };

/** Most bytes of one message from a client. */
export const CLIENT_MESSAGE_BYTES = 1024;

/**
 * Reads what a client said. @throws ProtocolError with what was received and what is allowed
 */
export function parseClientMessage(text: string): ClientMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('a client message must be JSON', { cause });
  }
  const { type, frame, on } = (typeof message === 'object' && message !== null ? message : {}) as Record<
    string,
    unknown
  >;
  if (type === 'pause' || type === 'resume') return { type };
  if (type === 'ack' && typeof frame === 'number' && Number.isSafeInteger(frame) && frame >= 0) return { type, frame };
  if (type === 'ack') throw new ProtocolError('an ack must carry `frame`, the number of a frame that was received');
  if (type === 'inspect' && typeof on === 'boolean') return { type, on };
  if (type === 'inspect') throw new ProtocolError('an inspect must carry `on`, true or false');
  throw new ProtocolError(
    `a client message's type must be ack, pause, resume or inspect; received ${JSON.stringify(type)?.slice(0, 40)}`,
  );
}

/** WebSocket close codes that the server uses, beside 1000. After those marked final, connecting again is no use. */
export const CLOSE_CODES = {
  /** the server stops or restarts */
  goingAway: 1001,
  /** final: a binary message from the client */
  unsupportedData: 1003,
  /** final: a client message that does not fit this protocol */
  violation: 1008,
  /** final: a client message above CLIENT_MESSAGE_BYTES */
  tooLarge: 1009,
  /** a fault of the server's own; its log tells more */
  internal: 1011,
  /** final: the stream was removed */
  removed: 4404,
} as const;

/** Those after which connecting again can't help. */
export const FINAL_CLOSE_CODES: readonly number[] = [
  CLOSE_CODES.unsupportedData,
  CLOSE_CODES.violation,
  CLOSE_CODES.tooLarge,
  CLOSE_CODES.removed,
];
