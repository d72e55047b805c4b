import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { registerDataset } from '../../src/cli/dataset.js';
import type { JobOptions } from '../../src/delivery/http/jobs-schema.js';
import { launchBrowser } from '../support/browser.js';
import { runCommand } from '../support/commands.js';
import { JobsClient } from '../support/jobs.js';
import { clip } from '../support/media/clips.js';
import { digests } from '../support/process-command.js';
import { startServe } from '../support/serve.js';
import { writeColorModel } from '../support/test-models.js';

const run = promisify(execFile);

const LABELS: JobOptions['outputs'] = ['frames', 'coco', 'yolo', 'semantic', 'cityscapes', 'label-studio'];

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'maskcast-dataset-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** A server with these finished jobs; its folder of data, and their ids. */
async function served(jobs: readonly Partial<JobOptions>[]) {
  const folder = await temporary();
  const modelsDir = join(folder, 'models');
  await writeColorModel(join(modelsDir, 'colors'), { type: 'uint8', layout: 'NHWC', kind: 'logits', stride: 4 });
  const { url, dataDir } = await startServe(['--models-dir', modelsDir, '--model', 'colors']);
  const api = new JobsClient(url);
  const ids: string[] = [];
  for (const [index, options] of jobs.entries()) {
    const name = `walk ${index + 1}`;
    const sent = await api.upload(`${name}.mp4`, new Uint8Array(await readFile(await clip('h264'))));
    const { upload } = (await sent.json()) as { upload: string };
    const added = await api.add({ upload }, { outputs: LABELS, to: 0.12, ...options });
    expect((await api.over(added.id)).state).toBe('done');
    ids.push(added.id);
  }
  return { url, dataDir, ids, folder };
}

it('finished jobs become one data set on the page, the same as by the command', { timeout: 180_000 }, async () => {
  const { url, dataDir, ids, folder } = await served([{}, {}, { outputs: ['frames'] }]);
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${url}#/recordings`);
  await page.getByRole('button', { name: 'Make a data set' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make a data set' });
  await dialog.getByText('Choose the recordings first.').waitFor();
  expect(await dialog.getByRole('list', { name: 'Finished recordings' }).getByRole('listitem').count()).toBe(2);
  await dialog.getByRole('button', { name: 'Choose all' }).click();
  await dialog.getByText('6 frames: 1 recording to train on, 1 to validate with').waitFor();
  expect(await dialog.getByText('training', { exact: true }).count()).toBe(1);

  await dialog.getByText('By hand').click();
  await dialog.getByText('6 frames: 2 recordings to train on, none to validate with').waitFor();
  await dialog.getByRole('checkbox', { name: 'Validation with walk 2' }).check();
  await dialog.getByRole('checkbox', { name: /^Semantic PNG/ }).uncheck();
  await dialog.getByLabel('addresses of pictures begin with').fill('/d/');
  await dialog.getByText('6 frames: 1 recording to train on, 1 to validate with').waitFor();
  const saving = page.waitForEvent('download');
  await dialog.getByRole('link', { name: 'Download' }).click();
  const download = await saving;
  expect(download.suggestedFilename()).toBe('dataset.zip');
  await download.saveAs(join(folder, 'dataset.zip'));
  await run('python3', ['-m', 'zipfile', '-e', join(folder, 'dataset.zip'), join(folder, 'unpacked')]);

  // The command takes the folder's name for the recording's.
  const results = join(folder, 'results');
  for (const id of ids.slice(0, 2)) {
    await cp(join(dataDir, 'jobs', id, 'results'), join(results, id), { recursive: true });
  }
  const outputs = LABELS.filter((name) => name !== 'semantic').join(',');
  const flags = ['--val', ids[1] as string, '--output', outputs, '--picture-prefix', '/d/'];
  const { error } = await runCommand(registerDataset, ['dataset', results, '-o', join(folder, 'data'), ...flags]);
  expect(error).toBeUndefined();
  const expected = await digests(join(folder, 'data'));
  expect(Object.keys(expected).length).toBeGreaterThan(25);
  expect(await digests(join(folder, 'unpacked', 'dataset'))).toEqual(expected);
});
