import { type Seconds, type Timestamp, toSeconds } from '../core/time.js';

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
  return `(isnan(prev_selected_t)+gt(${slot('t')},${slot('prev_selected_t')}))`;
}

/** Filters that let the frames through that are asked for, from the resume point on where there is one. */
export function chosenFrames(plan: {
  readonly sampling: Sampling | undefined;
  readonly resume?: ResumePoint | undefined;
}): string[] {
  const { sampling, resume } = plan;
  const rules: string[] = [];
  if (resume) rules.push(`gt(st(0,ld(0)+gt(ld(0)+gte(pts,${resume.pts.ticks}),0)),0)`);
  if (sampling) {
    // The frame that is resumed at was chosen, so counting can begin with it.
    rules.push(sampled(sampling, resume ? 'ld(0)-1' : 'n', resume ? `(${toSeconds(resume.origin)})` : 'start_t'));
  }
  return rules.length === 0 ? [] : [`select='${rules.join('*')}'`];
}

/** Filters that make whole pictures of fields; none where the video has none. */
export const deinterlacing = ({ interlaced }: { readonly interlaced: boolean }): string[] =>
  interlaced ? ['yadif=deint=interlaced'] : [];
