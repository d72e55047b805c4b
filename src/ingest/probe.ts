import type { Clock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import type { SourceInfo, SourceSpec } from '../core/source.js';
import { type Milliseconds, type Rational, type Seconds, seconds } from '../core/time.js';
import { inputFor } from './input.js';
import { MediaProcess } from './media-process.js';

/** What decoding needs to know beyond what people are shown. */
export interface ProbedSource {
  readonly info: SourceInfo;
  /** Index of the video stream in the container. */
  readonly stream: number;
  readonly timeBase: Rational;
  /** First pts of the container's timeline. */
  readonly start: Seconds;
  readonly interlaced: boolean;
}

export interface ProbeOptions {
  readonly ffprobePath: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeout: Milliseconds;
}

interface RawStream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  profile?: string;
  width?: number;
  height?: number;
  pix_fmt?: string;
  sample_aspect_ratio?: string;
  field_order?: string;
  avg_frame_rate?: string;
  time_base?: string;
  nb_frames?: string;
  duration?: string;
}

export async function probe(source: SourceSpec, options: ProbeOptions): Promise<ProbedSource> {
  const { url, options: inputOptions, script } = inputFor(source, { live: false });
  const process = new MediaProcess({
    program: options.ffprobePath,
    args: [
      '-hide_banner',
      '-loglevel',
      'repeat+level+warning',
      ...inputOptions,
      '-show_format',
      '-show_streams',
      '-of',
      'json',
      '-i',
      url,
    ],
    script,
    outputs: [1],
    clock: options.clock,
  });
  options.signal.addEventListener('abort', () => void process.stop(), { once: true });
  let text = '';
  process.output(2).resume();
  for await (const chunk of process.output(1)) text += chunk;
  await process.exited;
  const raw = JSON.parse(text) as {
    streams: RawStream[];
    format: { format_name: string; duration?: string; start_time?: string };
  };
  const video = raw.streams.find((s) => s.codec_type === 'video');
  if (!video) throw new MaskcastError('NOT_VIDEO', 'no video stream');
  const [num = 1, den = 1] = (video.time_base ?? '1/90000').split('/').map(Number);
  const [fn = 0, fd = 0] = (video.avg_frame_rate ?? '0/0').split('/').map(Number);
  return {
    info: {
      container: raw.format.format_name,
      codec: video.codec_name ?? '',
      profile: video.profile,
      pixelFormat: video.pix_fmt ?? '',
      width: video.width ?? 0,
      height: video.height ?? 0,
      rotation: 0,
      fps: fd > 0 ? fn / fd : undefined,
      duration: raw.format.duration ? Number(raw.format.duration) : undefined,
      frames: video.nb_frames ? Number(video.nb_frames) : undefined,
      audio: undefined,
      live: false,
    },
    stream: video.index,
    timeBase: { num, den },
    start: seconds(Number(raw.format.start_time ?? 0)),
    interlaced: false,
  };
}
