import type { ColorInfo } from './facts.js';
import { type MediaTools, readTool } from './media-tools.js';

/**
 * HDR as the network and 8-bit video need it: SDR in BT.709, as a grade of the same picture would be.
 *
 * zscale (the zimg library) and ffmpeg's tonemap do it where ffmpeg has them. Elsewhere swscale makes RGB, and expressions do the rest
 * channel by channel in 16 bits: the inverse of the transfer function, a Reinhard curve, the primaries, BT.709's display gamma.
 */

/** The matrix of what comes out. */
export const TONE_MAPPED = 'bt709';

/** Nits of white in SDR, by ITU-R BT.2408, and of the brightest that is kept apart. */
const WHITE = 203;
const PEAK = 1000;

const HDR = ['smpte2084', 'arib-std-b67'];

/** Filters that begin and end with YUV of ten bits; none where the picture isn't HDR. */
export async function toneMapping(tools: MediaTools, color: ColorInfo): Promise<readonly string[]> {
  const { transfer } = color;
  if (transfer === undefined || !HDR.includes(transfer)) return [];
  const able = await hasFilters(tools, ['zscale', 'tonemap']);
  return able ? byZimg(transfer, color) : byExpressions(transfer, color);
}

export function byZimg(transfer: string, { range, primaries }: ColorInfo): string[] {
  const said = `range=${range === 'pc' ? 'pc' : 'tv'}:colorspace=bt2020nc:color_trc=${transfer}`;
  return [
    // Chroma of odd sides can't be halved by zimg.
    'format=yuv444p10',
    // What the file leaves out zimg can't guess.
    `setparams=${said}:color_primaries=${primaries === 'bt709' ? 'bt709' : 'bt2020'}`,
    `zscale=t=linear:npl=${WHITE}`,
    'format=gbrpf32',
    'zscale=p=bt709',
    'tonemap=mobius:desat=0',
    'zscale=t=bt709:m=bt709:r=limited',
    'format=yuv444p10',
  ];
}

export function byExpressions(transfer: string, { range, primaries }: ColorInfo): string[] {
  const lines = range === 'pc' ? 'pc' : 'tv';
  const light = `(${transfer === 'smpte2084' ? PQ : HLG})/${WHITE}`;
  const mapped = `st(0,${light});65535*ld(0)*(1+ld(0)/${(PEAK / WHITE) ** 2})/(1+ld(0))`;
  const display = '65535*pow(val/65535,1/2.4)';
  const channels = (expression: string) => `lutrgb='r=${expression}:g=${expression}:b=${expression}'`;
  return [
    `scale=in_color_matrix=bt2020:in_range=${lines}`,
    'format=gbrp16',
    channels(`clip(${mapped},0,65535)`),
    ...(primaries === 'bt709' ? [] : [`colorchannelmixer=${BT2020_TO_BT709}`]),
    channels(display),
    'scale=out_color_matrix=bt709:out_range=tv',
    'format=yuv444p10',
  ];
}

/** Nits of a channel's value: SMPTE ST 2084. */
const ROOT = 'pow(val/65535,1/78.84375)';
const PQ = `10000*pow(max(${ROOT}-0.8359375,0)/(18.8515625-18.6875*${ROOT}),1/0.1593017578125)`;
/** Nits on a display of 1,000: ARIB STD-B67 with a system gamma of 1.2, a channel at a time. */
const HLG =
  '1000*pow(if(lt(val/65535,0.5),val/65535*val/65535/3,(exp((val/65535-0.55991073)/0.17883277)+0.28466892)/12),1.2)';
const BT2020_TO_BT709 = [
  ...['rr=1.6605', 'rg=-0.5876', 'rb=-0.0728', 'gr=-0.1246', 'gg=1.1329', 'gb=-0.0083'],
  ...['br=-0.0182', 'bg=-0.1006', 'bb=1.1187'],
].join(':');

const known = new Map<string, Promise<ReadonlySet<string>>>();

async function hasFilters(tools: MediaTools, names: readonly string[]): Promise<boolean> {
  const listed = known.get(tools.ffmpeg) ?? filtersOf(tools);
  known.set(tools.ffmpeg, listed);
  const filters = await listed;
  return names.every((name) => filters.has(name));
}

async function filtersOf({ ffmpeg }: MediaTools): Promise<ReadonlySet<string>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readTool(ffmpeg, ['-hide_banner', '-filters'], 'the list of filters')) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString('utf8').split('\n');
  return new Set(lines.flatMap((line) => /^ \S{2,3} (\S+)/.exec(line)?.[1] ?? []));
}
