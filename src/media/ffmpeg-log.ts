import { type Size, sameSize } from '../core/geometry.js';

export type LogLevel = 'panic' | 'fatal' | 'error' | 'warning' | 'info' | 'verbose' | 'debug';

export interface LogLine {
  readonly level: LogLevel;
  /** Which part of ffmpeg spoke, for instance "h264"; absent for ffmpeg itself. */
  readonly component: string | undefined;
  /** Raw: it may show the address with its password. */
  readonly text: string;
}

/** What ffmpeg prints with `-loglevel repeat+level+…`: `[h264 @ 0x5581] [error] no frame!` */
const LINE = /^((?:\[[^\]]*\] )*)\[(panic|fatal|error|warning|info|verbose|debug)\] ?(.*)$/;

export function parseLogLine(line: string): LogLine {
  const match = LINE.exec(line);
  if (!match) return { level: 'info', component: undefined, text: line };
  const component = /\[([^\]@]+?)(?: @ [^\]]*)?\] $/.exec(match[1] ?? '')?.[1];
  return { level: match[2] as LogLevel, component, text: match[3] ?? '' };
}

/** Lines about filters quote them, which are ours and tell nobody anything. */
const ABOUT_FILTERS =
  /\bfilter ?(?:graph|chain|description)|\bcomplex filters?\b|\bParsed_\w+|Error (?:re)?initializing filter|^\[graph |No such filter|Filter \S+ has an unconnected/i;

/** @param line its component, where that is known, in brackets before it */
export const isAboutFilters = (line: string): boolean => ABOUT_FILTERS.test(line);

/** What people are shown instead of such a line. */
export const FILTERS_FAILED = 'ffmpeg could not set up its filters for this video';

export interface GraphInput {
  /** Of the decoded picture, before rotation and sample aspect ratio. */
  readonly size: Size;
  readonly pixelFormat: string;
  /** Pixel width over pixel height; 0 where unknown. */
  readonly sampleAspect: number;
}

/**
 * The line with which every ffmpeg from 5 on says that its filter graph is (re)built for pictures of this size: the only
 * word it has on a size change in mid-stream.
 */
export function parseGraphInput(line: LogLine): GraphInput | undefined {
  if (!line.component?.startsWith('graph ')) return undefined;
  const match = /^w:(\d+) h:(\d+) pixfmt:(\S+) .*?\bsar:(\d+)\/(\d+)/.exec(line.text);
  if (!match) return undefined;
  const [, width, height, pixelFormat = '', num, den] = match;
  return {
    size: { width: Number(width), height: Number(height) },
    pixelFormat,
    sampleAspect: Number(den) === 0 ? 0 : Number(num) / Number(den),
  };
}

/** The size of a picture that differs from what the graph was built for, where ffmpeg may not build it anew; said of each such frame. */
export function parseOtherSize(line: LogLine): Size | undefined {
  const match = /^filter context - .*incoming frame - w: (\d+) h: (\d+)/.exec(line.text);
  return match ? { width: Number(match[1]), height: Number(match[2]) } : undefined;
}

/** In words, how the picture changed; undefined where it did not. */
export function changeBetween(before: GraphInput, after: GraphInput): string | undefined {
  const words = ({ size, sampleAspect }: GraphInput, withAspect: boolean) =>
    `${size.width}×${size.height}${withAspect ? ` (pixel aspect ${Number(sampleAspect.toFixed(3))})` : ''}`;
  if (sameSize(before.size, after.size) && before.sampleAspect === after.sampleAspect) return undefined;
  const aspect = before.sampleAspect !== after.sampleAspect;
  return `the picture changed from ${words(before, aspect)} to ${words(after, aspect)}`;
}
