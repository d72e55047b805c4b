import { describe, expect, it } from 'vitest';
import type { DeliveryConfig } from '../../src/delivery/config.js';
import { demo, openDemo, page, useDemoPages } from '../support/demo-page.js';
import { DemoStreams } from '../support/demo-server.js';
import { FakeJobs, fakeJob } from '../support/fakes/fake-jobs.js';
import { numberedScene } from '../support/media/demo-scene.js';

/** The list of recordings, new jobs and uploads, against jobs that the test scripts. */
let jobs: FakeJobs;

useDemoPages();

const open = (at: string, config: Partial<DeliveryConfig> = {}) =>
  openDemo({ streams: new DemoStreams([], numberedScene()), jobs, config, at });

const row = (id: string) => page.locator(`[data-job="${id}"]`);

describe('the list of recordings', () => {
  it('invites to begin, then follows every job as it goes', async () => {
    jobs = new FakeJobs();
    await open('#/');
    await page.getByRole('link', { name: 'Recordings' }).click();
    await page.getByRole('heading', { name: 'No recordings yet' }).waitFor();

    jobs.put(fakeJob({ id: 'walk', position: 1 }));
    await row('walk').getByText('1 job before it').waitFor();
    jobs.update('walk', { state: 'running', progress: { frames: 375, expected: 1500, fps: 12.5 } });
    await row('walk').getByText('12.5 fps').waitFor();
    expect(await row('walk').getByRole('progressbar').getAttribute('aria-valuenow')).toBe('25');
    await page.getByRole('link', { name: 'Recordings 1 running' }).waitFor();

    jobs.update('walk', {
      state: 'failed',
      error: { code: 'DISK_FULL', message: 'the disk is full', retryable: true },
    });
    await row('walk').getByText('The disk is full.').waitFor();
    await page.getByText('walk.mp4 could not be finished.').waitFor();
    jobs.remove('walk');
    await page.getByRole('heading', { name: 'No recordings yet' }).waitFor();
  });

  it('finds its way back after the server was away', async () => {
    jobs = new FakeJobs();
    jobs.put(fakeJob({ id: 'walk' }));
    await open('#/recordings');
    await row('walk').waitFor();
    await demo.stop();
    await page.getByRole('alert').getByText('The server does not answer.').waitFor();
    jobs.put(fakeJob({ id: 'drive' }));
    await demo.start();
    await row('drive').waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('pauses, resumes, cancels, retries and, when asked twice, deletes', async () => {
    jobs = new FakeJobs();
    jobs.put(fakeJob({ id: 'walk', state: 'running' }));
    await open('#/recordings');
    const press = (name: string) =>
      row('walk')
        .getByRole('button', { name: `${name} walk.mp4` })
        .click();
    await press('Pause');
    await row('walk').getByText('Paused').waitFor();
    await press('Go on');
    await row('walk').getByText('Waiting').waitFor();
    await press('Cancel');
    await row('walk').getByText('Cancelled').waitFor();
    await press('Try again');
    await row('walk').getByText('Waiting').waitFor();
    await press('Delete');
    const dialog = page.getByRole('dialog', { name: 'Delete walk.mp4?' });
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    expect([...jobs.jobs.keys()]).toEqual(['walk']);
    await press('Delete');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'No recordings yet' }).waitFor();
    expect([...jobs.jobs.keys()]).toEqual([]);
  });

  it('shows a viewer everything and lets nothing be changed', async () => {
    jobs = new FakeJobs();
    jobs.put(fakeJob({ id: 'walk', state: 'running' }));
    const token = 'the-token-of-a-viewer';
    await open(`?token=${token}#/recordings`, { tokens: [{ token, role: 'viewer' }] });
    await row('walk').getByText('Running').waitFor();
    expect(await page.getByRole('button', { name: /walk.mp4|New job/ }).count()).toBe(0);
    await page.keyboard.press('a');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});

describe('a new job', () => {
  it('of a file on the server is found by name and sent with what was chosen', async () => {
    jobs = new FakeJobs();
    jobs.media = ['tour/one.mp4', 'tour/two.mp4', 'yard/broken.mp4'].map((path) => ({
      path,
      name: path.split('/')[1] as string,
      bytes: 5_000_000,
      modified: Date.now(),
    }));
    await open('#/recordings');
    await page.getByRole('button', { name: 'Process a recording' }).waitFor();
    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Process a recording' });
    await dialog.getByText('On the server').click();
    await dialog.getByLabel("Search the server's recordings").fill('TOUR two');
    await dialog.getByText('1 recording').waitFor();
    await dialog.getByRole('checkbox', { name: 'two.mp4' }).check();
    await dialog.getByRole('checkbox', { name: 'COCO' }).check();
    await dialog.getByText('More', { exact: false }).first().click();
    await dialog.getByLabel('To', { exact: true }).fill('1:30');
    await dialog.getByText('What is looked for: all classes').click();
    await dialog.locator('.looked-for').getByRole('checkbox').nth(1).click();
    await dialog.getByText(/What is looked for: \w+ off/).waitFor();
    await dialog.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { name: 'two.mp4', level: 1 }).waitFor();
    expect(jobs.added.at(-1)).toMatchObject({
      input: { media: 'tour/two.mp4' },
      options: { outputs: ['overlay', 'masks', 'table', 'summary', 'coco'], to: 90, modelClasses: { person: 'off' } },
    });
  });

  it('says what is wrong at the field, and why the server refuses', async () => {
    jobs = new FakeJobs();
    jobs.media = [{ path: 'broken.mp4', name: 'broken.mp4', bytes: 5, modified: Date.now() }];
    await open('#/recordings');
    await page.getByRole('button', { name: 'Process a recording' }).click();
    const dialog = page.getByRole('dialog', { name: 'Process a recording' });
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.getByText('Choose a recording first.').waitFor();

    await dialog.getByText('On the server').click();
    await dialog.getByRole('checkbox', { name: 'broken.mp4' }).check();
    await dialog.getByText('More', { exact: false }).first().click();
    await dialog.getByLabel('From', { exact: true }).fill('9');
    await dialog.getByLabel('To', { exact: true }).fill('3');
    await dialog.getByText('More', { exact: false }).first().click();
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.getByText('The end has to be after the beginning.').waitFor();
    const focused = page.locator('#job-to:focus');
    await focused.fill('12');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.getByRole('alert').getByText('broken.mp4 has no video stream.').waitFor();
    await dialog.getByText('NOT_VIDEO').waitFor();
  });

  it('of a file on this device is uploaded, while the page goes on', async () => {
    jobs = new FakeJobs();
    await open('#/recordings');
    await page.getByRole('button', { name: 'Process a recording' }).click();
    const dialog = page.getByRole('dialog', { name: 'Process a recording' });
    const file = (name: string, bytes: number) => ({ name, mimeType: 'video/mp4', buffer: Buffer.alloc(bytes, 7) });
    await dialog.getByLabel('Video files').setInputFiles([file('one.mp4', 300_000), file('two.mp4', 5000)]);
    await dialog.getByLabel('Video files').setInputFiles([file('broken.mp4', 10)]);
    await dialog.getByRole('button', { name: 'Leave out two.mp4' }).click();
    await dialog.getByRole('button', { name: 'Start 2 jobs' }).click();
    await row('one-mp4').waitFor();
    await page.getByText('broken.mp4 has no video stream.').waitFor();
    expect([...jobs.uploads.values()].map(({ name, bytes }) => [name, bytes])).toEqual([
      ['one.mp4', 300_000],
      ['broken.mp4', 10],
    ]);
    await page.getByRole('button', { name: 'Dismiss broken.mp4' }).click();
    await page.getByText('Not accepted').waitFor({ state: 'detached' });
  });

  it('is begun by files that are dropped on the page', async () => {
    jobs = new FakeJobs();
    await open('#/recordings');
    await page.getByRole('button', { name: 'Process a recording' }).waitFor();
    const files = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(['x'], 'dropped.mp4', { type: 'video/mp4' }));
      return data;
    });
    await page.locator('main').dispatchEvent('dragover', { dataTransfer: files });
    await page.getByText('Drop to process').waitFor();
    await page.locator('main').dispatchEvent('drop', { dataTransfer: files });
    await page.getByRole('dialog').getByText('dropped.mp4').waitFor();
  });
});
