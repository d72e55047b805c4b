import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LineFile, readLines, writePieces } from '../../../../src/record/run/json-lines.js';
import { ClassCounter } from '../../../../src/record/table/class-counts.js';
import { csvHead, csvLine, tableColumns } from '../../../../src/record/table/columns.js';
import { writeParquet } from '../../../../src/record/table/parquet.js';
import { parseRegion } from '../../../../src/record/table/region.js';
import { type TableRow, tableRow } from '../../../../src/record/table/row.js';
import { drawnMask } from '../../../support/media/masks.js';

const model = {
  classes: [
    { id: 0, name: 'sky', color: [0, 0, 0] },
    { id: 2, name: 'car, red', color: [255, 0, 0] },
  ] as const,
};
const names = model.classes.map(({ name }) => name);
const left = parseRegion('left=0,0,0.5,0,0.5,1,0,1');

function rowOf(number: number): TableRow {
  const mask = {
    ...drawnMask(
      '22..', //
      '2..2',
    ),
    confidence: Uint8Array.from({ length: 8 }, (_, index) => (index < 4 ? 255 : 51)),
    ...{ origin: 'propagated' as const, age: 3 },
  };
  const counts = new ClassCounter({ width: 8, height: 4 }, [left]).count(mask);
  const pts = { ticks: 9_007_199_254 + number * 3003, timeBase: { num: 1, den: 90_000 } };
  return tableRow(model, { number, pts, ownTicks: pts.ticks, mask }, counts, ['left']);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-table-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a row of the table', () => {
  it('says when the frame is shown, what its mask rests on, and what each class has', () => {
    expect(rowOf(1)).toEqual({
      ...{ frame: 1, pts: 9_007_202_257, seconds: 100_080.025078, origin: 'propagated', age: 3, confidence: 0.6 },
      classes: {
        sky: { pixels: 16, share: 0.5, areas: 1, largest: 16 },
        'car, red': { pixels: 16, share: 0.5, areas: 2, largest: 12 },
      },
      regions: { left: { sky: { pixels: 4, share: 0.25 }, 'car, red': { pixels: 12, share: 0.75 } } },
    });
  });

  it('names no regions where none were asked for', () => {
    const mask = drawnMask('22', '22');
    const counts = new ClassCounter(mask.size, []).count(mask);
    const pts = { ticks: 0, timeBase: { num: 1, den: 25 } };
    expect(tableRow(model, { number: 0, pts, ownTicks: 0, mask }, counts, [])).not.toHaveProperty('regions');
  });

  it('is a line of CSV with quoted names', () => {
    const columns = tableColumns(names, ['left']);
    expect(csvHead(columns)).toBe(
      'frame,pts,seconds,origin,age,confidence,sky_pixels,sky_share,sky_areas,sky_largest,' +
        '"car, red_pixels","car, red_share","car, red_areas","car, red_largest",' +
        'left_sky_pixels,left_sky_share,"left_car, red_pixels","left_car, red_share"',
    );
    expect(csvLine(columns, rowOf(1))).toBe(
      '1,9007202257,100080.025078,propagated,3,0.6,16,0.5,1,16,16,0.5,2,12,4,0.25,12,0.75',
    );
  });

  it('is refused where a region and a class would make two columns of one name', () => {
    expect(() => tableColumns(['b_c', 'c', 'a_b_c'], ['a'])).toThrow('two columns of the table would be called "a_b_c_pixels"'); // biome-ignore format: one line
  });
});

describe('Parquet', () => {
  it('has the columns and values of the rows, over several row groups', async () => {
    const columns = tableColumns(names, ['left']);
    const rows = Array.from({ length: 5_200 }, (_, index) => ({ ...rowOf(1), frame: index, pts: 2 ** 40 + index }));
    async function* all() {
      yield* rows;
    }
    const path = join(folder, 'table.parquet');
    await writeParquet(path, all(), columns);
    const bytes = await readFile(path);
    const read = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer }); // biome-ignore format: one line
    expect(read).toHaveLength(rows.length);
    for (const at of [0, 4999, 5000, 5199]) {
      expect(Object.keys(read[at] ?? {})).toEqual(columns.map(({ name }) => name));
      for (const column of columns) {
        const value = column.value(rows[at] as TableRow);
        expect(read[at]?.[column.name]).toBe(column.type === 'INT64' ? BigInt(value) : value);
      }
    }
  });
});

describe('lines of JSON', () => {
  it('come back in order, with line breaks inside of values', async () => {
    const path = join(folder, 'lines.jsonl');
    const file = await LineFile.create(path);
    await file.append([{ a: 'x\ny' }, { b: '\u2028' }]);
    await file.append([]);
    await file.append([{ c: 3 }]);
    await file.close();
    const lines: unknown[] = [];
    for await (const line of readLines(path)) lines.push(JSON.parse(line));
    expect(lines).toEqual([{ a: 'x\ny' }, { b: '\u2028' }, { c: 3 }]);
  });

  it('are written as they come, and stop when told to', async () => {
    const path = join(folder, 'pieces');
    async function* pieces() {
      yield 'a';
      yield 'b';
    }
    await writePieces(path, pieces(), new AbortController().signal);
    expect(await readFile(path, 'utf8')).toBe('ab');
    await expect(writePieces(path, pieces(), AbortSignal.abort())).rejects.toThrow();
  });

  it('say which disk is full or which folder is missing', async () => {
    await expect(LineFile.create(join(folder, 'no', 'such'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  });
});
