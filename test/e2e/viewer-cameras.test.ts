import { describe, expect, it } from 'vitest';
import { nextPaint } from '../support/browser.js';
import { demo, openDemo, page, useDemoPages } from '../support/demo-page.js';
import { DemoFeed, DemoStreams } from '../support/demo-server.js';
import { numberedScene } from '../support/media/demo-scene.js';

/** Adding, changing, stopping and removing cameras, and who may. */
useDemoPages();

const scene = numberedScene();
const ADMIN = 'the-token-of-an-admin';
const VIEWER = 'the-token-of-a-viewer';
const TOKENS = [
  { token: ADMIN, role: 'admin' },
  { token: VIEWER, role: 'viewer' },
] as const;

const open = (feeds: readonly DemoFeed[], tokens: typeof TOKENS | [] = []) =>
  openDemo({ streams: new DemoStreams(feeds, scene), config: { tokens } });

describe('cameras', () => {
  it('are added after the probe has answered, with user and password in fields of their own', async () => {
    await open([]);
    await page.getByRole('button', { name: 'Add a camera' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a camera' });
    await dialog.getByLabel('Address').fill('rtsp://192.0.2.10/locked');
    await dialog.getByLabel('User').fill('admin');
    await dialog.getByText('UDP').click();
    await dialog.getByRole('button', { name: 'Check' }).click();
    await dialog.getByText('The camera refused user and password (401 Unauthorized).').waitFor();
    await dialog.getByRole('button', { name: 'Add anyway' }).waitFor();

    await dialog.getByLabel('Password').fill('let me in');
    expect(await dialog.getByRole('button', { name: /^Add/ }).count()).toBe(0);
    await dialog.getByRole('button', { name: 'Check' }).click();
    await dialog.getByText('1920 × 1080').waitFor();
    expect(demo.streams.probed.at(-1)).toEqual({
      url: 'rtsp://192.0.2.10/locked',
      user: 'admin',
      password: 'let me in',
      transport: 'udp',
    });

    await dialog.getByLabel('Name').fill('Back door');
    await dialog.getByRole('button', { name: 'Add camera' }).click();
    await page.getByRole('heading', { name: 'Back door', level: 1 }).waitFor();
    await nextPaint(page, -1);
    expect(page.url()).toBe(`${demo.url}/#/streams/back-door`);
  });

  it('are renamed, stopped, started and removed', async () => {
    await open([new DemoFeed('yard', scene, { name: 'Yard' })]);
    const pick = async (item: string) => {
      await page.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await pick('Edit');
    await page.getByRole('dialog').getByLabel('Name').fill('Back yard');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Back yard, Live' }).waitFor();

    await pick('Stop');
    await page.getByRole('link', { name: 'Back yard, Stopped' }).waitFor();
    await pick('Start');
    await page.getByRole('link', { name: 'Back yard, Live' }).waitFor();

    await pick('Remove');
    await page.getByRole('dialog', { name: 'Remove Back yard?' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'No streams yet' }).waitFor();
    expect(demo.streams.list()).toEqual([]);
  });

  it('that cannot be saved leave the dialog open, with the reason', async () => {
    await open([new DemoFeed('yard', scene, { name: 'Yard' })]);
    // The key works as soon as the page knows that this person may add cameras: then it shows the button.
    await page.getByRole('button', { name: 'Add camera' }).waitFor();
    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Add a camera' });
    await dialog.getByLabel('Address').fill('/srv/yard.mp4');
    await dialog.getByLabel('Address').press('Enter');
    await dialog.getByRole('button', { name: 'Add camera' }).waitFor();
    await dialog.getByLabel('Name').fill('Yard');
    await dialog.getByRole('button', { name: 'Add camera' }).click();
    await page.getByRole('alert').getByText('There is a stream "yard" already.').waitFor();
    await page.getByRole('alert').getByText('CONFLICT').waitFor();
  });
});

describe('tokens', () => {
  it('are asked for, refused and accepted, and a viewer may watch but not change', async () => {
    await open([new DemoFeed('yard', scene, { name: 'Yard' })], TOKENS);
    const token = page.getByLabel('Access token');
    await token.fill('a wrong token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('UNAUTHENTICATED').waitFor();
    await token.fill(VIEWER);
    await token.press('Enter');
    await page.getByRole('link', { name: 'Yard, Live' }).click();
    await page.getByText('View only', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: /Add camera|Actions for/ }).count()).toBe(0);
    expect(await page.getByLabel('Temporal smoothing').isDisabled()).toBe(true);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await token.fill(ADMIN);
    await token.press('Enter');
    await page.getByRole('button', { name: 'Actions for Yard' }).waitFor();
    expect(await page.getByLabel('Temporal smoothing').isEnabled()).toBe(true);
  });
});
