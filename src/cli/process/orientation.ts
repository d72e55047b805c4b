import { basename, dirname } from 'node:path';
import sharp from 'sharp';
import { MaskcastError } from '../../core/errors.js';

/** How the photos of a sequence were held: ffmpeg turns all of them as it turns the first. */

/** Kinds of pictures that can tell. */
const TELLS = /\.(jpe?g|tiff?|png|webp)$/i;
/** Pictures that are opened at the same time. */
const AT_ONCE = 16;

/** @param images absolute paths, in the order in which they are frames. @throws MaskcastError USAGE where they were held in different ways */
export async function requireOneOrientation(images: readonly string[]): Promise<void> {
  const [first = ''] = images;
  if (images.length < 2 || !TELLS.test(first)) return;
  const wanted = await orientationOf(first);
  for (let at = 1; at < images.length; at += AT_ONCE) {
    const some = images.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map(orientationOf));
    const index = found.findIndex((orientation) => orientation !== wanted);
    if (index === -1) continue;
    const [one, other] = [basename(first), basename(some[index] as string)];
    throw new MaskcastError(
      'USAGE',
      `the photos in ${dirname(first)} can't be one sequence, in which all are turned alike: ${one} has the EXIF orientation ${wanted}, ${other} has ${found[index]}; ` +
        'turn the pixels of all of them upright first, or put those of each orientation into a folder of their own',
    );
  }
}

/** 1 to 8; 1 also where the picture does not say, or can't be read: whoever decodes it says why. */
async function orientationOf(path: string): Promise<number> {
  const { orientation } = await sharp(path)
    .metadata()
    .catch(() => ({ orientation: undefined }));
  return orientation || 1;
}
