import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What ffprobe and ffmpeg say of a file. */

const run = promisify(execFile);

export interface ProbedStream {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly width?: number;
  readonly height?: number;
  readonly pix_fmt?: string;
  readonly sample_aspect_ratio?: string;
  readonly color_space?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export async function probeStreams(path: string): Promise<ProbedStream[]> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', path]);
  return (JSON.parse(stdout) as { streams: ProbedStream[] }).streams;
}

/** Seconds of each decoded video frame on the container's own timeline, in the order of display. */
export const frameSeconds = (path: string): Promise<number[]> => secondsOf(path, 'v:0', 'frame');

/** Seconds at which sound begins after silence; the end of the silence that the file ends with is the last. */
export async function loudSeconds(path: string): Promise<number[]> {
  const args = ['-hide_banner', '-nostats', '-copyts', '-i', path, '-af', 'silencedetect=n=0.1:d=0.2'];
  const { stderr } = await run('ffmpeg', [...args, '-vn', '-f', 'null', '-']);
  return [...stderr.matchAll(/silence_end: ([\d.]+) \| silence_duration/g)].map(([, time]) => Number(time));
}

/** Seconds of each packet of a stream, which ffprobe names like `a:0`. */
export const packetSeconds = (path: string, stream: string): Promise<number[]> => secondsOf(path, stream, 'packet');

async function secondsOf(path: string, stream: string, what: 'frame' | 'packet'): Promise<number[]> {
  const entries = ['-select_streams', stream, '-show_entries', `${what}=pts_time`, '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...entries, path]);
  return stdout
    .split('\n')
    .map((line) => line.replace(',', ''))
    .filter(Boolean)
    .map(Number);
}

/** SHA-256 of the packets of all streams of a kind (`a`, `s`), one a line: equal where they were copied untouched. */
export async function packetHashes(path: string, kind: 'a' | 's'): Promise<string[]> {
  const args = [
    '-v',
    'error',
    '-i',
    path,
    '-map',
    `0:${kind}?`,
    '-c',
    'copy',
    '-f',
    'streamhash',
    '-hash',
    'sha256',
    '-',
  ];
  const { stdout } = await run('ffmpeg', args);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/^.*=/, ''));
}
