import { stageContent } from '../lib/layout.js';
import { type DecodedFrame, decodePicture } from '../transport/decode.js';
import { drawJob, type Look, paint } from './screen.js';

/**
 * One frame as it looks on the stage, at the full size of its picture, as PNG.
 * @throws DOMException where the picture can't be decoded or encoded
 */
export async function snapshot(frame: DecodedFrame, look: Look): Promise<Blob> {
  const decoded = await decodePicture(frame.message, Promise.resolve(frame.planes), 0);
  const whole = frame.held ? { ...decoded, held: frame.held } : decoded;
  try {
    const { size, stacked } = stageContent(whole.message.picture, look.mode, { width: 16, height: 9 });
    const canvas = document.createElement('canvas');
    canvas.width = size.width;
    canvas.height = size.height;
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new DOMException('this browser cannot draw on a canvas');
    paint(context, drawJob(whole, look, stacked, size), look.reference);
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob) resolve(blob);
        else reject(new DOMException('this browser cannot write a PNG of this size'));
      }, 'image/png');
    });
  } finally {
    whole.close();
  }
}

/** Hands a file to the person. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has taken the data over long before this.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
