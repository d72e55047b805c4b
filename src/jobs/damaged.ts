import { MaskcastError } from '../core/errors.js';
import { type JobView, jobOptions } from '../delivery/http/jobs-schema.js';

/** A job whose record can't be understood. It is shown, and nothing of it is touched but by a person who removes it. */
export interface DamagedJob {
  readonly id: string;
  /** For people. */
  readonly why: string;
  /** When the record was last written, ms since the Unix epoch. */
  readonly written: number;
}

export function damagedView({ id, why, written }: DamagedJob): JobView {
  return {
    ...{ id, name: id, state: 'failed', created: written, finished: written },
    options: jobOptions.parse({}),
    model: '',
    progress: { frames: 0 },
    ...{ warnings: [], files: [] },
    error: {
      code: 'RECORD_DAMAGED',
      message: `the record of this job is damaged: ${why}; its folder is left as it is`,
      retryable: false,
    },
  };
}

export const isDamaged = ({ id, why }: DamagedJob): MaskcastError =>
  new MaskcastError('RECORD_DAMAGED', `the record of job "${id}" is damaged (${why}): it can be removed, nothing else`);
