import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import { datasetQuery } from '../../../src/delivery/http/jobs-schema.js';
import { datasetArchive, describeDataset } from '../../../src/jobs/datasets.js';
import type { JobRecord } from '../../../src/jobs/job.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-datasets-'));
});
afterEach(() => rm(folder, { recursive: true }));

const COCO = '{"info":{},"categories":[{"id":1,"name":"car"}],"images":[\n],"annotations":[]}\n';

/** The recordings that jobs are of, where it isn't one each. */
const INPUTS: Readonly<Record<string, JobRecord['input']>> = {
  once: { upload: '1', file: 'yard.mp4' },
  again: { upload: '1', file: 'yard.mp4' },
};

/** Jobs that are done, but for `running`. */
const jobs = {
  results(id: string) {
    if (id === 'running') throw new MaskcastError('CONFLICT', 'results are there once a job is done');
    return {
      folder: join(folder, id),
      record: { name: `${id}.mp4`, frames: 700, input: INPUTS[id] ?? { media: id } } as JobRecord,
    };
  },
};

async function done(id: string, { coco = COCO, frames = true } = {}): Promise<void> {
  await mkdir(join(folder, id, ...(frames ? ['frames'] : [])), { recursive: true });
  if (frames) await writeFile(join(folder, id, 'frames', 'frame_000000.jpg'), id);
  await writeFile(join(folder, id, 'coco.json'), coco);
}

const ask = (query: Record<string, string>) => describeDataset(datasetQuery.parse(query), jobs);

describe('a data set of jobs', () => {
  it('says who is on which side, in one order whatever order they are named in', async () => {
    for (const id of ['a', 'b', 'c']) await done(id, { frames: id !== 'b' });
    const recording = (id: string, split: string) => ({ job: id, name: `${id}.mp4`, split, frames: 700 });
    expect(await ask({ jobs: 'c,a,b,a', val: 'b' })).toEqual({
      recordings: [recording('a', 'train'), recording('b', 'val'), recording('c', 'train')],
      outputs: ['coco'],
      left: ['frames'],
    });
    expect((await ask({ jobs: 'a,c', outputs: 'coco' })).outputs).toEqual(['coco']);
    const sides = async (query: Record<string, string>) => (await ask(query)).recordings.map(({ split }) => split);
    expect(await sides({ jobs: 'a,b', val: '' })).toEqual(['train', 'train']);
    expect((await sides({ jobs: 'a,b' })).sort()).toEqual(['train', 'val']);
    expect(await sides({ jobs: 'a,b', share: '0' })).toEqual(['train', 'train']);
  });

  it('keeps jobs of one recording on one side', async () => {
    for (const id of ['once', 'again', 'other']) await done(id);
    for (const share of ['0.1', '0.5', '0.9']) {
      const { recordings } = await ask({ jobs: 'once,again,other', share });
      const side = (id: string) => recordings.find(({ job }) => job === id)?.split;
      expect(side('once')).toBe(side('again'));
      expect(side('other')).not.toBe(side('once'));
    }
  });

  it('is an archive of one folder', async () => {
    await done('a');
    const { name, files } = await datasetArchive(datasetQuery.parse({ jobs: 'a' }), jobs);
    const names: string[] = [];
    for await (const file of files) names.push(file.name);
    expect([name, names]).toEqual([
      'dataset.zip',
      ['dataset/images/train/a_frame_000000.jpg', 'dataset/annotations/instances_train.json'],
    ]);
  });

  it.each([
    [{ jobs: 'a,running' }, 'CONFLICT', /once a job is done/],
    [{ jobs: 'a', val: 'other' }, 'BAD_REQUEST', /val must be of jobs \(a\); received "other"/],
    [{ jobs: 'a,b' }, 'DATASET_INVALID', /a and b have other classes \(coco\)/],
    [{ jobs: 'a,damaged' }, 'DATASET_INVALID', /^coco.json of damaged is not as maskcast wrote it$/],
    [{ jobs: 'a,b', outputs: 'yolo' }, 'DATASET_INVALID', /^a, b has no yolo/],
  ])('%o is refused as %s', async (query, code, message) => {
    await done('a');
    await done('b', { coco: COCO.replace('car', 'dog') });
    await done('damaged', { coco: '{' });
    await expect(ask(query)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    {},
    { jobs: '' },
    { jobs: '../etc' },
    { jobs: 'a', share: '1' },
    { jobs: 'a', share: 'half' },
    { jobs: 'a', outputs: 'overlay' },
    { jobs: Array.from({ length: 101 }, (_, index) => `job-${index}`).join() },
  ])('%o is no query', (query) => {
    expect(datasetQuery.safeParse(query).success).toBe(false);
  });
});
