import { randomBytes } from 'node:crypto';
import { parse } from 'node:path';
import { requireClasses } from '../core/class-settings.js';
import type { Clock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import { slug } from '../core/slug.js';
import type { ModelView } from '../delivery/http/api-schema.js';
import type { JobInput, JobOptions } from '../delivery/http/jobs-schema.js';
import type { MediaFacts } from '../media/facts.js';
import type { JobRecord, StoredInput } from './job.js';
import type { MediaFolders } from './media.js';
import type { Uploads } from './uploads.js';
import { errorInWords } from './words.js';

/** From what a person asks for to a job that can run, or the reason why it can't. */

export interface AdmissionParts {
  readonly uploads: Uploads;
  readonly media: MediaFolders;
  readonly models: () => readonly ModelView[];
  readonly probe: (path: string, signal: AbortSignal) => Promise<MediaFacts>;
  readonly clock: Clock;
}

/** @throws MaskcastError BAD_REQUEST, MODEL_NOT_FOUND, NOT_FOUND, or why the file is no video that can be read */
export async function admit(order: JobInput, parts: AdmissionParts): Promise<Omit<JobRecord, 'turn'>> {
  const { options } = order;
  const model = chosenModel(parts.models(), options.model);
  check(options, model);
  const { input, path, file } = await locate(order, parts);
  const { info, start, first, timeBase } = await parts
    .probe(path, new AbortController().signal)
    .catch((error: unknown) => {
      throw errorInWords(error, { [path]: file });
    });
  const { width, height, codec, duration, frames } = info;
  const name = order.name ?? parse(file).name;
  return {
    version: 1,
    id: `${slug(name, 58, 'job')}-${randomBytes(2).toString('hex')}`,
    name,
    state: 'queued',
    created: parts.clock.wall(),
    input,
    options,
    model: model.name,
    video: {
      ...{ width, height, codec },
      ...(duration === undefined ? {} : { duration }),
      ...(frames === undefined ? {} : { frames }),
    },
    timeline: { start, first, timeBase: { ...timeBase } },
    frames: 0,
    warnings: [],
    files: [],
  };
}

async function locate({ input }: JobInput, { uploads, media }: AdmissionParts) {
  if ('media' in input) {
    const stored: StoredInput = { media: input.media };
    return { input: stored, path: await media.locate(input.media), file: input.media.split('/').at(-1) ?? '' };
  }
  const { path, file } = await uploads.locate(input.upload);
  const stored: StoredInput = { upload: input.upload, file };
  return { input: stored, path, file };
}

function chosenModel(models: readonly ModelView[], wanted: string | undefined): ModelView {
  const found = models.find((model) => (wanted === undefined ? model.default : model.name === wanted));
  if (found) return found;
  const names = models.map(({ name }) => name).join(', ') || 'none';
  throw new MaskcastError('MODEL_NOT_FOUND', `there is no model "${wanted ?? '(default)'}"; there are: ${names}`);
}

/** What the schema can't say. */
function check({ from = 0, to, every, fps, classes, modelClasses }: JobOptions, model: ModelView): void {
  if (modelClasses) requireClasses(modelClasses, model, 'BAD_REQUEST');
  if (to !== undefined && to <= from) {
    throw new MaskcastError('BAD_REQUEST', `options.to must be after options.from; received ${from} to ${to}`);
  }
  if (every !== undefined && fps !== undefined) {
    throw new MaskcastError('BAD_REQUEST', 'options.every and options.fps exclude each other; received both');
  }
  const known = new Set(model.classes.map(({ name }) => name.toLowerCase()));
  const unknown = classes?.find((name) => !known.has(name.toLowerCase()));
  if (unknown === undefined) return;
  const names = model.classes.map(({ name }) => name).join(', ');
  throw new MaskcastError('BAD_REQUEST', `options.classes must be of ${names}; received "${unknown}"`);
}
