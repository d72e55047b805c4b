import type { SourceInfoView, SourceInput } from '../../delivery/http/api-schema.js';
import { formatRate } from './format.js';

/** The camera dialog's fields and what they come to. */
export interface SourceFields {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly transport: 'tcp' | 'udp';
}

export const EMPTY_SOURCE: SourceFields = { url: '', user: '', password: '', transport: 'tcp' };

export const isRtsp = (url: string): boolean => /^rtsps?:\/\//i.test(url.trim());

/** Whether an address may carry user and password. */
export const isNetworkAddress = (url: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(url.trim());

export function toSourceInput(fields: SourceFields): SourceInput {
  const url = fields.url.trim();
  const withUser = isNetworkAddress(url) && fields.user !== '';
  return {
    url,
    transport: isRtsp(url) ? fields.transport : 'tcp',
    ...(withUser && { user: fields.user, password: fields.password }),
  };
}

/** A name to begin with: the camera's host, the file's or the device's name. */
export function suggestName(url: string): string {
  const address = url.trim();
  if (isNetworkAddress(address)) {
    try {
      // Browsers parse the host of http only; the scheme does not matter for a name.
      // What stands before an "@" is user and password, which may have any sign.
      const place = address
        .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
        .split('@')
        .at(-1);
      const { hostname, pathname } = new URL(`http://${place}`);
      const last = pathname.split('/').filter(Boolean).at(-1);
      // A field may hold a password, and everybody is shown the name.
      return last && !/[=;@]|%3d/i.test(last) ? `${hostname} ${decodeURIComponent(last)}` : hostname;
    } catch {
      return '';
    }
  }
  const file = address.split(/[\\/]/).at(-1) ?? '';
  return file
    .replace(/\.\w{2,4}$/, '')
    .replaceAll(/[_-]+/g, ' ')
    .trim();
}

const CODECS: Readonly<Record<string, string>> = {
  h264: 'H.264',
  hevc: 'H.265',
  mjpeg: 'MJPEG',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  mpeg4: 'MPEG-4',
  rawvideo: 'uncompressed',
};

export const codecName = (codec: string): string => CODECS[codec] ?? codec.toUpperCase();

/** What a probe found, as term and value. */
export function describeSource(info: SourceInfoView): readonly (readonly [term: string, value: string])[] {
  const rows: [string, string][] = [
    ['Picture', `${info.width} × ${info.height}${info.rotation ? `, turned by ${info.rotation}°` : ''}`],
    ['Codec', [codecName(info.codec), info.profile].filter(Boolean).join(', ')],
    ['Rate', info.fps === undefined ? 'not announced' : `${formatRate(info.fps)} fps announced`],
    [
      'Kind',
      info.live ? 'live' : `recorded${info.duration === undefined ? '' : `, ${info.duration.toFixed(1)} s, loops`}`,
    ],
  ];
  if (info.audio) rows.push(['Sound', `${info.audio.codec.toUpperCase()}, not used live`]);
  return rows;
}
