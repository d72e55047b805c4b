import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { MaskcastError } from '../../core/errors.js';
import type { Rational } from '../../core/time.js';
import { PART, renameDurably, syncFile, writing } from '../../flow/durable.js';
import { fileUrl, LOCAL_ONLY, type MediaTools, readTool, runFfmpeg } from '../../media/media-tools.js';
import type { Recording, Segment } from '../file-output.js';
import { requireTimes } from './exact-times.js';
import { SEGMENT_TIMES, SEGMENT_VIDEO } from './segment.js';
import { type Track, type TrackPlan, trackArguments } from './tracks.js';

/**
 * Puts the segments of one video into one file without encoding again, and adds the source's sound and subtitles.
 *
 * Always holds: the finished file's frame times have been read back and compared with the masks'; it gets its name only then.
 */

function muxerArguments(extension: string, { den }: Rational): string[] {
  if (extension === '.mkv') return ['-f', 'matroska'];
  // The edit list, which says where the first frame lies, counts in the movie's ticks: ffmpeg's own of 1/1000 s would cut it off.
  const exact = ['-video_track_timescale', String(den), '-movie_timescale', String(movieTimescale(den))];
  return [...exact, ...(extension === '.mp4' ? ['-movflags', '+faststart', '-f', 'mp4'] : ['-f', 'mov'])];
}

/** A multiple of the video's ticks a second that is fine enough for the beginning of a sound track, too. */
const movieTimescale = (den: number): number => den * Math.max(1, Math.round(FINE_TIMESCALE / den));
const FINE_TIMESCALE = 90_000;

const firstSeconds = ({ firstTicks, timeBase }: Recording): number => (firstTicks * timeBase.num) / timeBase.den;

/**
 * Seconds between the source's timeline and the file's. A cut begins at 0; a whole recording keeps the source's own times, unless
 * they begin below 0, where containers have none.
 */
function timeShift(recording: Recording): number {
  const { file, range } = recording;
  if (range?.from !== undefined) return -(file.start + range.from);
  const first = firstSeconds(recording);
  return first < 0 ? -Math.min(first, file.start) : 0;
}

export interface JoinPlan {
  /** The output's name in the segments' folders. */
  readonly output: string;
  /** Absolute; its extension says the container. */
  readonly target: string;
  /** The source's own that are to be in it; none where absent. */
  readonly tracks?: TrackPlan | undefined;
  /** Of the tracks, where only a try is wanted. */
  readonly seconds?: number;
}

/** @throws MaskcastError FRAME_COUNT_MISMATCH, FFMPEG_FAILED also where a track is not in the file as it was planned */
export async function joinVideo(
  recording: Recording,
  segments: readonly Segment[],
  { output, target, tracks, seconds }: JoinPlan,
  signal: AbortSignal,
): Promise<void> {
  const { tools, timeBase, range } = recording;
  const list = join(dirname(segments[0]?.folder ?? target), `${output}.ffconcat`);
  await writeList(list, recording, segments, output);
  const shift = timeShift(recording);
  const offset = firstSeconds(recording) + shift;
  await runFfmpeg(
    tools,
    [
      '-copyts',
      ...['-itsoffset', offset.toFixed(6), ...LOCAL_ONLY, '-f', 'concat', '-safe', '0', '-i', fileUrl(list)],
      ...(tracks ? soundInput(recording, shift, seconds) : []),
      ...['-map', '0:v:0', '-c', 'copy'],
      ...(tracks ? trackArguments(tracks, range === undefined) : ['-map_metadata', '-1']),
      ...['-max_interleave_delta', '0', '-avoid_negative_ts', 'disabled', '-fflags', '+bitexact'],
      ...muxerArguments(extname(target), timeBase),
      fileUrl(target + PART),
    ],
    target,
    signal,
  );
  const expected: number[] = [];
  for (const { folder } of segments) {
    const times = JSON.parse(await readFile(join(folder, output, SEGMENT_TIMES), 'utf8')) as number[];
    for (const ticks of times) expected.push(ticks);
  }
  await requireTimes(tools, target + PART, expected, timeBase, shift);
  if (tracks) await requireTracks(tools, target + PART, tracks.tracks);
  await syncFile(target + PART);
  await renameDurably(target + PART, target);
  await rm(list, { force: true });
}

function soundInput({ file, range }: Recording, shift: number, seconds: number | undefined): string[] {
  const { from, to } = range ?? {};
  const length = seconds ?? (to === undefined ? undefined : to - (from ?? 0));
  const bounds = [
    ...(shift === 0 ? [] : ['-itsoffset', shift.toFixed(6)]),
    ...(from === undefined ? [] : ['-ss', String(from)]),
    ...(length === undefined ? [] : ['-t', String(length)]),
  ];
  const whole = range === undefined;
  const facts = ['-map_chapters', whole ? '1' : '-1', '-map_metadata', '1'];
  return [...bounds, ...file.opening, ...facts];
}

/** @throws MaskcastError FFMPEG_FAILED where a track has another codec in the file than was planned, or none that ffmpeg knows */
async function requireTracks(tools: MediaTools, path: string, expected: readonly Track[]): Promise<void> {
  const entries = ['-v', 'error', ...LOCAL_ONLY, '-show_entries', 'stream=codec_type,codec_name', '-of', 'json'];
  let json = '';
  for await (const chunk of readTool(tools.ffprobe, [...entries, fileUrl(path)], path))
    json += Buffer.from(chunk).toString();
  const { streams } = JSON.parse(json) as { streams: { codec_type?: string; codec_name?: string }[] };
  const found = (type: string) => streams.filter((each) => each.codec_type === type).map((each) => each.codec_name);
  for (const [kind, type] of [
    ['a', 'audio'],
    ['s', 'subtitle'],
  ] as const) {
    const wanted = expected.filter((track) => track.kind === kind).map(({ codec }) => codec);
    if (wanted.join() === found(type).join()) continue;
    const words = `${type} tracks ${found(type).map(String).join(', ') || 'none'} instead of ${wanted.join(', ')}`;
    throw new MaskcastError('FFMPEG_FAILED', `${path} has the ${words}`);
  }
}

/** ffmpeg's concat script. Each segment lasts until the next one's first frame: that places every frame exactly. */
async function writeList(
  path: string,
  { timeBase }: Recording,
  segments: readonly Segment[],
  output: string,
): Promise<void> {
  const first = segments[0];
  if (!first) throw new MaskcastError('INTERNAL', 'a recording without segments cannot be joined');
  const microseconds = (ticks: number) => Math.round(((ticks - first.firstTicks) * timeBase.num * 1e6) / timeBase.den);
  await writing(path, async () => {
    const file = createWriteStream(path);
    file.write('ffconcat version 1.0\n');
    for (const [index, segment] of segments.entries()) {
      // Counted from the list: nobody's folder names are in it, whatever characters they have.
      file.write(`file '${relative(dirname(path), join(segment.folder, output, SEGMENT_VIDEO))}'\n`);
      const next = segments[index + 1];
      if (next) {
        const duration = microseconds(next.firstTicks) - microseconds(segment.firstTicks);
        file.write(`duration ${(duration / 1e6).toFixed(6)}\n`);
      }
    }
    file.end();
    await finished(file);
  });
}
