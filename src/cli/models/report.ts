import { readFile } from 'node:fs/promises';
import type { CatalogEntry } from '../../inference/catalog.js';
import type { Manifest, ModelFiles } from '../../inference/manifest.js';
import { readOnnxHeader } from '../../inference/onnx/header.js';

/** Networks as people read about them: the licence first, since it decides whether the rest matters. */

export interface ModelFacts {
  readonly bytes: number;
  readonly opset: number | undefined;
  readonly producer: string;
  /** Operator sets beside ONNX's own. */
  readonly customDomains: readonly string[];
}

export async function modelFacts({ modelPath }: ModelFiles): Promise<ModelFacts> {
  const content = await readFile(modelPath);
  const { opset, producer, customDomains } = readOnnxHeader(content);
  return { bytes: content.length, opset, producer, customDomains };
}

export function formatList(entries: readonly CatalogEntry[]): string {
  if (entries.length === 0) return 'There is no network here; `maskcast models add FILE` brings one in.\n';
  const width = Math.max(...entries.map(({ name }) => name.length));
  const lines = entries.map((entry) => {
    const name = entry.name.padEnd(width);
    if ('error' in entry) return `${name}  broken: ${entry.error.message}`;
    const { classes, licence } = entry.files.manifest;
    return `${name}  ${String(classes.length).padStart(3)} classes  ${licence}`;
  });
  return `${lines.join('\n')}\n`;
}

export function formatModel({ manifest, modelPath }: ModelFiles, facts: ModelFacts, colored: boolean): string {
  const { name, description, licence, data, output, classes, ignoreIndex } = manifest;
  const custom = facts.customDomains.length > 0 ? `, custom operators of ${facts.customDomains.join(', ')}` : '';
  const made = [`opset ${facts.opset ?? 'unknown'}${custom}`, facts.producer].filter((part) => part !== '').join(', ');
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Licence', licence],
    ['Trained on', data],
    ['What', description],
    ['Input', describeInput(manifest)],
    [
      'Output',
      `"${output.tensor}": ${output.kind}, ${output.layout}, one value for ${output.stride}×${output.stride} pixels`,
    ],
    ['File', `${modelPath}, ${megabytes(facts.bytes)}, ${made}`],
    ['SHA-256', manifest.sha256],
    ['Ignored', ignoreIndex === undefined ? undefined : `label ${ignoreIndex} in ground truth`],
    ...manifest.scores.map((score) => ['Score', describeScore(score)] as const),
    ...classes.map(
      (entry, index) =>
        [
          index === 0 ? 'Classes' : '',
          `${String(entry.id).padStart(3)}  ${swatch(entry.color, colored)}${entry.name}`,
        ] as const,
    ),
  ];
  const lines = rows.filter(([, value]) => value !== undefined).map(([label, value]) => `${label.padEnd(11)}${value}`);
  return `${name}\n\n${lines.join('\n')}\n`;
}

const megabytes = (bytes: number): string =>
  bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

function describeInput({ input }: Manifest): string {
  const { tensor, type, layout, colorOrder, size, scale, mean, std } = input;
  const sides =
    size.kind === 'fixed'
      ? `${size.width}×${size.height}`
      : `any size in multiples of ${size.multipleOf}, pictures scaled down to ${size.longestSide}`;
  const figures = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(4))).join(' ');
  const normalisation =
    type === 'float32' ? `, (pixel · ${Number(scale.toPrecision(4))} − [${figures(mean)}]) / [${figures(std)}]` : '';
  return `"${tensor}": ${type} ${layout} ${colorOrder}, ${sides}${normalisation}`;
}

function describeScore({ data, mIoU, pixelAccuracy, classIoU }: Manifest['scores'][number]): string {
  const parts = [
    mIoU === undefined ? undefined : `mIoU ${mIoU}`,
    pixelAccuracy === undefined ? undefined : `pixel accuracy ${pixelAccuracy}`,
    ...Object.entries(classIoU ?? {}).map(([name, value]) => `${name} ${value}`),
  ];
  return `${data}: ${parts.filter((part) => part !== undefined).join(', ')}`;
}

const swatch = ([red, green, blue]: readonly [number, number, number], colored: boolean): string =>
  colored ? `\u001b[48;2;${red};${green};${blue}m  \u001b[0m ` : '';
