import { join } from 'node:path';
import type { Size } from '../../core/geometry.js';
import type { Mask } from '../../core/mask.js';
import { frameName, type Output, type Recording, type Segment, type SegmentSink } from '../file-output.js';
import { LineFile, readLines, writePieces } from '../run/json-lines.js';
import { type FrameFormat, pictureExtension } from './frame-pictures.js';
import { pixelAreas } from './pixel-areas.js';
import { columnRuns, compressedCounts } from './run-length.js';

/** `areas`: an annotation a connected area, as trainers want it. `classes`: one a class, all of it one region. */
export const COCO_ANNOTATIONS = ['areas', 'classes'] as const;
export type CocoAnnotations = (typeof COCO_ANNOTATIONS)[number];

export interface CocoStyle {
  readonly classes: ReadonlySet<number>;
  readonly cocoAnnotations: CocoAnnotations;
  readonly frameFormat: FrameFormat;
}

/** Readers take category 0 for "no label". */
const categoryOf = (classIndex: number): number => classIndex + 1;

/**
 * In: masks. Out: `coco.json`, COCO instance format at the source's size: an image a frame, and an annotation a connected area with its outline
 * (`iscrowd: 0`), or a class with compressed RLE (`iscrowd: 1`, which loaders of training data leave out).
 */
export function cocoFile(recording: Recording, style: CocoStyle): Output {
  const { model, size } = recording;
  return {
    name: 'coco',
    async open(folder): Promise<SegmentSink> {
      const images = await LineFile.create(join(folder, IMAGES));
      const annotations = await LineFile.create(join(folder, ANNOTATIONS));
      const close = async () => {
        await images.close();
        await annotations.close();
      };
      return {
        async write({ number, pts, mask }) {
          const id = number + 1;
          const file_name = `${frameName(number)}.${pictureExtension(style.frameFormat)}`;
          await images.append([
            { id, file_name, width: size.width, height: size.height, frame: number, pts: pts.ticks },
          ]);
          await annotations.append(annotationsOf(mask, size, style).map((entry) => ({ image_id: id, ...entry })));
        },
        finish: close,
        abort: close,
      };
    },
    async assemble(segments, target, signal) {
      const { num, den } = recording.timeBase;
      const info = { description: `${model.name} on ${recording.file.path}`, time_base: `${num}/${den}` };
      const categories = model.classes.map(({ id, name, color }) => ({
        ...{ id: categoryOf(id), name, supercategory: '', index: id, color },
      }));
      async function* pieces() {
        yield `{"info":${JSON.stringify(info)},"categories":${JSON.stringify(categories)},"images":[`;
        yield* list(segments, IMAGES, (line) => line);
        yield '],"annotations":[';
        // Numbered here: a segment does not know how many annotations came before it.
        yield* list(segments, ANNOTATIONS, (line, index) => `{"id":${index + 1},${line.slice(1)}`);
        yield ']}\n';
      }
      await writePieces(join(target, 'coco.json'), pieces(), signal);
    },
  };
}

function annotationsOf(mask: Mask, size: Size, { classes, cocoAnnotations }: CocoStyle): readonly object[] {
  if (cocoAnnotations === 'areas') {
    return pixelAreas(mask, size, classes).map(({ label, polygon, area, box }) => ({
      ...{ category_id: categoryOf(label), iscrowd: 0, area, bbox: box, segmentation: [polygon] },
    }));
  }
  return columnRuns(mask, size, classes).map(({ id, counts, area, box }) => ({
    ...{ category_id: categoryOf(id), iscrowd: 1, area, bbox: box },
    segmentation: { size: [size.height, size.width], counts: compressedCounts(counts) },
  }));
}

const IMAGES = 'images.jsonl';
const ANNOTATIONS = 'annotations.jsonl';

async function* list(
  segments: readonly Segment[],
  file: string,
  entry: (line: string, index: number) => string,
): AsyncGenerator<string, void, undefined> {
  let index = 0;
  for (const { folder } of segments) {
    for await (const line of readLines(join(folder, 'coco', file))) {
      yield `${index > 0 ? ',' : ''}\n${entry(line, index)}`;
      index += 1;
    }
  }
}
