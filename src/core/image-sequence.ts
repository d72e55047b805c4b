/** Pictures in files of their own that are the frames of one recording. */
export interface ImageSequence {
  /** What the `%` or the `*` in the recording's path stands for: consecutive numbers, or any names, in the order of their bytes. */
  readonly names: 'numbered' | 'any';
  /** The first number; 0 where names are any. */
  readonly first: number;
  /** Pictures. */
  readonly count: number;
  /** Pictures a second. */
  readonly rate: number;
}

/** ffmpeg's options before `-i` with the path, without a protocol before it. */
export function imageOptions({ names, first, rate }: ImageSequence): readonly string[] {
  const numbers = names === 'numbered' ? ['-pattern_type', 'sequence', '-start_number', String(first)] : [];
  return ['-f', 'image2', '-framerate', String(rate), ...(names === 'any' ? ['-pattern_type', 'glob'] : numbers)];
}
