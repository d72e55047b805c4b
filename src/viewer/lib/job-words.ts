import { classWords } from '../../core/class-settings.js';
import type { JobOptions, JobState, JobView } from '../../delivery/http/jobs-schema.js';
import { formatCount, formatElapsed, formatRate, formatSeconds } from './format.js';
import { policyWords } from './words.js';

/** Jobs as people read them. */

export type Tone = 'live' | 'busy' | 'warn' | 'bad' | 'off';

const STATES: Readonly<Record<JobState, { readonly label: string; readonly tone: Tone }>> = {
  queued: { label: 'Waiting', tone: 'off' },
  running: { label: 'Running', tone: 'busy' },
  paused: { label: 'Paused', tone: 'warn' },
  done: { label: 'Done', tone: 'live' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'off' },
};

export const stateWords = (state: JobState): { readonly label: string; readonly tone: Tone } => STATES[state];

/** What a person may ask of a job in its state. */
export type JobAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'remove';

const ACTIONS: Readonly<Record<JobState, readonly JobAction[]>> = {
  queued: ['pause', 'cancel', 'remove'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel', 'remove'],
  done: ['remove'],
  failed: ['retry', 'remove'],
  cancelled: ['retry', 'remove'],
};

export const actionsOf = (state: JobState): readonly JobAction[] => ACTIONS[state];

/** Part that is done, 0–1; undefined where the end is not known. */
export function doneShare({ state, progress }: Pick<JobView, 'state' | 'progress'>): number | undefined {
  if (state === 'done') return 1;
  if (!progress.expected) return undefined;
  return Math.min(1, progress.frames / progress.expected);
}

/** All frames are through; files are being put together. */
export const isFinishing = ({ state, progress }: JobView): boolean =>
  state === 'running' && progress.expected !== undefined && progress.frames >= progress.expected;

/** One line: what is known of how far the job has come. */
export function progressWords(job: JobView): string {
  const { state, progress, position } = job;
  const frames = progress.expected
    ? `${formatCount(progress.frames)} of ${formatCount(progress.expected)} frames`
    : `${formatCount(progress.frames)} frames`;
  if (state === 'queued') {
    const kept = progress.frames > 0 ? `, ${frames} are done` : '';
    if (!position) return `Next${kept}`;
    return `${position} ${position === 1 ? 'job' : 'jobs'} before it${kept}`;
  }
  if (state === 'done') return `${formatCount(progress.frames)} frames`;
  if (state !== 'running') return frames;
  if (isFinishing(job)) return `${frames} · writing the results`;
  return [
    frames,
    progress.fps === undefined ? undefined : `${formatRate(progress.fps)} fps`,
    progress.speed === undefined ? undefined : speedWords(progress.speed),
    progress.secondsLeft === undefined ? undefined : `${formatElapsed(progress.secondsLeft * 1000)} left`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** Seconds of video per second: `0.42 × real time`. */
export const speedWords = (speed: number): string =>
  `${speed >= 10 ? speed.toFixed(0) : speed.toFixed(speed >= 1 ? 1 : 2)}\u00a0× real time`;

/** What to do about a job that failed, by the error's stable code. */
const ADVICE: Readonly<Record<string, string>> = {
  NOT_VIDEO: 'Pick a file that has a video stream; sound alone cannot be segmented.',
  CORRUPT: 'The file is damaged beyond what can be decoded. Copy it again from where it came from.',
  CODEC_UNSUPPORTED: 'Convert it to H.264 first, for instance with ffmpeg.',
  RECORD_DAMAGED: 'Whoever runs the server can mend the file or bring a copy back. Deleting the job is the other way.',
  SIZE_UNSUPPORTED: 'Scale the recording down first, for instance with ffmpeg.',
  DISK_FULL: 'Make room on the disk that holds the results, then try again: what is done is kept.',
  OUTPUT_UNWRITABLE: 'The server may not write to the folder of its results. Whoever runs it can change that.',
  FRAME_COUNT_MISMATCH:
    'Frames were lost on the way, so the results were withheld. Try again; if it comes back, report it.',
  MODEL_NOT_FOUND: 'The model is not installed any more. Start a new job with another.',
  NOT_FOUND: 'The recording is not where it was. Put it back, or upload it again.',
  TOO_LARGE: 'Put it into one of the configured media folders instead, and pick it there.',
  WORKER_LOST: 'Try again: the frames that are done are kept.',
  INFERENCE_FAILED: 'Try again; if it comes back, the model does not suit this recording.',
  FFMPEG_FAILED: 'Try again; if it comes back, the file is damaged or of an unusual kind.',
};

export const jobAdvice = (code: string | undefined): string | undefined =>
  code === undefined ? undefined : ADVICE[code];

/** The settings that a job runs with, as term and value; only what says something. */
export function settingsWords(model: string, options: JobOptions): readonly (readonly [string, string])[] {
  const rows: [string, string][] = [
    ['Model', model],
    ['Network sees', policyWords(options.policy)],
    ['Smoothing', options.smoothing ? 'on' : 'off'],
  ];
  if (options.from !== undefined || options.to !== undefined) {
    const until = options.to === undefined ? 'the end' : formatSeconds(options.to);
    rows.push(['Part', `${formatSeconds(options.from ?? 0)} to ${until}`]);
  }
  if (options.every !== undefined) rows.push(['Frames', `one in ${options.every}`]);
  if (options.fps !== undefined) rows.push(['Frames', `${options.fps} a second`]);
  if (options.modelClasses !== undefined) rows.push(['Looked for', classWords(options.modelClasses)]);
  if (options.classes !== undefined) rows.push(['Classes', options.classes.join(', ')]);
  return rows;
}
