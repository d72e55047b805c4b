import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Clock } from '../core/clock.js';
import { ivfFrame, ivfHeader } from '../media/ivf.js';
import { ARRIVAL_TIME_BASE } from '../media/picture-camera/facts.js';
import { jpegFacts } from '../media/picture-camera/jpeg-facts.js';
import type { PictureCamera } from '../media/picture-camera/picture-camera.js';
import { pngFacts } from '../media/picture-camera/png.js';

/**
 * Hands a camera's pictures to ffmpeg, each as soon as it has come.
 *
 * In: a camera. Out: IVF on ffmpeg's input. Always holds: the camera is read at once, whatever ffmpeg does; at most one picture waits, and a
 * newer one replaces it; times rise.
 * @param sink ffmpeg's standard input; it is ended when no more pictures come
 * @param onSkipped a picture was replaced
 * @throws MaskcastError why no more pictures come
 */
export async function feedPictures(
  camera: PictureCamera,
  sink: Writable,
  clock: Clock,
  onSkipped: () => void,
): Promise<void> {
  let waiting: Buffer | undefined;
  let busy = false;
  let ticks = 0;
  // ffmpeg may be gone; its exit says so better than EPIPE does.
  sink.on('error', () => {});

  async function write(picture: Buffer): Promise<void> {
    busy = true;
    for (let next: Buffer | undefined = picture; next && !sink.destroyed; waiting = undefined) {
      ticks = Math.max(ticks + 1, Math.round(clock.wall()));
      if (!sink.write(ivfFrame(ticks, next))) await once(sink, 'drain').catch(() => {});
      next = waiting;
    }
    busy = false;
  }

  try {
    const png = pngFacts(camera.picture);
    const size = png ?? jpegFacts(camera.picture) ?? { width: 0, height: 0 };
    sink.write(ivfHeader(png ? 'MPNG' : 'MJPG', size, ARRIVAL_TIME_BASE));
    for await (const picture of camera.pictures()) {
      if (!busy) void write(picture);
      else {
        if (waiting) onSkipped();
        waiting = picture;
      }
    }
  } finally {
    camera.close();
    sink.end();
  }
}
