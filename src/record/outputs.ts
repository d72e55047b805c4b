import { cocoFile } from './coco.js';
import { cvatArchive } from './cvat.js';
import { labelStudioTasks } from './label-studio.js';
import { maskSequence } from './mask-sequence.js';
import { type MaskCodec, maskVideo } from './mask-video.js';
import { alphaVideo, matteVideo } from './matte.js';
import type { Output, Recording } from './output.js';
import { type OverlayStyle, overlayVideo } from './overlay.js';
import type { Region } from './region.js';
import { summaryPage } from './summary.js';
import { frameTable } from './table.js';
import { yoloLabels } from './yolo.js';

/** All kinds of results by their names. */

export interface OutputStyle extends OverlayStyle {
  readonly maskCodec: MaskCodec;
  /** Counted apart in the table. */
  readonly regions: readonly Region[];
  /** What was asked for, as the summary shows it. */
  readonly settings: Readonly<Record<string, string>>;
}

const MAKERS = {
  overlay: overlayVideo,
  'mask-video': maskVideo,
  matte: matteVideo,
  alpha: alphaVideo,
  masks: maskSequence,
  table: frameTable,
  summary: summaryPage,
  coco: cocoFile,
  cvat: cvatArchive,
  'label-studio': labelStudioTasks,
  yolo: yoloLabels,
} satisfies Record<string, (recording: Recording, style: OutputStyle) => Output>;

export type OutputName = keyof typeof MAKERS;

export const OUTPUTS = Object.keys(MAKERS) as readonly OutputName[];

export const createOutput = (name: OutputName, recording: Recording, style: OutputStyle): Output =>
  MAKERS[name](recording, style);
