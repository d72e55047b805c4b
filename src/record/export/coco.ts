import { join } from 'node:path';
import { frameName, type Output, type Recording, type Segment, type SegmentSink } from '../file-output.js';
import { LineFile, readLines, writePieces } from '../run/json-lines.js';
import { columnRuns, compressedCounts } from './run-length.js';

/**
 * In: masks. Out: `coco.json`, COCO instance format: an image a frame, an annotation a class and frame (`iscrowd: 1`, as everything of one
 * class is one region), with compressed RLE at the source's size.
 */
export function cocoFile(recording: Recording, { classes }: { readonly classes: ReadonlySet<number> }): Output {
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
          const file_name = `${frameName(number)}.png`;
          await images.append([
            { id, file_name, width: size.width, height: size.height, frame: number, pts: pts.ticks },
          ]);
          const runs = columnRuns(mask, size, classes);
          await annotations.append(
            runs.map(({ id: category_id, counts, area, box }) => ({
              ...{ image_id: id, category_id, iscrowd: 1, area, bbox: box },
              segmentation: { size: [size.height, size.width], counts: compressedCounts(counts) },
            })),
          );
        },
        finish: close,
        abort: close,
      };
    },
    async assemble(segments, target, signal) {
      const { num, den } = recording.timeBase;
      const info = { description: `${model.name} on ${recording.file.path}`, time_base: `${num}/${den}` };
      const categories = model.classes.map(({ id, name, color }) => ({ id, name, supercategory: '', color }));
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
