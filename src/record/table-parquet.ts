import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { writing } from './durable.js';
import type { TableRow } from './table-row.js';

/** Rows that are in memory at a time. */
const ROW_GROUP = 10_000;

/** The table with the columns of `table.csv`. */
export async function writeParquet(
  path: string,
  rows: AsyncIterable<TableRow>,
  names: readonly string[],
): Promise<void> {
  const facts = [
    { name: 'frame', type: 'INT32' },
    { name: 'pts', type: 'INT64' },
    { name: 'seconds', type: 'DOUBLE' },
    { name: 'origin', type: 'STRING' },
    { name: 'age', type: 'INT32' },
    { name: 'confidence', type: 'DOUBLE' },
  ] as const;
  const classes = names.flatMap(
    (name) =>
      [{ name: `${name}_pixels`, type: 'INT32' } as const, { name: `${name}_share`, type: 'DOUBLE' } as const] as const,
  );
  async function* flat() {
    for await (const { classes: counted, pts, ...row } of rows) {
      const columns = names.flatMap((name) => [
        [`${name}_pixels`, counted[name]?.pixels ?? 0],
        [`${name}_share`, counted[name]?.share ?? 0],
      ]);
      yield { ...row, pts: BigInt(pts), ...Object.fromEntries(columns) };
    }
  }
  const columns = [...facts, ...classes].map((column) => ({ ...column, nullable: false }));
  await writing(path, async () =>
    parquetWriteRows({ writer: fileWriter(path), rows: flat(), columns, rowGroupSize: ROW_GROUP }),
  );
}
