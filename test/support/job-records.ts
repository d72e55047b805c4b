import { jobOptions } from '../../src/delivery/http/jobs-schema.js';
import type { JobRecord } from '../../src/jobs/job.js';

export function jobRecordOf(given: Partial<JobRecord>): JobRecord {
  return {
    version: 1,
    id: 'walk-0001',
    name: 'Walk',
    state: 'queued',
    turn: 1,
    created: 0,
    input: { media: 'recordings/walk.mp4' },
    options: jobOptions.parse({}),
    model: 'colors',
    video: { width: 320, height: 240, codec: 'h264' },
    timeline: { start: 0, timeBase: { num: 1, den: 1000 } },
    frames: 0,
    warnings: [],
    files: [],
    ...given,
  };
}
