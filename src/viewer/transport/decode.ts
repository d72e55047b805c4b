import {
  type FrameMessage,
  type InspectionPlanes,
  type MaskPlanes,
  readInspection,
} from '../../delivery/wire/protocol.js';

/** One frame ready to be painted: picture and mask of the same message. Whoever drops it closes it. */
export interface DecodedFrame {
  readonly message: FrameMessage;
  /** The picture, possibly scaled down to what the page shows. */
  readonly bitmap: ImageBitmap;
  readonly planes: MaskPlanes;
  /** The mask of the newest result, as it was then: what the picture would have without motion. */
  readonly held?: MaskPlanes;
  /** Where it was asked for. */
  readonly inspection: InspectionPlanes | undefined;
  close(): void;
}

/**
 * Decodes picture and mask side by side, off the main thread where the browser can.
 * @param planes the message's mask, being inflated
 * @param width the widest that the picture is shown, in device pixels: a far larger picture is scaled down while decoding;
 *   0 keeps the full size
 * @throws ProtocolError for a broken mask, DOMException for a broken JPEG
 */
export async function decodePicture(
  message: FrameMessage,
  planes: Promise<MaskPlanes>,
  width: number,
): Promise<DecodedFrame> {
  const blob = new Blob([message.jpeg as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' });
  const options: ImageBitmapOptions = { colorSpaceConversion: 'none' };
  if (width > 0 && width < message.picture.width * 0.6) {
    options.resizeWidth = Math.ceil(width);
    options.resizeQuality = 'medium';
  }
  const [picture, mask, inspection] = await Promise.allSettled([
    createImageBitmap(blob, options),
    planes,
    readInspection(message),
  ]);
  if (picture.status === 'fulfilled' && mask.status === 'fulfilled' && inspection.status === 'fulfilled') {
    const bitmap = picture.value;
    return { message, bitmap, planes: mask.value, inspection: inspection.value, close: () => bitmap.close() };
  }
  if (picture.status === 'fulfilled') picture.value.close();
  const failed = [picture, mask, inspection].find((part) => part.status === 'rejected') as PromiseRejectedResult;
  throw failed.reason as Error;
}
