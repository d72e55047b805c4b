import sharp from 'sharp';
import type { Size } from '../../core/geometry.js';
import type { Mask } from '../../core/mask.js';
import { isBackground, type ModelInfo } from '../../core/model.js';
import type { ClipFrame, VideoClip } from '../../evaluate/video-clip.js';
import { FeedingProcess, fileUrl, type MediaTools } from '../../media/media-tools.js';
import type { ShownPlayback } from './video-compare.js';

/** Share of a class's colour in the picture; background classes have none. */
const OPACITY = 0.55;
/** Height of the line of titles above the pictures, in pixels. */
const TITLE = 32;
/** Pixels of the square in a panel's corner that lights up in frames that the network saw. */
const LAMP = 12;

/**
 * Writes a video with a panel for each playback, its title above and its masks over the picture; a green square at the top left marks frames
 * that the network saw.
 * @throws MaskcastError DISK_FULL, FFMPEG_MISSING, FFMPEG_FAILED
 */
export async function writeSideBySide(
  path: string,
  clip: VideoClip,
  playbacks: readonly ShownPlayback[],
  { classes }: ModelInfo,
  tools: MediaTools,
): Promise<void> {
  const { width, height } = clip.analysis;
  const size = { width: width * playbacks.length, height: height + TITLE };
  const colors = clip.classes.map((name, index) => {
    const like = classes.find((entry) => clip.fromModel[entry.id] === index);
    return like && !isBackground({ ...like, name }) ? like.color : undefined;
  });
  const picture = await titles(playbacks, clip.analysis, size);
  const encoder = new FeedingProcess(tools, encoderArguments(path, clip, size), path);
  for (const [n, frame] of clip.frames.entries()) {
    for (const [panel, { masks, inferred }] of playbacks.entries()) {
      const at = { left: panel * width, stride: size.width };
      drawPanel(picture, at, clip.analysis, frame, masks[n] as Mask, colors);
      if (inferred[n]) drawLamp(picture, at);
    }
    // The buffer is drawn over again for the next frame: ffmpeg gets a copy.
    await encoder.write(Buffer.from(picture));
  }
  await encoder.end();
}

function encoderArguments(path: string, { frames }: VideoClip, { width, height }: Size): readonly string[] {
  const [first, last] = [frames[0] as ClipFrame, frames.at(-1) as ClipFrame];
  const rate = frames.length > 1 ? (frames.length - 1) / (last.time - first.time) : 1;
  return [
    ...['-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${width}x${height}`, '-framerate', rate.toFixed(4)],
    ...['-i', 'pipe:0', '-c:v', 'libx264', '-crf', '20', '-pix_fmt', 'yuv420p', '-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2'],
    ...['-movflags', '+faststart', '-f', 'mp4', fileUrl(path)],
  ];
}

/** A black picture of `size`, RGB24, with the titles above the panels. */
async function titles(playbacks: readonly ShownPlayback[], panel: Size, size: Size): Promise<Uint8Array> {
  const texts = playbacks.map(({ title, inferred }, index) => {
    const share = Math.round((inferred.filter(Boolean).length / inferred.length) * 100);
    const style = 'font-family="sans-serif" font-size="18" fill="white"';
    return `<text x="${index * panel.width + 12}" y="22" ${style}>${title} · ${share} % inferred</text>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">${texts.join('')}</svg>`;
  return sharp(Buffer.from(svg)).flatten({ background: 'black' }).toColourspace('srgb').removeAlpha().raw().toBuffer();
}

interface PanelPlace {
  readonly left: number;
  readonly stride: number;
}

function drawPanel(
  out: Uint8Array,
  { left, stride }: PanelPlace,
  { width, height }: Size,
  { pixels }: ClipFrame,
  mask: Mask,
  colors: readonly (readonly [number, number, number] | undefined)[],
): void {
  for (let y = 0, from = 0; y < height; y += 1) {
    const row = Math.floor((y * mask.size.height) / height) * mask.size.width;
    for (let x = 0, to = ((y + TITLE) * stride + left) * 3; x < width; x += 1, from += 3, to += 3) {
      const color = colors[mask.labels[row + Math.floor((x * mask.size.width) / width)] as number];
      for (let c = 0; c < 3; c += 1) {
        const value = pixels[from + c] as number;
        out[to + c] = color ? value + OPACITY * ((color[c] as number) - value) : value;
      }
    }
  }
}

function drawLamp(out: Uint8Array, { left, stride }: PanelPlace): void {
  for (let y = 4; y < 4 + LAMP; y += 1) {
    for (let x = 4; x < 4 + LAMP; x += 1) out.set([60, 255, 90], ((y + TITLE) * stride + left + x) * 3);
  }
}
