import { type Seconds, type Timestamp, toSeconds } from '../core/time.js';
import type { MediaFacts } from './facts.js';

/** Which frames of a recording come out of ffmpeg. */

export type Sampling =
  /** frames 0, n, 2n, … */
  | { readonly kind: 'every'; readonly frames: number }
  /** the first frame in each 1/rate seconds */
  | { readonly kind: 'rate'; readonly fps: number };

/** The last frame that an earlier run has finished with. It is delivered once more, as the first one. */
export interface ResumePoint {
  readonly number: number;
  readonly pts: Timestamp;
  /** `pixelDigest` of its pixels: a decoder that has not seen enough of the file before it gives others. */
  readonly pixels: string;
  /** Where to seek: seconds from the beginning of the file, not after the frame. */
  readonly seek: Seconds;
  /** Pts of frame 0: a sampling by rate counts from it. */
  readonly origin: Timestamp;
  /** Ticks between the frames before it: see SourceClock. */
  readonly step: number;
}

/** Where a part of a recording begins. */
export interface Entry {
  /** Pts of the first tick that is in. */
  readonly ticks: number;
  /** Where to seek: seconds from the beginning of the file. */
  readonly seek: Seconds;
  /** Whether the frames before it are wanted as well, as the proof that the seek did not lead behind it. */
  readonly proof: boolean;
}

/**
 * ffmpeg's expression that is true for the frames of a sampling.
 *
 * @param count expression of a frame's number, counted from one that is chosen
 * @param origin expression of the time in seconds that a rate is counted from
 */
export function sampled(sampling: Sampling, count: string, origin: string): string {
  if (sampling.kind === 'every') return `not(mod(${count},${sampling.frames}))`;
  const slot = (time: string) => `floor((${time}-${origin})*${sampling.fps}+0.001)`;
  return `(not(${count})+gt(${slot('t')},${slot('prev_selected_t')}))`;
}

/** Filters that let the frames through that are asked for, from the resume point or the entry on where there is one. */
export function chosenFrames(plan: {
  readonly sampling: Sampling | undefined;
  readonly resume?: ResumePoint | undefined;
  readonly entry?: Entry | undefined;
}): string[] {
  const { sampling, resume, entry } = plan;
  const start = resume?.pts.ticks ?? entry?.ticks;
  // Counts from the first frame that is in.
  const begun = start === undefined ? undefined : `gt(st(0,ld(0)+gt(ld(0)+gte(pts,${start}),0)),0)`;
  const count = begun ? 'ld(0)-1' : 'n';
  const first = begun ? 'st(1,if(eq(ld(0),1),t,ld(1)))' : 'start_t';
  const rule = sampling && sampled(sampling, count, resume ? `(${toSeconds(resume.origin)})` : first);
  if (begun && entry?.proof && !resume) return rule ? [`select='if(${begun},${rule},1)'`] : [];
  const rules = [begun, rule].filter((each) => each !== undefined);
  return rules.length === 0 ? [] : [`select='${rules.join('*')}'`];
}

/** Filters that make whole pictures of fields; none where the video has none. */
export function deinterlacing({ interlaced, fieldOrder }: Pick<MediaFacts, 'interlaced' | 'fieldOrder'>): string[] {
  if (!interlaced) return [];
  return [fieldOrder ? `yadif=deint=all:parity=${fieldOrder}` : 'yadif=deint=interlaced'];
}
