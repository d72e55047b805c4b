import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Small videos for tests, each named after the trait or defect it carries, made by ffmpeg when a test first asks and kept in
 * the system's temporary folder. A recipe that changes makes a new file.
 */

interface Recipe {
  readonly extension: string;
  /** ffmpeg's arguments before the output's name. */
  readonly args?: readonly string[];
  /** Or a function that writes the file. */
  readonly write?: (path: string) => Promise<void>;
}

const source = (size: string, rate: number, seconds: number) => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=s=${size}:r=${rate}:d=${seconds}`,
];
/** A bar that moves sideways, 50 times a second: two of its pictures in one are combed. */
const moving = (seconds: number) => [
  ...['-f', 'lavfi', '-i'],
  `color=black:s=192x144:r=50:d=${seconds},geq=lum='if(between(mod(X-8*N\\,W)\\,0\\,W/4)\\,235\\,16)':cb=128:cr=128`,
];
const sound = (seconds: number) => ['-f', 'lavfi', '-i', `sine=d=${seconds}`];
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
/** Every frame is one flat grey that tells its number: picture and pixels can be checked against the pts. */
const NUMBERED = "nullsrc=s=96x64:r=25:d=2,geq=lum='16+4*N':cb=128:cr=128";

export type ClipName =
  | 'h264'
  | 'numbered'
  | 'h265_10bit'
  | 'vp9'
  | 'av1'
  | 'mjpeg'
  | 'gif'
  | 'variable_rate'
  | 'starts_at_10s'
  | 'slow'
  | 'many_frames'
  | 'equal_times'
  | 'odd_size'
  | 'anamorphic'
  | 'interlaced'
  | 'interlaced_by_frames'
  | 'interlaced_unsaid'
  | 'rotated'
  | 'one_frame'
  | 'one_jpeg'
  | 'tiny'
  | 'eight_k'
  | 'beyond_8k'
  | 'audio_first'
  | 'many_tracks'
  | 'audio_only'
  | 'unknown_codec'
  | 'encrypted'
  | 'encrypted_cenc'
  | 'audio_with_cover'
  | 'size_change'
  | 'text'
  | 'zero_bytes'
  | 'playlist_to_passwd'
  | 'script_to_passwd'
  | 'truncated_without_index'
  | 'truncated'
  | 'corrupted';

const RECIPES: Readonly<Record<ClipName, Recipe>> = {
  h264: {
    extension: 'mp4',
    args: [...source('320x240', 25, 2), ...sound(2), ...x264, '-bf', '2', '-c:a', 'aac', '-shortest'],
  },
  numbered: { extension: 'mkv', args: ['-f', 'lavfi', '-i', NUMBERED, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p'] },
  h265_10bit: {
    extension: 'mp4',
    args: [
      ...source('320x240', 25, 1),
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p10le',
      '-x265-params',
      'log-level=none',
      '-tag:v',
      'hvc1',
    ],
  },
  vp9: {
    extension: 'webm',
    args: [...source('320x240', 25, 1), '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
  },
  av1: {
    extension: 'mkv',
    args: [...source('320x240', 25, 1), '-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8'],
  },
  mjpeg: { extension: 'avi', args: [...source('320x240', 25, 1), '-c:v', 'mjpeg'] },
  gif: { extension: 'gif', args: source('64x48', 10, 1) },
  variable_rate: {
    extension: 'mkv',
    args: [...source('320x240', 25, 2), '-vf', "setpts='(N+N*N/40)/25/TB'", '-fps_mode', 'vfr', ...x264],
  },
  slow: { extension: 'mp4', args: [...source('64x48', 1, 60), ...x264] },
  many_frames: { extension: 'mp4', args: [...source('96x64', 25, 80), ...x264] },
  starts_at_10s: { extension: 'mkv', args: [...source('320x240', 25, 1), ...x264, '-output_ts_offset', '10'] },
  equal_times: {
    extension: 'nut',
    args: [
      ...source('64x48', 25, 1),
      ...['-vf', "setpts='floor(N/2)*2/25/TB'", '-fps_mode', 'passthrough', '-c:v', 'rawvideo', '-pix_fmt', 'yuv420p'],
    ],
  },
  odd_size: {
    extension: 'mp4',
    args: [
      ...source('320x240', 25, 1),
      '-vf',
      'scale=321:241,setsar=1',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv444p',
    ],
  },
  anamorphic: { extension: 'mp4', args: [...source('360x288', 25, 1), '-vf', 'setsar=16/15', ...x264] },
  interlaced: {
    extension: 'mp4',
    args: [
      ...source('320x240', 50, 1),
      '-vf',
      'tinterlace=interleave_top,setfield=tff',
      ...x264,
      '-flags',
      '+ilme+ildct',
      '-x264-params',
      'tff=1',
    ],
  },
  /** The header says nothing, the frames say that they are woven. */
  interlaced_by_frames: {
    extension: 'avi',
    args: [
      ...moving(1),
      ...['-vf', 'tinterlace=interleave_top', '-c:v', 'mpeg4', '-q:v', '2', '-flags', '+ildct+ilme', '-top', '1'],
    ],
  },
  /** Nothing says that the frames are woven, they only look it. */
  interlaced_unsaid: {
    extension: 'avi',
    args: [...moving(1), ...['-vf', 'tinterlace=interleave_bottom,setfield=prog', '-c:v', 'mjpeg', '-q:v', '2']],
  },
  one_frame: { extension: 'mp4', args: [...source('320x240', 25, 1), '-frames:v', '1', ...x264] },
  tiny: { extension: 'mp4', args: [...source('16x16', 25, 1), ...x264] },
  eight_k: { extension: 'mp4', args: [...source('7680x4320', 5, 1), '-frames:v', '2', ...x264] },
  beyond_8k: {
    extension: 'mkv',
    args: ['-f', 'lavfi', '-i', 'color=s=16400x64:d=0.1', '-frames:v', '1', '-c:v', 'ffv1'],
  },
  /** B-frames; the sound begins 0.4 s before the picture and ends after it. */
  audio_first: {
    extension: 'mp4',
    args: [
      ...['-itsoffset', '0.4', ...source('160x120', 25, 1), ...sound(2), ...x264, '-preset', 'medium', '-bf', '3'],
      ...['-c:a', 'aac', '-map', '0:v', '-map', '1:a', '-metadata:s:a:0', 'language=nor'],
    ],
  },
  /** Starts at 10 s; two languages of sound, longer than the picture, and subtitles. */
  many_tracks: {
    extension: 'mkv',
    write: async (path) => {
      const subtitles = `${path}.srt`;
      await writeFile(subtitles, '1\n00:00:00,200 --> 00:00:00,700\nA red car\n');
      const inputs = [...source('160x120', 25, 1), ...sound(1.6), ...sound(1.4), '-i', subtitles];
      const maps = ['-map', '0:v', '-map', '1:a', '-map', '2:a', '-map', '3:s'];
      const codecs = [...x264, '-bf', '2', '-c:a:0', 'aac', '-c:a:1', 'libvorbis', '-c:s', 'srt'];
      const names = [
        '-metadata:s:a:0',
        'language=eng',
        '-metadata:s:a:1',
        'language=deu',
        '-metadata:s:s:0',
        'language=fra',
      ];
      await run('ffmpeg', [
        ...['-v', 'error', '-y', ...inputs, ...maps, ...codecs, ...names],
        ...['-output_ts_offset', '10', path],
      ]);
      await unlink(subtitles);
    },
  },
  audio_only: { extension: 'm4a', args: [...sound(1), '-c:a', 'aac'] },
  audio_with_cover: {
    extension: 'm4a',
    args: [
      ...sound(1),
      ...source('64x64', 1, 1),
      '-map',
      '0',
      '-map',
      '1',
      '-frames:v',
      '1',
      '-c:a',
      'aac',
      '-c:v',
      'mjpeg',
      '-disposition:v',
      'attached_pic',
    ],
  },
  one_jpeg: { extension: 'jpg', args: [...source('320x240', 1, 1), '-frames:v', '1'] },
  rotated: { extension: 'mp4', write: async (path) => writeFile(path, turned(await readFile(await clip('h264')))) },
  size_change: {
    extension: 'ts',
    write: async (path) => {
      const halves = await Promise.all([stretch('320x240'), stretch('640x360')]);
      await writeFile(path, Buffer.concat(halves));
    },
  },
  unknown_codec: { extension: 'mp4', write: (path) => retag(path, 'xyz1') },
  encrypted: { extension: 'mp4', write: (path) => retag(path, 'encv') },
  /** As DRM does it: the container names the codec, only the packets say that they are encrypted. */
  encrypted_cenc: {
    extension: 'mp4',
    args: [
      ...[...source('320x240', 25, 1), ...x264, '-encryption_scheme', 'cenc-aes-ctr'],
      ...['-encryption_key', '00112233445566778899aabbccddeeff', '-encryption_kid', 'ffeeddccbbaa99887766554433221100'],
    ],
  },
  text: { extension: 'mp4', write: (path) => writeFile(path, 'This is no video.\n'.repeat(100)) },
  zero_bytes: { extension: 'mp4', write: (path) => writeFile(path, '') },
  playlist_to_passwd: {
    extension: 'm3u8',
    write: (path) =>
      writeFile(path, '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'),
  },
  script_to_passwd: {
    extension: 'ffconcat',
    write: (path) => writeFile(path, "ffconcat version 1.0\nfile '/etc/passwd'\n"),
  },
  /** The index is at the end, and the end is missing. */
  truncated_without_index: { extension: 'mp4', write: (path) => cut(path, 'h264', 0.6) },
  /** The index comes first, half of what it speaks of is missing. */
  truncated: {
    extension: 'mp4',
    write: async (path) => {
      await run('ffmpeg', [
        '-v',
        'error',
        '-y',
        '-i',
        await clip('h264'),
        '-c',
        'copy',
        '-movflags',
        '+faststart',
        path,
      ]);
      await truncate(path, Math.round((await stat(path)).size * 0.5));
    },
  },
  /** Noise in the middle of a stream that has no index to lose. */
  corrupted: {
    extension: 'ts',
    write: async (path) => {
      const bytes = await stretch('320x240', 4);
      for (let at = Math.round(bytes.length * 0.4); at < bytes.length * 0.5; at += 3) bytes[at] = (at * 7919) & 0xff;
      await writeFile(path, bytes);
    },
  },
};

const pending = new Map<ClipName, Promise<string>>();

/** The clip's path. */
export function clip(name: ClipName): Promise<string> {
  const path = pending.get(name) ?? make(name, RECIPES[name]);
  pending.set(name, path);
  return path;
}

async function make(name: ClipName, recipe: Recipe): Promise<string> {
  const version = createHash('sha256')
    .update(JSON.stringify(recipe.args ?? String(recipe.write)))
    .digest('hex')
    .slice(0, 8);
  const folder = join(tmpdir(), 'maskcast-test-clips');
  const path = join(folder, `${name}-${version}.${recipe.extension}`);
  if (await stat(path).catch(() => undefined)) return path;
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `draft-${process.pid}-${name}.${recipe.extension}`);
  if (recipe.write) await recipe.write(draft);
  else await run('ffmpeg', ['-v', 'error', '-y', ...(recipe.args ?? []), '-bitexact', draft]);
  await rename(draft, path);
  return path;
}

async function stretch(size: string, seconds = 1): Promise<Buffer> {
  const args = ['-v', 'error', ...source(size, 25, seconds), ...x264, '-f', 'mpegts', 'pipe:1'];
  return (await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 })).stdout;
}

async function cut(path: string, from: ClipName, share: number): Promise<void> {
  await copyFile(await clip(from), path);
  await truncate(path, Math.round((await stat(path)).size * share));
}

/** The h264 clip, with another name for its codec. */
async function retag(path: string, tag: string): Promise<void> {
  const mp4 = await readFile(await clip('h264'));
  mp4.write(tag, mp4.indexOf('avc1', mp4.indexOf('stsd')), 'latin1');
  await writeFile(path, mp4);
}

/** Writes "show me turned by 90° clockwise" into the first track header, as phones do. */
function turned(mp4: Buffer): Buffer {
  const matrix = mp4.indexOf('tkhd') + 44;
  for (const [i, value] of [0, 0x10000, 0, -0x10000, 0, 0].entries()) mp4.writeInt32BE(value, matrix + i * 4);
  return mp4;
}
