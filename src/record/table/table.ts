import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writing } from '../../flow/durable.js';
import type { Output, Recording, SegmentSink } from '../file-output.js';
import { readLines } from '../run/json-lines.js';
import { ClassCounter } from './class-counts.js';
import { csvHead, csvLine, tableColumns } from './columns.js';
import { writeParquet } from './parquet.js';
import type { Region } from './region.js';
import { type TableRow, tableRow } from './row.js';

const FORMATS = ['csv', 'jsonl'] as const;

/**
 * In: masks. Out: `table.csv`, `table.jsonl` and `table.parquet`, one row a frame. Pixels are the source's, whatever size other
 * outputs have.
 */
export function frameTable(recording: Recording, { regions }: { readonly regions: readonly Region[] }): Output {
  const { model, file } = recording;
  const regionNames = regions.map(({ name }) => name);
  const columns = tableColumns(
    model.classes.map(({ name }) => name),
    regionNames,
    file.jumps > 0,
  );
  return {
    name: 'table',
    async open(folder): Promise<SegmentSink> {
      const files = await Promise.all(FORMATS.map((format) => writing(folder, () => open(part(folder, format), 'w'))));
      const close = async () => void (await Promise.all(files.map((each) => each.close())));
      const counter = new ClassCounter(file.size, regions);
      return {
        async write(frame) {
          const row = tableRow(model, frame, counter.count(frame.mask), regionNames);
          const lines = [csvLine(columns, row), JSON.stringify(row)];
          await writing(folder, () => Promise.all(files.map((each, index) => each.appendFile(`${lines[index]}\n`))));
        },
        finish: close,
        abort: close,
      };
    },
    async assemble(segments, target, signal) {
      for (const format of FORMATS) {
        const path = part(target, format);
        const head = format === 'csv' ? `${csvHead(columns)}\n` : '';
        async function* rows() {
          yield head;
          for (const { folder } of segments) yield* createReadStream(part(join(folder, 'table'), format));
        }
        await writing(path, () => pipeline(rows, createWriteStream(path), { signal }));
      }
      await writeParquet(join(target, 'table.parquet'), readRows(part(target, 'jsonl'), signal), columns);
    },
  };
}

async function* readRows(path: string, signal: AbortSignal): AsyncGenerator<TableRow, void, undefined> {
  for await (const line of readLines(path)) {
    signal.throwIfAborted();
    yield JSON.parse(line) as TableRow;
  }
}

const part = (folder: string, format: string): string => join(folder, `table.${format}`);
