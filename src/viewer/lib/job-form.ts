import type { ClassSettings } from '../../core/class-settings.js';
import type { JobInput, JobOptions } from '../../delivery/http/jobs-schema.js';

/** What the dialog for a new job asks, and what it comes to. Fields hold text as it was typed; empty means "not given". */

export type OutputName = JobOptions['outputs'][number];

export interface JobFields {
  readonly outputs: ReadonlySet<OutputName>;
  /** Empty: the server's default. */
  readonly model: string;
  readonly policy: 'every' | 'adaptive' | 'interval';
  readonly interval: string;
  readonly smoothing: boolean;
  /** `1:23.5`, `83.5` or `1:02:03`. */
  readonly from: string;
  readonly to: string;
  readonly sampling: 'all' | 'every' | 'fps';
  readonly every: string;
  readonly fps: string;
  /** Percent. */
  readonly opacity: number;
  readonly outline: boolean;
  readonly legend: boolean;
  /** Names; undefined: all but the background. */
  readonly classes: ReadonlySet<string> | undefined;
  readonly modelClasses: ClassSettings;
  readonly codec: JobOptions['codec'];
}

export const DEFAULT_FIELDS: JobFields = {
  outputs: new Set<OutputName>(['overlay', 'masks', 'table', 'summary']),
  model: '',
  policy: 'every',
  interval: '5',
  smoothing: true,
  from: '',
  to: '',
  sampling: 'all',
  every: '10',
  fps: '2',
  opacity: 50,
  outline: false,
  legend: false,
  classes: undefined,
  modelClasses: {},
  codec: 'h264',
};

export interface OutputChoice {
  readonly name: OutputName;
  readonly label: string;
  readonly explains: string;
}

export const OUTPUT_GROUPS: readonly { readonly title: string; readonly choices: readonly OutputChoice[] }[] = [
  {
    title: 'To watch',
    choices: [
      { name: 'overlay', label: 'Overlay video', explains: 'The recording with the masks burnt in; sound is kept' },
      {
        name: 'masks',
        label: 'Mask pictures',
        explains: 'One exact PNG a frame; the player here draws them over the recording',
      },
    ],
  },
  {
    title: 'To measure',
    choices: [
      { name: 'table', label: 'Table', explains: 'Pixels and share of each class, a row a frame: CSV, JSON, Parquet' },
      { name: 'summary', label: 'Summary', explains: 'One page to hand on: class shares, strongest changes, settings' },
    ],
  },
  {
    title: 'For video editors',
    choices: [
      { name: 'mask-video', label: 'Mask video', explains: 'Lossless, every pixel its class' },
      { name: 'matte', label: 'Matte', explains: 'White where the chosen classes are, black elsewhere' },
      { name: 'alpha', label: 'Cut-out', explains: 'The chosen classes on a transparent ground' },
    ],
  },
  {
    title: 'For labelling tools',
    choices: [
      { name: 'coco', label: 'COCO', explains: 'JSON with run-length masks' },
      { name: 'cvat', label: 'CVAT', explains: 'Zip in its format "Segmentation mask"' },
      { name: 'label-studio', label: 'Label Studio', explains: 'Brush labels as tasks' },
      { name: 'yolo', label: 'YOLO', explains: 'Polygons as text, a file a frame' },
      { name: 'semantic', label: 'Semantic PNG', explains: 'Classes as grey values; 255 is ignored' },
      { name: 'cityscapes', label: 'Cityscapes', explains: 'Label ids, in folders as Cityscapes has them' },
      { name: 'frames', label: 'Frames', explains: 'The pictures themselves, JPEG, beside their labels' },
    ],
  },
];

const choiceOf = (name: OutputName): OutputChoice | undefined =>
  OUTPUT_GROUPS.flatMap(({ choices }) => choices).find((choice) => choice.name === name);

export const outputLabel = (name: OutputName): string => choiceOf(name)?.label ?? name;

export const outputExplains = (name: OutputName): string => choiceOf(name)?.explains ?? '';

const FILES: readonly (readonly [RegExp, string])[] = [
  [/^overlay\./, 'Overlay video'],
  [/^masks$/, 'Mask pictures'],
  [/^mask\./, 'Mask video'],
  [/^matte\./, 'Matte'],
  [/^alpha\./, 'Cut-out'],
  [/^semantic$/, 'Semantic PNG'],
  [/^cityscapes$/, 'Cityscapes'],
  [/^frames$/, 'Frames'],
  [/^coco\./, 'COCO'],
  [/^cvat\./, 'CVAT'],
  [/^label-studio\./, 'Label Studio'],
  [/^yolo$/, 'YOLO'],
  [/^table\.csv$/, 'Table, for spreadsheets'],
  [/^table\.jsonl$/, 'Table, as JSON lines'],
  [/^table\.parquet$/, 'Table, as Parquet'],
  [/^regions\./, 'Connected areas'],
  [/^summary\./, 'Summary'],
];

/** What a file of the results is; its own name where that is not known. */
export const fileLabel = (path: string): string => FILES.find(([pattern]) => pattern.test(path))?.[1] ?? path;

/** A complaint about one field; `field` is a key of JobFields. */
export interface FieldProblem {
  readonly field: keyof JobFields | 'input' | 'form';
  readonly message: string;
}

/** Seconds of `83.5`, `1:23.5` or `1:02:03`; undefined where it is no time. */
export function parseTime(text: string): number | undefined {
  const match = /^(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:[.,]\d+)?)$/.exec(text.trim());
  if (!match) return undefined;
  const [, hours = '0', minutes, rest = '0'] = match;
  const seconds = Number(rest.replace(',', '.'));
  if (minutes !== undefined && seconds >= 60) return undefined;
  if (match[1] !== undefined && Number(minutes) >= 60) return undefined;
  return Number(hours) * 3600 + Number(minutes ?? 0) * 60 + seconds;
}

/** What a person has to change before the server need be asked. */
export function checkFields(fields: JobFields): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const complain = (field: FieldProblem['field'], message: string) => problems.push({ field, message });
  if (fields.outputs.size === 0) complain('outputs', 'Choose at least one result.');
  const [from, to] = [fields.from, fields.to].map((text) => (text.trim() === '' ? undefined : parseTime(text)));
  if (fields.from.trim() !== '' && from === undefined) complain('from', 'Write seconds, or minutes:seconds.');
  if (fields.to.trim() !== '' && to === undefined) complain('to', 'Write seconds, or minutes:seconds.');
  if (to !== undefined && to <= (from ?? 0)) complain('to', 'The end has to be after the beginning.');
  if (fields.policy === 'interval' && !isWhole(fields.interval, 1, 9999)) {
    complain('interval', 'A whole number from 1 to 9999.');
  }
  if (fields.sampling === 'every' && !isWhole(fields.every, 1, 1e9)) complain('every', 'A whole number from 1.');
  if (fields.sampling === 'fps' && !(Number(fields.fps) > 0)) complain('fps', 'A number above 0.');
  if (fields.classes?.size === 0) complain('classes', 'Choose at least one class.');
  return problems;
}

const isWhole = (text: string, least: number, most: number): boolean =>
  /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;

/** The request's body; `fields` have passed `checkFields`. */
export function toJobInput(input: JobInput['input'], name: string | undefined, fields: JobFields): JobInput {
  const { outputs, model, policy, sampling, classes, modelClasses } = fields;
  const from = parseTime(fields.from);
  const to = parseTime(fields.to);
  return {
    input,
    ...(name === undefined ? {} : { name }),
    options: {
      outputs: OUTPUT_GROUPS.flatMap(({ choices }) => choices.map((choice) => choice.name)).filter((o) =>
        outputs.has(o),
      ),
      ...(model === '' ? {} : { model }),
      policy: policy === 'interval' ? `interval=${Number(fields.interval)}` : policy,
      smoothing: fields.smoothing,
      ...(from === undefined || from === 0 ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(sampling === 'every' ? { every: Number(fields.every) } : {}),
      ...(sampling === 'fps' ? { fps: Number(fields.fps) } : {}),
      opacity: fields.opacity / 100,
      outline: fields.outline,
      legend: fields.legend,
      ...(Object.keys(modelClasses).length === 0 ? {} : { modelClasses }),
      ...(classes === undefined ? {} : { classes: [...classes] }),
      codec: fields.codec,
    },
  };
}

/** The field that a server's complaint is about: `options.to` → `to`. */
export function problemField(path: string): FieldProblem['field'] {
  const [head, key] = path.split('.');
  if (head === 'input' || head === 'name') return 'input';
  const field = key?.replace(/\[.*$/, '');
  return field !== undefined && field in DEFAULT_FIELDS ? (field as keyof JobFields) : 'form';
}
