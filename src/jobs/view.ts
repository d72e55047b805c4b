import type { JobProgress, JobView } from '../delivery/http/jobs-schema.js';
import type { JobRecord } from './job.js';

/** A job as the API shows it. */
export function jobViewOf(
  record: JobRecord,
  { position, progress }: { readonly position: number | undefined; readonly progress: JobProgress | undefined },
): JobView {
  const { id, name, state, created, started, finished, options, model, video, warnings, error, files } = record;
  const { frames, expected } = record;
  return {
    ...{ id, name, state, created, options, model, video, warnings, files },
    ...(position === undefined ? {} : { position }),
    ...(started === undefined ? {} : { started }),
    ...(finished === undefined ? {} : { finished }),
    ...(error === undefined ? {} : { error }),
    progress: progress ?? { frames, ...(expected === undefined ? {} : { expected }) },
  };
}
