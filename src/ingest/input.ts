import type { SourceSpec } from '../core/source.js';
import type { Milliseconds } from '../core/time.js';
import { SCRIPT_FD } from './media-process.js';
import { fullUrl } from './user-info.js';

/**
 * How ffmpeg and ffprobe open a source.
 *
 * Always holds: nothing of a network address is on the command line, which every user of the machine can read; what a
 * source's content can make ffmpeg open is limited to the protocols and formats of its kind.
 */

export interface InputOptions {
  readonly purpose: 'probe' | 'decode';
  /** After this long without a byte ffmpeg gives up by itself; our own watch is shorter and says why. */
  readonly patience: Milliseconds;
}

export interface Input {
  /** For `-i`. */
  readonly url: string;
  /** Before `-i`. */
  readonly options: readonly string[];
  /** See MediaProcessOptions.script. */
  readonly script: string | undefined;
}

/** Demuxers that read one self-contained file. Playlists, scripts and pattern readers are left out: they open other files. */
const FILE_FORMATS =
  'mov,matroska,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,ivf,mjpeg,mjpeg_2000,h264,hevc,vvc,av1,obu,m4v,vc1,h263,dv,' +
  'gif,apng,webp_pipe,png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,jpegls_pipe,j2k_pipe,image2,yuv4mpegpipe,mxf,mxf_opatom,nut,rm,wtv,' +
  'rawvideo,gxf,3gp,swf,nsv,evc,avs2,avs3,cavsvideo,dnxhd,ogv,wav,mp3,aac,flac,ac3,caf,aiff,amr,dts,eac3,opus';
const HTTP_FORMATS = `${FILE_FORMATS},hls,mpjpeg`;
const HTTP_PROTOCOLS = 'http,https,tcp,tls,crypto,data,httpproxy';
const RTSP_PROTOCOLS = 'rtp,tcp,udp,tls,srtp';

export function inputFor(source: SourceSpec, options: InputOptions): Input {
  const micros = String(Math.round(options.patience * 1000));
  switch (source.kind) {
    case 'file':
      return {
        url: `file:${source.path}`,
        options: ['-protocol_whitelist', 'file', '-format_whitelist', FILE_FORMATS],
        script: undefined,
      };
    case 'device':
      return { url: source.path, options: ['-f', 'v4l2'], script: undefined };
    case 'http':
      return scripted(fullUrl(source), HTTP_PROTOCOLS, HTTP_FORMATS, {
        rw_timeout: micros,
        user_agent: 'maskcast',
      });
    case 'rtsp':
      return scripted(fullUrl(source), RTSP_PROTOCOLS, 'rtsp', {
        rtsp_transport: source.transport,
        timeout: micros,
        // Counting twenty frames to find a rate that the camera has announced costs a second, at 5 frames/s four.
        fpsprobesize: '0',
        // The camera need not send sound that nobody hears.
        ...(options.purpose === 'decode' ? { allowed_media_types: 'video' } : {}),
      });
  }
}

/**
 * A script for ffmpeg's concat demuxer that names one input. It reaches ffmpeg through a pipe, and its `option` lines carry
 * what would stand before `-i`. The script itself may use the pipe; what it opens may not.
 */
function scripted(url: string, protocols: string, formats: string, options: Readonly<Record<string, string>>): Input {
  const lines = Object.entries({ protocol_whitelist: protocols, format_whitelist: formats, ...options });
  const script = [
    'ffconcat version 1.0',
    `file ${quoted(url)}`,
    ...lines.map(([key, value]) => `option ${key} ${value}`),
  ];
  return {
    url: `pipe:${SCRIPT_FD}`,
    options: ['-f', 'concat', '-safe', '0', '-protocol_whitelist', `pipe,${protocols}`],
    script: `${script.join('\n')}\n`,
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
