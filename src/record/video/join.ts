import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { MaskcastError } from '../../core/errors.js';
import type { Rational } from '../../core/time.js';
import { PART, renameDurably, syncFile, writing } from '../../flow/durable.js';
import type { RecordedFile } from '../../media/inspect.js';
import { fileUrl, LOCAL_ONLY, runFfmpeg } from '../../media/media-tools.js';
import type { Recording, Segment } from '../file-output.js';
import { requireTimes } from './exact-times.js';
import { type Muxer, SEGMENT_TIMES, SEGMENT_VIDEO } from './segment.js';

/**
 * Puts the segments of one video into one file without encoding again, and adds the source's sound and subtitles as they are.
 *
 * Always holds: the finished file's frame times have been read back and compared with the masks'; it gets its name only then.
 */

/** Codecs that MP4 carries and players know there. */
const MP4_AUDIO = new Set(['aac', 'mp3', 'ac3', 'eac3', 'opus', 'alac', 'flac']);
const MP4_SUBTITLES = new Set(['mov_text']);

/**
 * The container that takes the source's sound and subtitles untouched: MP4 where it can, then QuickTime where that takes the video too,
 * then Matroska.
 */
export function overlayContainer(file: RecordedFile, muxer: Muxer, cut: boolean): 'mp4' | 'mov' | 'mkv' {
  const subtitles = cut ? [] : file.subtitleCodecs;
  if (!subtitles.every((codec) => MP4_SUBTITLES.has(codec))) return 'mkv';
  if (file.audioCodecs.every((codec) => MP4_AUDIO.has(codec))) return 'mp4';
  const quickTime =
    muxer === 'mov' && file.audioCodecs.every((audio) => MP4_AUDIO.has(audio) || audio.startsWith('pcm_'));
  return quickTime ? 'mov' : 'mkv';
}

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

export async function joinVideo(
  recording: Recording,
  segments: readonly Segment[],
  output: string,
  target: string,
  sound: 'with-sound' | 'silent',
  signal: AbortSignal,
): Promise<void> {
  const { tools, timeBase } = recording;
  const list = join(dirname(segments[0]?.folder ?? target), `${output}.ffconcat`);
  await writeList(list, recording, segments, output);
  const shift = timeShift(recording);
  const offset = firstSeconds(recording) + shift;
  const extension = extname(target);
  await runFfmpeg(
    tools,
    [
      '-copyts',
      ...['-itsoffset', offset.toFixed(6), ...LOCAL_ONLY, '-f', 'concat', '-safe', '0', '-i', fileUrl(list)],
      ...(sound === 'with-sound' && steady(recording)
        ? soundInput(recording, shift)
        : ['-map', '0:v:0', '-map_metadata', '-1']),
      ...['-c', 'copy', '-max_interleave_delta', '0'],
      ...['-avoid_negative_ts', 'disabled', '-fflags', '+bitexact'],
      ...muxerArguments(extension, timeBase),
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
  await syncFile(target + PART);
  await renameDurably(target + PART, target);
  await rm(list, { force: true });
}

/** Sound of a clock that jumps back would lie on other frames than its own. */
function steady({ file, warn }: Recording): boolean {
  if (file.jumps > 0) warn("the sound and the subtitles are left out of the overlay: the recording's clock jumps back");
  return file.jumps === 0;
}

function soundInput({ file, range }: Recording, shift: number): string[] {
  const { from, to } = range ?? {};
  const bounds = [
    ...(shift === 0 ? [] : ['-itsoffset', shift.toFixed(6)]),
    ...(from === undefined ? [] : ['-ss', String(from)]),
    ...(to === undefined ? [] : ['-t', String(to - (from ?? 0))]),
  ];
  const whole = range === undefined;
  return [
    ...bounds,
    ...file.opening,
    ...['-map', '0:v:0', '-map', '1:a?'],
    // Subtitles and fonts of a cut would keep the times of the whole.
    ...(whole ? ['-map', '1:s?', '-map', '1:t?', '-map_chapters', '1'] : ['-map_chapters', '-1']),
    ...['-map_metadata', '1', '-copy_unknown'],
  ];
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
      file.write(`file '${quoted(fileUrl(join(segment.folder, output, SEGMENT_VIDEO)))}'\n`);
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

const quoted = (text: string): string => text.replaceAll("'", "'\\''");
