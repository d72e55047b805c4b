import { join } from 'node:path';
import { encodeGreyPng } from '../export/mask-png.js';
import { sampleAspect, scaling } from '../export-size.js';
import type { MaskedFrame, Output, Recording } from '../file-output.js';
import { joinVideo } from './join.js';
import { type VideoRecipe, VideoSegment } from './segment.js';
import { chosenFrames, SOURCE_ATTEMPTS, sourceInput } from './source-input.js';

/**
 * For editors: what belongs to the chosen classes.
 *
 * In: masks. Out, at the source's size and times: `matte.mov`, white where a chosen class is and black elsewhere (ProRes 422), or
 * `alpha.mov`, the picture itself, transparent where none is (ProRes 4444).
 */

export interface MatteStyle {
  /** Ids of the classes that stay. */
  readonly classes: ReadonlySet<number>;
}

export function matteVideo(recording: Recording, { classes }: MatteStyle): Output {
  const graph = () => `${enlargedMatte(recording)},format=yuv422p10,${clock(recording)}[out]`;
  return video(recording, 'matte', {
    picture: (frame) => mattePicture(frame, classes),
    inputs: () => [],
    graph,
    encoder: ['-c:v', 'prores_ks', '-profile:v', 'standard'],
    muxer: 'mov',
    attempts: 1,
  });
}

export function alphaVideo(recording: Recording, { classes }: MatteStyle): Output {
  const { file } = recording;
  return video(recording, 'alpha', {
    picture: (frame) => mattePicture(frame, classes),
    inputs: (start, attempt) => sourceInput(recording, start, attempt),
    graph: (start) =>
      [
        `[1:${file.stream}]${chosenFrames(recording, start)},${scaling(recording)}format=yuva444p[picture]`,
        `${enlargedMatte(recording)}[matte]`,
        `[picture][matte]alphamerge=eof_action=endall,format=yuva444p10,${clock(recording)}[out]`,
      ].join(';'),
    encoder: ['-c:v', 'prores_ks', '-profile:v', '4444', '-alpha_bits', '16'],
    muxer: 'mov',
    attempts: SOURCE_ATTEMPTS,
  });
}

function video(recording: Recording, name: string, recipe: VideoRecipe): Output {
  return {
    name,
    open: async (folder, start) => new VideoSegment(recording, recipe, folder, start),
    assemble: (segments, target, signal) =>
      joinVideo(recording, segments, name, join(target, `${name}.mov`), 'silent', signal),
  };
}

async function mattePicture({ mask }: MaskedFrame, classes: ReadonlySet<number>) {
  const values = mask.labels.map((label) => (classes.has(label) ? 255 : 0));
  return { png: await encodeGreyPng(values, mask.size), size: mask.size };
}

/** Bilinear: edges fade over one mask pixel instead of showing steps. */
function enlargedMatte({ file, size }: Recording): string {
  return `[0:v]scale=${size.width}:${size.height}:flags=bilinear+accurate_rnd,${sampleAspect(file)},format=gray`;
}

const clock = ({ timeBase }: Recording): string => `settb=${timeBase.num}/${timeBase.den}`;
