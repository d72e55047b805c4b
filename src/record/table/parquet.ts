import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { writing } from '../../flow/durable.js';
import type { Column } from './columns.js';
import type { TableRow } from './row.js';

/** Rows that are in memory at a time. */
const ROW_GROUP = 5_000;

/** The table with the columns of `table.csv`. */
export async function writeParquet(
  path: string,
  rows: AsyncIterable<TableRow>,
  columns: readonly Column[],
): Promise<void> {
  async function* flat() {
    for await (const row of rows) {
      yield Object.fromEntries(
        columns.map((column) => {
          const value = column.value(row);
          return [column.name, column.type === 'INT64' ? BigInt(value) : value];
        }),
      );
    }
  }
  const schema = columns.map(({ name, type }) => ({ name, type, nullable: false }));
  await writing(path, async () =>
    parquetWriteRows({ writer: fileWriter(path), rows: flat(), columns: schema, rowGroupSize: ROW_GROUP }),
  );
}
