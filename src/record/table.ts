import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { toSeconds } from '../core/time.js';
import { writing } from './durable.js';
import { readLines } from './json-lines.js';
import type { MaskedFrame, Output, Recording, SegmentSink } from './output.js';
import { writeParquet } from './table-parquet.js';
import type { TableRow } from './table-row.js';

export function tableRow({ model }: Pick<Recording, 'model'>, frame: MaskedFrame): TableRow {
  const counts = new Uint32Array(256);
  for (const label of frame.labels) counts[label] = (counts[label] as number) + 1;
  let confidence = 0;
  for (const value of frame.mask.confidence) confidence += value;
  const total = frame.labels.length;
  return {
    frame: frame.number,
    pts: frame.pts.ticks,
    seconds: rounded(toSeconds(frame.pts)),
    origin: frame.mask.origin,
    age: frame.mask.age,
    confidence: rounded(confidence / (255 * frame.mask.confidence.length)),
    classes: Object.fromEntries(
      model.classes.map(({ id, name }) => {
        const pixels = counts[id] as number;
        return [name, { pixels, share: rounded(pixels / total) }];
      }),
    ),
  };
}

const FORMATS = ['csv', 'jsonl'] as const;

/** In: masks. Out: `table.csv`, `table.jsonl` and `table.parquet`, one row a frame. */
export function frameTable(recording: Recording): Output {
  const names = recording.model.classes.map(({ name }) => name);
  return {
    name: 'table',
    async open(folder): Promise<SegmentSink> {
      const files = await Promise.all(FORMATS.map((format) => writing(folder, () => open(part(folder, format), 'w'))));
      const close = async () => void (await Promise.all(files.map((file) => file.close())));
      return {
        async write(frame) {
          const row = tableRow(recording, frame);
          const lines = [csvLine(row, names), JSON.stringify(row)];
          await writing(folder, () => Promise.all(files.map((file, index) => file.appendFile(`${lines[index]}\n`))));
        },
        finish: close,
        abort: close,
      };
    },
    async assemble(segments, target, signal) {
      for (const format of FORMATS) {
        const path = part(target, format);
        const head = format === 'csv' ? `${csvHead(names)}\n` : '';
        async function* rows() {
          yield head;
          for (const { folder } of segments) yield* createReadStream(part(join(folder, 'table'), format));
        }
        await writing(path, () => pipeline(rows, createWriteStream(path), { signal }));
      }
      await writeParquet(join(target, 'table.parquet'), readRows(part(target, 'jsonl')), names);
    },
  };
}

async function* readRows(path: string): AsyncGenerator<TableRow, void, undefined> {
  for await (const line of readLines(path)) yield JSON.parse(line) as TableRow;
}

const part = (folder: string, format: string): string => join(folder, `table.${format}`);

function csvHead(names: readonly string[]): string {
  const columns = names.flatMap((name) => [`${name}_pixels`, `${name}_share`]);
  return ['frame', 'pts', 'seconds', 'origin', 'age', 'confidence', ...columns].map(quoted).join(',');
}

function csvLine(row: TableRow, names: readonly string[]): string {
  const classes = names.flatMap((name) => [row.classes[name]?.pixels, row.classes[name]?.share]);
  return [row.frame, row.pts, row.seconds, row.origin, row.age, row.confidence, ...classes].join(',');
}

/** RFC 4180. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const rounded = (value: number): number => Number(value.toFixed(6));
