import { extname } from 'node:path';

/** Which names are recordings, in folders of the command line and of the server alike. */

/** Media types by ending, lower case: those of cameras, recorders and editing that ffmpeg reads. */
export const VIDEO_TYPES: Readonly<Record<string, string>> = {
  ...of('video/mp4', 'mp4 m4v f4v'),
  ...of('video/quicktime', 'mov qt'),
  ...of('video/x-matroska', 'mkv'),
  ...of('video/webm', 'webm'),
  ...of('video/x-msvideo', 'avi divx'),
  ...of('video/mp2t', 'ts mts m2ts m2t trp tp tod'),
  ...of('video/mpeg', 'mpg mpeg mpe m1v m2v m2p mpv vob mod vro evo'),
  ...of('video/x-ms-wmv', 'wmv'),
  ...of('video/x-ms-asf', 'asf dvr-ms'),
  ...of('video/x-flv', 'flv'),
  ...of('video/ogg', 'ogv ogm'),
  ...of('video/3gpp', '3gp 3gpp'),
  ...of('video/3gpp2', '3g2'),
  ...of('application/mxf', 'mxf'),
  ...of('video/dv', 'dv dif'),
  ...of('video/H264', 'h264 264 avc'),
  ...of('video/H265', 'h265 265 hevc'),
  ...of('image/gif', 'gif'),
  ...of('video/x-motion-jpeg', 'mjpeg mjpg'),
  // Recorders' own: Dahua, IFV, LVF, SDR2, Mobotix, Youku; and what editing, fast cameras and research use.
  ...of('application/octet-stream', 'dav ifv lvf sdr2 mxg kux pva nuv nut ivf obu y4m wtv gxf lxf cine rm rmvb'),
};

export const isVideoName = (name: string): boolean => extname(name).toLowerCase() in VIDEO_TYPES;

function of(type: string, endings: string): Record<string, string> {
  return Object.fromEntries(endings.split(' ').map((ending) => [`.${ending}`, type]));
}
