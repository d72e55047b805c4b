import { MaskcastError } from '../../core/errors.js';
import type { TableRow } from './row.js';

/** The table's columns, in the order of `table.csv` and `table.parquet`. */
export interface Column {
  readonly name: string;
  /** Physical or logical type in Parquet. */
  readonly type: 'INT32' | 'INT64' | 'DOUBLE' | 'STRING';
  value(row: TableRow): number | string;
}

const FACTS: readonly Column[] = [
  { name: 'frame', type: 'INT32', value: ({ frame }) => frame },
  { name: 'pts', type: 'INT64', value: ({ pts }) => pts },
  { name: 'seconds', type: 'DOUBLE', value: ({ seconds }) => seconds },
  { name: 'origin', type: 'STRING', value: ({ origin }) => origin },
  { name: 'age', type: 'INT32', value: ({ age }) => age },
  { name: 'confidence', type: 'DOUBLE', value: ({ confidence }) => confidence },
];

const RISING: readonly Column[] = [
  { name: 'rising_pts', type: 'INT64', value: ({ pts, rising }) => rising?.pts ?? pts },
  { name: 'rising_seconds', type: 'DOUBLE', value: ({ seconds, rising }) => rising?.seconds ?? seconds },
];

/**
 * Facts of the frame, then of each class, then of each class in each region.
 * @param jumps whether the source's clock jumps back somewhere
 * @throws MaskcastError USAGE where two columns would have one name
 */
export function tableColumns(classes: readonly string[], regions: readonly string[], jumps = false): Column[] {
  const columns: Column[] = [
    ...FACTS,
    ...(jumps ? RISING : []),
    ...classes.flatMap((name): Column[] => [
      { name: `${name}_pixels`, type: 'INT32', value: (row) => row.classes[name]?.pixels ?? 0 },
      { name: `${name}_share`, type: 'DOUBLE', value: (row) => row.classes[name]?.share ?? 0 },
      { name: `${name}_areas`, type: 'INT32', value: (row) => row.classes[name]?.areas ?? 0 },
      { name: `${name}_largest`, type: 'INT32', value: (row) => row.classes[name]?.largest ?? 0 },
    ]),
    ...regions.flatMap((region) =>
      classes.flatMap((name): Column[] => [
        { name: `${region}_${name}_pixels`, type: 'INT32', value: (row) => row.regions?.[region]?.[name]?.pixels ?? 0 },
        { name: `${region}_${name}_share`, type: 'DOUBLE', value: (row) => row.regions?.[region]?.[name]?.share ?? 0 },
      ]),
    ),
  ];
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) throw new MaskcastError('USAGE', `two columns of the table would be called "${name}"`);
    names.add(name);
  }
  return columns;
}

export const csvHead = (columns: readonly Column[]): string => columns.map(({ name }) => quoted(name)).join(',');

export const csvLine = (columns: readonly Column[], row: TableRow): string =>
  columns.map((column) => column.value(row)).join(',');

/** RFC 4180. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
