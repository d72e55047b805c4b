import type { FileSource } from '../core/source.js';
import { ms } from '../core/time.js';
import type { MediaFacts } from './facts.js';
import { inputFor } from './input.js';
import { type MediaTools, readTool } from './media-tools.js';

/** Containers of pictures, which may hold a single one. */
const OF_PICTURES = /_pipe$|^(?:image2|gif|apng|mjpeg|mjpeg_2000)$/;
/** Of a picture in a container that is a video's as well (HEIF, AVIF). */
const PICTURE_BRAND = /^(?:avif|heic|heix|mif1)/;

/** Whether a file is a single picture, which nobody would call a recording. @throws MaskcastError FFMPEG_FAILED, FFMPEG_MISSING */
export async function isSinglePicture(
  { ffprobe }: MediaTools,
  source: FileSource,
  facts: MediaFacts,
): Promise<boolean> {
  if (!OF_PICTURES.test(facts.info.container) && !PICTURE_BRAND.test(facts.brand ?? '')) return false;
  const { url, options } = inputFor(source, { purpose: 'probe', patience: ms(0) });
  const firstTwo = ['-select_streams', facts.stream, '-read_intervals', '%+#2', '-show_entries', 'packet=size'];
  const chunks: Uint8Array[] = [];
  for await (const chunk of readTool(
    ffprobe,
    [...options, '-v', 'quiet', ...firstTwo, '-of', 'csv=p=0', url],
    source.path,
  )) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1').trim().split('\n').length < 2;
}
