import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { jobOptions } from '../../../src/delivery/http/jobs-schema.js';
import { readTimes } from '../../../src/jobs/timeline.js';
import { temporaryFolder } from '../../support/jobs.js';

/** Results that hold masks at these ticks. */
async function results(ticks: readonly number[]): Promise<string> {
  const folder = await temporaryFolder('times');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'masks'));
  for (const [number, pts] of ticks.entries()) {
    await writeFile(join(folder, 'masks', `frame_${String(number).padStart(6, '0')}_pts${pts}.png`), '');
  }
  return folder;
}

/** The file begins with sound at 1.2 s, its picture at 1.5 s. */
const timeline = { start: 1.2, first: 1.5, timeBase: { num: 1, den: 1000 } };

describe('the times of results', () => {
  it("count from the beginning of the file's timeline, and say where that is and where the picture begins", async () => {
    const folder = await results([1500, 1540]);
    const times = await readTimes(folder, { timeline, options: jobOptions.parse({}) });
    expect(times).toEqual({ seconds: [0.3, 0.34], numbers: [0, 1], start: 1.2, first: 0.3 });
  });

  it('say where the picture begins though the job begins later', async () => {
    const folder = await results([2500, 2540]);
    const options = jobOptions.parse({ from: 1 });
    expect(await readTimes(folder, { timeline, options })).toMatchObject({ seconds: [1.3, 1.34], first: 0.3 });
    const { first: _, ...older } = timeline;
    expect(await readTimes(folder, { timeline: older, options })).toMatchObject({ start: 1.2, first: 0 });
  });
});
