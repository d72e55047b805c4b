import { join } from 'node:path';
import { frameName, type Output, type Recording, type SegmentSink } from '../file-output.js';
import { LineFile, readLines, writePieces } from '../run/json-lines.js';
import { brushRuns } from './brush-runs.js';
import { type FrameFormat, pictureExtension } from './frame-pictures.js';

export interface LabelStudioStyle {
  readonly classes: ReadonlySet<number>;
  readonly frameFormat: FrameFormat;
  /** What the pictures' addresses begin with, for instance `/data/local-files/?d=walk/`. */
  readonly picturePrefix: string;
}

/**
 * In: masks. Out: `label-studio.json`, a task a frame with its masks as predictions (brush labels), for a labelling set-up with
 * `<Image name="image" value="$image"/>` and `<BrushLabels name="tag" toName="image">`.
 */
export function labelStudioTasks(recording: Recording, style: LabelStudioStyle): Output {
  const { classes, frameFormat, picturePrefix } = style;
  const { model, size } = recording;
  const exported = model.classes.filter(({ id }) => classes.has(id));
  return {
    name: 'label-studio',
    async open(folder): Promise<SegmentSink> {
      const tasks = await LineFile.create(join(folder, TASKS));
      return {
        async write({ number, pts, labels }) {
          const present = new Set(labels);
          const result = exported
            .filter(({ id }) => present.has(id))
            .map(({ id, name }) => ({
              ...{ id: `${number}-${id}`, type: 'brushlabels', from_name: 'tag', to_name: 'image' },
              ...{ original_width: size.width, original_height: size.height, image_rotation: 0 },
              value: {
                format: 'rle',
                rle: brushRuns((index) => labels[index] === id, labels.length),
                brushlabels: [name],
              },
            }));
          const image = `${picturePrefix}${frameName(number)}.${pictureExtension(frameFormat)}`;
          const data = { image, frame: number, pts: pts.ticks };
          await tasks.append([{ data, predictions: [{ model_version: model.name, result }] }]);
        },
        finish: () => tasks.close(),
        abort: () => tasks.close(),
      };
    },
    async assemble(segments, target, signal) {
      async function* pieces() {
        let separator = '[\n';
        for (const { folder } of segments) {
          for await (const line of readLines(join(folder, 'label-studio', TASKS))) {
            yield separator + line;
            separator = ',\n';
          }
        }
        yield '\n]\n';
      }
      await writePieces(join(target, 'label-studio.json'), pieces(), signal);
    },
  };
}

const TASKS = 'tasks.jsonl';
