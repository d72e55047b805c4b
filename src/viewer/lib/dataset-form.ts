import type { DatasetOutput, DatasetView, JobView } from '../../delivery/http/jobs-schema.js';
import { formatCount } from './format.js';

/** What the dialog for a data set asks, and what it comes to. */

export interface DatasetFields {
  /** Ids of the jobs, as they were chosen. */
  readonly jobs: readonly string[];
  /** Undefined: what all of them have. */
  readonly outputs: ReadonlySet<DatasetOutput> | undefined;
  readonly split: 'share' | 'hand';
  /** Of the recordings, for validation; per cent, as it was typed. */
  readonly percent: string;
  /** Ids of those for validation, where a person chooses. */
  readonly validation: ReadonlySet<string>;
  /** What Label Studio's addresses of pictures begin with. */
  readonly picturePrefix: string;
}

export const DEFAULT_DATASET: DatasetFields = {
  jobs: [],
  outputs: undefined,
  split: 'share',
  percent: '20',
  validation: new Set(),
  picturePrefix: '',
};

/** As many as the server takes at a time. */
const MOST_JOBS = 100;

const OUTPUTS: readonly DatasetOutput[] = ['frames', 'coco', 'yolo', 'semantic', 'cityscapes', 'label-studio'];

/** What a job has for a data set. */
export function partsOf({ options }: JobView): readonly DatasetOutput[] {
  return OUTPUTS.filter((output) => options.outputs.includes(output));
}

/** Finished jobs that have labels: pictures alone teach nothing. */
export const usable = (jobs: readonly JobView[]): readonly JobView[] =>
  jobs.filter((job) => job.state === 'done' && partsOf(job).some((output) => output !== 'frames'));

export interface PartChoice {
  readonly output: DatasetOutput;
  /** All chosen jobs have it. */
  readonly shared: boolean;
  readonly checked: boolean;
}

/** What can go in, of what the chosen jobs have between them. */
export function partChoices(fields: DatasetFields, jobs: readonly JobView[]): readonly PartChoice[] {
  const chosen = jobs.filter(({ id }) => fields.jobs.includes(id));
  return OUTPUTS.filter((output) => chosen.some((job) => partsOf(job).includes(output))).map((output) => {
    const shared = chosen.every((job) => partsOf(job).includes(output));
    return { output, shared, checked: shared && (fields.outputs?.has(output) ?? true) };
  });
}

/** What a person has to change before the server need be asked; undefined where nothing is wrong. */
export function datasetProblem(fields: DatasetFields, choices: readonly PartChoice[]): string | undefined {
  const { jobs, percent, split } = fields;
  if (jobs.length === 0) return 'Choose the recordings first.';
  if (jobs.length > MOST_JOBS) return `At most ${MOST_JOBS} recordings go into one; maskcast dataset takes more.`;
  if (!choices.some(({ shared, output }) => shared && output !== 'frames')) {
    return 'These recordings have no kind of labels in common.';
  }
  if (!choices.some(({ checked, output }) => checked && output !== 'frames'))
    return 'Choose at least one kind of labels.';
  if (split === 'share' && !/^\d{1,2}([.,]\d+)?$/.test(percent.trim()))
    return 'The share is from 0 to below 100 per cent.';
  return undefined;
}

/** The request's query; `fields` have no problem. */
export function toDatasetQuery(fields: DatasetFields, choices: readonly PartChoice[]): string {
  const { jobs, split, percent, validation, picturePrefix } = fields;
  const share = Number(percent.trim().replace(',', '.')) / 100;
  const outputs = choices.filter(({ checked }) => checked).map(({ output }) => output);
  return new URLSearchParams({
    jobs: jobs.join(','),
    outputs: outputs.join(','),
    ...(split === 'share' ? { share: String(share) } : { val: jobs.filter((id) => validation.has(id)).join(',') }),
    ...(picturePrefix !== '' && outputs.includes('label-studio') ? { picturePrefix } : {}),
  }).toString();
}

/** `4 500 frames: 2 recordings to train on, 1 to validate with`. */
export function datasetWords({ recordings }: DatasetView): string {
  const frames = recordings.reduce((sum, recording) => sum + recording.frames, 0);
  const val = recordings.filter(({ split }) => split === 'val').length;
  const train = recordings.length - val;
  const trained = `${train} ${train === 1 ? 'recording' : 'recordings'} to train on`;
  return `${formatCount(frames)} frames: ${trained}, ${val === 0 ? 'none' : val} to validate with`;
}
