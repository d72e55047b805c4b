import { join } from 'node:path';
import { encodeGreyPng } from '../export/mask-png.js';
import { sampleAspect, scaling } from '../export-size.js';
import type { MaskedFrame, Output, Recording, SegmentStart } from '../file-output.js';
import { finish, toVideoRange } from './colors.js';
import { joinVideo } from './join.js';
import { rehearsed } from './rehearsal.js';
import { type VideoRecipe, VideoSegment } from './segment.js';
import { chosenFrames, sourceAttempts, sourceInput } from './source-input.js';

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
  const graph = () => `${enlargedMatte(recording)},format=gray,format=yuv422p10,${finish(recording, KEPT)}`;
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
  const range = toVideoRange(file, KEPT);
  return video(recording, 'alpha', {
    picture: (frame) => mattePicture(frame, classes),
    inputs: (start, attempt) => sourceInput(recording, start, attempt),
    graph: (start) =>
      [
        `[1:${file.stream}]${chosenFrames(recording, start)},${scaling(recording)}${range}format=yuv444p10[picture]`,
        // alphamerge has eight bits only.
        `${enlargedMatte(recording)},format=gray,format=gray10[matte]`,
        `[picture][matte]mergeplanes=${PICTURE_AND_ALPHA}:format=yuva444p10,${finish(recording, KEPT)}`,
      ].join(';'),
    encoder: ['-c:v', 'prores_ks', '-profile:v', '4444', '-alpha_bits', '16'],
    muxer: 'mov',
    attempts: sourceAttempts(recording),
  });
}

function video(recording: Recording, name: string, recipe: VideoRecipe): Output {
  const open = async (folder: string, start: SegmentStart) => new VideoSegment(recording, recipe, folder, start);
  return {
    name,
    open,
    prepare: async (folder, start) => void (await rehearsed(recording, { name, open }, folder, start)),
    assemble: (segments, target, signal) =>
      joinVideo(recording, segments, { output: name, target: join(target, `${name}.mov`) }, signal),
  };
}

async function mattePicture({ mask }: MaskedFrame, classes: ReadonlySet<number>) {
  const values = mask.labels.map((label) => (classes.has(label) ? 255 : 0));
  return { png: await encodeGreyPng(values, mask.size), size: mask.size };
}

/** Bilinear: edges fade over one mask pixel instead of showing steps. */
function enlargedMatte({ file, size }: Recording): string {
  return `[0:v]scale=${size.width}:${size.height}:flags=bilinear+accurate_rnd,${sampleAspect(file)}`;
}

/** Editors grade HDR themselves: ten bits hold it. */
const KEPT = { hdr: 'kept' } as const;

/** mergeplanes' plan: Y, U and V of input 0, the alpha from input 1. */
const PICTURE_AND_ALPHA = ['map0s=0:map0p=0', 'map1s=0:map1p=1', 'map2s=0:map2p=2', 'map3s=1:map3p=0'].join(':');
