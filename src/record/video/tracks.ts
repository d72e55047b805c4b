import type { RecordedFile } from '../../media/inspect.js';
import type { Muxer } from './segment.js';

/**
 * Which container takes the source's sound and subtitles, and what becomes of each track.
 *
 * In: the codecs of the source's tracks. Out: the container that costs least, tracks that are copied where it can hold them,
 * converted where it can't, left out where nothing can be done. Known before the work; what ffmpeg makes of it is tried then, too.
 */

export type Container = 'mp4' | 'mov' | 'mkv';

export interface TrackPlan {
  readonly container: Container;
  readonly tracks: readonly Track[];
  /** Every sound track goes through it; all of them are converted then. */
  readonly soundFilter?: string;
  /** What people have to know. */
  readonly warnings: readonly string[];
}

export interface Track {
  /** ffprobe's letter of its kind. */
  readonly kind: 'a' | 's';
  /** Among the source's tracks of its kind. */
  readonly index: number;
  /** ffmpeg's encoder; absent where the track is copied. */
  readonly encoder?: string;
  /** As ffprobe calls it in the result. */
  readonly codec: string;
}

const INTO_MP4 = ['aac', 'mp3', 'ac3', 'eac3', 'alac'];
const INTO_MOV = [
  ...['pcm_s8', 'pcm_s16le', 'pcm_s16be', 'pcm_s24le', 'pcm_s24be', 'pcm_s32le', 'pcm_s32be', 'pcm_f32le', 'pcm_f32be'],
  ...['pcm_f64le', 'pcm_f64be', 'pcm_alaw', 'pcm_mulaw', 'adpcm_ima_qt', 'amr_nb', 'amr_wb'],
];
const INTO_MKV = [
  ...[
    'opus',
    'vorbis',
    'flac',
    'mp2',
    'dts',
    'truehd',
    'mlp',
    'tta',
    'wavpack',
    'wmav1',
    'wmav2',
    'wmapro',
    'wmalossless',
  ],
  ...['pcm_u8', 'pcm_s16le', 'pcm_s16be', 'pcm_s24le', 'pcm_s24be', 'pcm_s32le', 'pcm_s32be', 'pcm_f32le', 'pcm_f64le'],
  ...['pcm_alaw', 'pcm_mulaw', 'adpcm_ms', 'adpcm_ima_wav', 'cook', 'ra_144', 'ra_288'],
];
const SOUND: Readonly<Record<Container, ReadonlySet<string>>> = {
  mp4: new Set([...INTO_MP4, 'opus']),
  mov: new Set([...INTO_MP4, ...INTO_MOV]),
  mkv: new Set([...INTO_MP4, ...INTO_MKV]),
};

const MKV_SUBTITLES = [
  ...[
    'subrip',
    'ass',
    'ssa',
    'webvtt',
    'text',
    'dvd_subtitle',
    'dvb_subtitle',
    'hdmv_pgs_subtitle',
    'hdmv_text_subtitle',
  ],
];
const SUBTITLES: Readonly<Record<Container, ReadonlySet<string>>> = {
  mp4: new Set(['mov_text']),
  mov: new Set(['mov_text']),
  mkv: new Set(MKV_SUBTITLES),
};
/** Others are pictures. */
const TEXTS = new Set([
  ...['mov_text', 'subrip', 'ass', 'ssa', 'webvtt', 'text', 'microdvd', 'jacosub', 'sami', 'realtext', 'subviewer'],
  ...['subviewer1', 'mpl2', 'vplayer', 'pjs', 'stl', 'eia_608'],
]);

/** PCM in a wrapping of its own, which plain PCM holds without loss. */
const isPcm = (codec: string): boolean => codec.startsWith('pcm_') || codec === 's302m';

interface Fate {
  readonly track?: Track;
  readonly cost: number;
  readonly warning?: string;
}

const LEFT_OUT = 100;

/** @param cut only a part is asked for: subtitles and fonts would keep the times of the whole */
export function planTracks(
  file: Pick<RecordedFile, 'audioCodecs' | 'subtitleCodecs' | 'attachments'>,
  muxer: Muxer,
  cut: boolean,
): TrackPlan {
  const containers: readonly Container[] = muxer === 'mov' ? ['mp4', 'mov', 'mkv'] : ['mp4', 'mkv'];
  const plans = containers.map((container) => {
    const fates = [
      ...file.audioCodecs.map((codec, index) => soundIn(container, codec, index)),
      ...(cut ? [] : file.subtitleCodecs.map((codec, index) => subtitlesIn(container, codec, index))),
    ];
    return { container, fates, cost: fates.reduce((sum, { cost }) => sum + cost, 0) };
  });
  const best = plans.reduce((a, b) => (b.cost < a.cost ? b : a));
  const fonts = !cut && (file.attachments ?? 0) > 0 && best.container !== 'mkv';
  return {
    container: best.container,
    tracks: best.fates.flatMap(({ track }) => track ?? []),
    warnings: [
      ...best.fates.flatMap(({ warning }) => warning ?? []),
      ...(fonts ? ['fonts and other attachments are left out of the overlay: only Matroska holds them'] : []),
    ],
  };
}

/** Where ffmpeg couldn't keep what was planned: all sound converted, subtitles left out; then nothing but the picture. */
export function lesserPlans(file: Pick<RecordedFile, 'audioCodecs'>, { container }: TrackPlan): TrackPlan[] {
  const tracks = file.audioCodecs.map((codec, index) => converted(codec, index, 'aac').track as Track);
  const lost = 'ffmpeg could not write';
  return [
    {
      container,
      tracks,
      warnings: [`the sound is converted to AAC and subtitles are left out of the overlay: ${lost} them as they are`],
    },
    { container, tracks: [], warnings: [`sound and subtitles are left out of the overlay: ${lost} them`] },
  ];
}

/** All sound converted, so that it can be given other times; subtitles can't. */
export function convertedSound(file: Pick<RecordedFile, 'audioCodecs' | 'subtitleCodecs'>): TrackPlan {
  const known = file.audioCodecs.flatMap((codec, index) =>
    codec === 'unknown' || codec === 'none' ? [] : [converted(codec, index, 'aac').track as Track],
  );
  const why = "the recording's clock jumps back";
  return {
    container: 'mp4',
    tracks: known,
    warnings: [
      `the sound is converted to AAC in the overlay, to go on with its pictures: ${why}`,
      ...(file.subtitleCodecs.length > 0 ? [`subtitles are left out of the overlay: ${why}`] : []),
    ],
  };
}

function soundIn(container: Container, codec: string, index: number): Fate {
  if (codec === 'unknown' || codec === 'none') {
    return { cost: LEFT_OUT, warning: `sound track ${index + 1} is left out of the overlay: its codec is unknown` };
  }
  if (SOUND[container].has(codec)) return { track: { kind: 'a', index, codec }, cost: 0 };
  return isPcm(codec) && container !== 'mp4' ? converted(codec, index, 'pcm_s24le') : converted(codec, index, 'aac');
}

function converted(codec: string, index: number, encoder: 'aac' | 'pcm_s24le'): Fate {
  const name = encoder === 'aac' ? 'AAC' : '24-bit PCM';
  return {
    track: { kind: 'a', index, encoder, codec: encoder },
    cost: encoder === 'aac' ? 10 : 3,
    warning: `sound track ${index + 1} (${codec}) is converted to ${name} in the overlay: its container can't hold it`,
  };
}

function subtitlesIn(container: Container, codec: string, index: number): Fate {
  if (SUBTITLES[container].has(codec)) return { track: { kind: 's', index, codec }, cost: 0 };
  const name = `subtitle track ${index + 1} (${codec})`;
  if (!TEXTS.has(codec)) {
    return { cost: LEFT_OUT, warning: `${name} is left out of the overlay: its container can't hold it` };
  }
  const encoder = container === 'mkv' ? 'subrip' : 'mov_text';
  return {
    track: { kind: 's', index, encoder, codec: encoder },
    cost: container === 'mkv' ? 4 : 5,
    warning: `${name} is converted to ${container === 'mkv' ? 'SubRip' : 'timed text'} in the overlay: its container can't hold it`,
  };
}

/** ffmpeg's arguments for the tracks of its input 1. */
export function trackArguments({ tracks, container, soundFilter }: TrackPlan, whole: boolean): string[] {
  const counts = { a: 0, s: 0 };
  const args = tracks.flatMap(({ kind, index, encoder }) => {
    const out = counts[kind]++;
    const filter = kind === 'a' && soundFilter ? [`-filter:a:${out}`, soundFilter] : [];
    return ['-map', `1:${kind}:${index}`, ...filter, ...(encoder ? [`-c:${kind}:${out}`, encoder] : [])];
  });
  return [...args, ...(whole && container === 'mkv' ? ['-map', '1:t?'] : [])];
}
