import { seconds } from '../../core/time.js';
import { sourceError } from '../classify.js';
import type { MediaFacts } from '../facts.js';
import { MAX_PIXELS, MAX_SIDE } from '../picture-size.js';
import { jpegFacts } from './jpeg-facts.js';
import type { PictureCamera } from './picture-camera.js';
import { pngFacts } from './png.js';
import type { WebSource } from './web-client.js';

/** Times of pictures are those of their arrival, in milliseconds. */
export const ARRIVAL_TIME_BASE = { num: 1, den: 1000 } as const;

/** What is known of a camera from its first picture. @throws MaskcastError CORRUPT, SIZE_UNSUPPORTED */
export function pictureFacts(source: WebSource, camera: PictureCamera): MediaFacts {
  const png = pngFacts(camera.picture);
  const found = png ?? jpegFacts(camera.picture);
  if (!found || found.width < 1 || found.height < 1) {
    throw sourceError(source, 'CORRUPT', 'the picture does not tell its size');
  }
  const { width, height, pixelFormat } = found;
  if (Math.max(width, height) > MAX_SIDE || width * height > MAX_PIXELS) {
    const limit = `at most ${MAX_SIDE} pixels a side and ${MAX_PIXELS} in all`;
    throw sourceError(source, 'SIZE_UNSUPPORTED', `received ${width}×${height}, allowed are ${limit}`);
  }
  const size = { width, height };
  return {
    info: {
      container: png ? 'png' : camera.still ? 'jpeg' : 'mpjpeg',
      codec: png ? 'png' : 'mjpeg',
      profile: undefined,
      pixelFormat,
      ...size,
      rotation: 0,
      fps: undefined,
      duration: undefined,
      frames: undefined,
      audio: undefined,
      live: true,
    },
    stream: 'v:0',
    timeBase: ARRIVAL_TIME_BASE,
    start: seconds(0),
    first: seconds(0),
    interlaced: false,
    coded: size,
    size,
    sampleAspect: { num: 1, den: 1 },
    bitDepth: png?.bitDepth ?? 8,
    color: { range: 'pc', matrix: undefined, primaries: undefined, transfer: undefined },
    timed: false,
    pictures: camera.still ? 'single' : 'series',
    duration: undefined,
    audioCodecs: [],
    subtitleCodecs: [],
  };
}
