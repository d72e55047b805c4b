import { imageOptions } from '../core/image-sequence.js';
import type { SourceSpec } from '../core/source.js';
import type { Milliseconds } from '../core/time.js';
import { fullUrl } from './address/user-info.js';
import { SCRIPT_FD } from './media-process.js';

/**
 * How ffmpeg and ffprobe open a source.
 *
 * Always holds: no address with a secret in it is on the command line, which every user of the machine can read; what a
 * source's content can make ffmpeg open is limited to the protocols and formats of its kind.
 */

export interface InputOptions {
  readonly purpose: 'probe' | 'decode';
  /** The source's pictures come on ffmpeg's standard input, as IVF: see MediaFacts.pictures. */
  readonly fed?: boolean;
  /**
   * Looks at the beginning only: by default ffmpeg waits up to five seconds for streams that a header announces and that never come,
   * as the sound of many cameras.
   */
  readonly brief?: boolean;
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

/**
 * Demuxers that read one self-contained file; those of sound are in, so that the answer is "only audio". Playlists and scripts
 * are left out: they open other files. (image2 takes a % in a name for a pattern, but reads nothing but images.)
 */
const FILE_FORMATS =
  'mov,matroska,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,ivf,mjpeg,mjpeg_2000,h264,hevc,vvc,av1,obu,m4v,vc1,h263,dv,' +
  'gif,apng,webp_pipe,png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,jpegls_pipe,j2k_pipe,image2,yuv4mpegpipe,mxf,mxf_opatom,nut,rm,wtv,' +
  'gxf,lxf,3gp,swf,nsv,evc,avs2,avs3,cavsvideo,dnxhd,ogv,dhav,ifv,lvf,sdr2,cine,mxg,kux,pva,nuv,lmlm4,dirac,h261,smjpeg,msnwctcp,wav,mp3,aac,flac,ac3,caf,aiff,amr,dts,eac3,opus';
/** Addresses of files, which have an end; FLV and TS over HTTP mostly are live. */
const RECORDING = /^[^?#]*\.(?:mp4|m4v|mov|mkv|webm|avi|mpe?g|m2ts|mts|wmv|ogv|3gp|mxf)(?:[?#;&]|$)/i;
export const isRecording = (url: string): boolean => RECORDING.test(url);
/** What ffmpeg opens behind a script as well as by itself. */
const STREAM = /^[^?#]*\.(?:ts|flv)(?:[?#;&]|$)/i;
/** Fields of any kind, long runs of letters and digits, as tokens are, and what is announced as a secret. */
const MAY_HOLD_SECRETS =
  /[?#=;&@%]|\/(?=[\w~-]*\d)(?=[\w~-]*[a-z])[\w~-]{16,}|\/(?:user(?:name)?|token|key|pass(?:word)?|pwd|secret|auth|login)\//i;
const HTTP_FORMATS = `${FILE_FORMATS},hls,mpjpeg`;
const HTTP_PROTOCOLS = 'http,https,tcp,tls,crypto,data,httpproxy';
const RTSP_PROTOCOLS = 'rtp,tcp,udp,tls,srtp';

/** Nothing has to be found out by looking at more than the first picture. */
const FED: Input = {
  url: 'pipe:0',
  options: ['-protocol_whitelist', 'pipe', '-f', 'ivf', '-probesize', '32', '-fpsprobesize', '0'],
  script: undefined,
};

export function inputFor(source: SourceSpec, options: InputOptions): Input {
  const micros = String(Math.round(options.patience * 1000));
  if (options.fed) return FED;
  switch (source.kind) {
    case 'file':
      // ffmpeg expands the pattern itself and takes no protocol before it.
      if (source.images) {
        const options = ['-protocol_whitelist', 'file', ...imageOptions(source.images)];
        return { url: source.path, options, script: undefined };
      }
      return {
        url: `file:${source.path}`,
        options: ['-protocol_whitelist', 'file', '-format_whitelist', FILE_FORMATS],
        script: undefined,
      };
    case 'device':
      return { url: source.path, options: ['-f', 'v4l2'], script: undefined };
    case 'http':
      return httpInput(source, micros, options.brief ? BRIEF : {});
    case 'network':
      return networkInput(source, micros);
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

/** Half a second of stream times; a rate that was announced is believed. */
const BRIEF = { analyzeduration: '500000', fpsprobesize: '0' };

/** Protocols that a scheme stands on, and what may come by it. */
const NETWORK: Readonly<Record<string, { readonly protocols: string; readonly formats: string }>> = {
  rtmp: { protocols: 'rtmp,tcp', formats: 'flv,live_flv' },
  rtmps: { protocols: 'rtmps,tls,tcp', formats: 'flv,live_flv' },
  srt: { protocols: 'srt,udp', formats: 'mpegts,h264,hevc' },
  udp: { protocols: 'udp', formats: 'mpegts,h264,hevc,mjpeg' },
  rtp: { protocols: 'rtp,udp', formats: 'rtp,sdp,mpegts' },
};

/** Behind a script in any case: a stream's key or passphrase may stand anywhere in such an address. */
function networkInput(source: Extract<SourceSpec, { kind: 'network' }>, micros: string): Input {
  const { protocols = '', formats = '' } = NETWORK[source.url.split(':')[0] ?? ''] ?? {};
  return scripted(fullUrl(source), protocols, formats, { rw_timeout: micros, ...BRIEF });
}

type HttpSource = Extract<SourceSpec, { kind: 'http' }>;

/**
 * A secret may stand anywhere in an address, so that one is hidden wherever that costs nothing, and where it looks like having one; else ffmpeg
 * learns most when it opens it itself. A file's address is hidden behind a protocol that keeps its length and lets ffmpeg seek, anything
 * else behind a script, where ffmpeg cannot tell how long it is.
 */
function httpInput(source: HttpSource, micros: string, looking: Readonly<Record<string, string>>): Input {
  const url = fullUrl(source);
  const options = { rw_timeout: micros, user_agent: 'maskcast', ...looking };
  const plain = !isRecording(source.url) && !STREAM.test(source.url) && !MAY_HOLD_SECRETS.test(source.url);
  if (source.credentials === undefined && plain) {
    const whitelists = ['-protocol_whitelist', HTTP_PROTOCOLS, '-format_whitelist', HTTP_FORMATS];
    return {
      url,
      options: [...whitelists, ...Object.entries(options).flatMap(([key, value]) => [`-${key}`, value])],
      script: undefined,
    };
  }
  if (isRecording(source.url)) {
    const protocols = `concatf,pipe,${HTTP_PROTOCOLS}`;
    return {
      url: `concatf:pipe:${SCRIPT_FD}`,
      options: ['-protocol_whitelist', protocols, '-format_whitelist', FILE_FORMATS],
      script: `${quoted(url)}\n`,
    };
  }
  return scripted(url, HTTP_PROTOCOLS, HTTP_FORMATS, options);
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
