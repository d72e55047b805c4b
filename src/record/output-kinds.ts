import { type CocoAnnotations, cocoFile } from './export/coco.js';
import { cvatArchive } from './export/cvat.js';
import { type FrameFormat, framePictures } from './export/frame-pictures.js';
import { labelStudioTasks } from './export/label-studio.js';
import { maskSequence } from './export/mask-sequence.js';
import { cityscapesLabels, semanticMasks } from './export/semantic.js';
import { yoloLabels } from './export/yolo.js';
import type { Output, Recording } from './file-output.js';
import { summaryPage } from './summary/summary.js';
import type { Region } from './table/region.js';
import { frameTable } from './table/table.js';
import { type MaskCodec, maskVideo } from './video/mask-video.js';
import { alphaVideo, matteVideo } from './video/matte.js';
import { type OverlayStyle, overlayVideo } from './video/overlay.js';

/** All kinds of results by their names. */

export interface OutputStyle extends OverlayStyle {
  readonly maskCodec: MaskCodec;
  readonly cocoAnnotations: CocoAnnotations;
  /** Of the frames, which exports name as well. */
  readonly frameFormat: FrameFormat;
  /** What Label Studio's addresses of pictures begin with. */
  readonly picturePrefix: string;
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
  semantic: semanticMasks,
  cityscapes: cityscapesLabels,
  frames: framePictures,
} satisfies Record<string, (recording: Recording, style: OutputStyle) => Output>;

export type OutputName = keyof typeof MAKERS;

export const OUTPUTS = Object.keys(MAKERS) as readonly OutputName[];

export const createOutput = (name: OutputName, recording: Recording, style: OutputStyle): Output =>
  MAKERS[name](recording, style);
