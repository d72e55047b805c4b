import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphCost } from '../../scripts/experiments/graph-cost.js';
import { readManifest } from '../../src/inference/manifest.js';
import { writeLumaThresholdModel } from '../support/test-models.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const WALKERS = at('test/fixtures/walkers');

const experiments = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', at('scripts/experiments/main.ts'), ...args], {
    cwd: at('.'),
  });

describe('npm run experiments', () => {
  let folder: string;
  let page: string;
  let args: string[];
  const out = () => join(folder, 'report');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'maskcast-experiments-'));
    // The walkers as a data set of two classes that a network can know by brightness alone.
    const data = join(folder, 'data');
    await cp(join(WALKERS, 'frames'), join(data, 'frames'), { recursive: true });
    await writeFile(
      join(data, 'classes.json'),
      JSON.stringify({
        ignoreIndex: 2,
        classes: [
          { id: 0, name: 'dark' },
          { id: 1, name: 'bright' },
        ],
      }),
    );
    const models = [join(folder, 'unet-tiny'), join(folder, 'unet-tiny-int8'), join(folder, 'hrnet-tiny')];
    for (const [index, dir] of models.entries()) await writeLumaThresholdModel(dir, { stride: index === 2 ? 4 : 8 });
    await writeLumaThresholdModel(join(folder, 'eyes'), { stride: 4 });
    const run = join(folder, 'run');
    await mkdir(run);
    await writeFile(join(run, 'recipe.json'), '{"model": "unet-tiny", "steps": 20, "batch": 2, "crop": [32, 32]}');
    await writeFile(join(run, 'log.jsonl'), '{"step": 10, "loss": 1}\n{"step": 10, "validation": {"val/dark": 50}}\n');
    args = [
      ...[
        '--data',
        data,
        '--splits',
        'frames',
        '--limit',
        '2',
        '--models',
        ...models,
        '--runs',
        run,
        '--show',
        join(folder, 'eyes'),
      ],
      ...['--shown', data, '--cache', join(folder, 'cache'), '--out', out()],
    ];
    await experiments(...args);
    page = await readFile(`${out()}.md`, 'utf8');
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('makes a page that names every network', () => {
    for (const title of ['U-Net', 'HRNet']) expect(page).toMatch(new RegExp(`^\\| ${title} \\|`, 'm'));
    expect(page).toContain('**eyes, made for such views: mIoU');
    expect(page).toContain('2 of 4 pictures of `frames`');
  });

  it('makes every picture that the page shows, and no other', async () => {
    const shown = [...page.matchAll(/(?:src|srcset)="([^"]+)"|\]\((report\/[^)]+\.jpg)\)/g)].map(
      ([, a, b]) => a ?? b ?? '',
    );
    expect(shown.length).toBeGreaterThan(8);
    for (const path of shown) expect((await readFile(join(dirname(out()), path))).length, path).toBeGreaterThan(300);
    const made = (await readdir(out(), { recursive: true })).filter((name) => /\.(svg|jpg)$/.test(name));
    expect(new Set(shown.map((path) => path.replace('report/', '')))).toEqual(new Set(made));
  });

  it('scores as the evaluation does', async () => {
    const { models } = JSON.parse(await readFile(join(out(), 'results.json'), 'utf8'));
    expect(models.map(({ precision }: { precision: string }) => precision)).toEqual(['fp32', 'int8', 'fp32']);
    // Of two classes, the walkers' labels call nearly every pixel 0, and about half of them are dark.
    expect(models[0].scores.frames).toMatchObject({ images: 2, pixelAccuracy: expect.closeTo(50, -2) });
  });

  it('takes over what it has of networks that are the same, when told so', async () => {
    const results = async () => JSON.parse(await readFile(join(out(), 'results.json'), 'utf8'));
    const { models } = await results();
    const cache = join(folder, 'other-cache');
    await experiments(...args, '--reuse', '--cache', cache);
    expect((await results()).models).toEqual(models);
    // The network that is only shown was asked.
    expect(await readdir(cache)).toHaveLength(1);
  }, 120_000);

  it('keeps what it has of networks whose files are gone, when told so', async () => {
    const results = async () => JSON.parse(await readFile(join(out(), 'results.json'), 'utf8'));
    const before = await results();
    const one = args.slice(0, args.indexOf('--models'));
    const rest = ['--shown', join(folder, 'data'), '--cache', join(folder, 'cache'), '--out', out()];
    await experiments(...one, '--keep', '--longer', join(folder, 'hrnet-tiny'), ...rest);
    const { models, curves } = await results();
    expect(models.slice(0, 3)).toEqual(before.models);
    expect(models.slice(3)).toMatchObject([{ name: 'hrnet-tiny', role: 'longer' }]);
    expect(curves).toEqual(before.curves);
    await expect(
      experiments(...one, '--limit', '3', '--keep', '--longer', join(folder, 'hrnet-tiny'), ...rest),
    ).rejects.toThrow(/--keep: results.json was measured on .*"frames":2/);
    await experiments(...args);
  }, 120_000);

  it('asks no network again for what it has', async () => {
    const cache = join(folder, 'cache');
    const contents = async () => Promise.all((await readdir(cache)).map((file) => readFile(join(cache, file), 'utf8')));
    const before = await contents();
    await experiments(...args, '--limit', '3');
    const after = await contents();
    after.forEach((text, index) => {
      expect(text.startsWith(before[index] as string)).toBe(true);
      expect(text.split('\n').length).toBe((before[index] as string).split('\n').length + 1);
    });
  }, 120_000);

  it('adds times to what was scored, and keeps words of people', async () => {
    await writeFile(join(out(), 'words.md'), '<!-- section: verdict, of 00000000 -->\n\nIt depends.\n');
    await experiments('--timings-only', '--rounds', '2', ...args);
    const timed = await readFile(`${out()}.md`, 'utf8');
    expect(timed).toContain('report/accuracy-speed.svg');
    expect(timed).toContain('medians of 2 rounds');
    // A process of its own has no part in the memory of the one that started it.
    const { timings } = JSON.parse(await readFile(join(out(), 'results.json'), 'utf8'));
    expect(timings.memoryWithoutModel).toBeLessThan(150);
    expect(timings.memoryWithoutModel).toBeGreaterThan(20);
    expect(timed).toContain('It depends.');
  }, 120_000);

  it('leaves times with a network that was trained anew', async () => {
    const timings = async () => JSON.parse(await readFile(join(out(), 'results.json'), 'utf8')).timings;
    const before = await timings();
    const anew = join(folder, 'hrnet-tiny');
    await rm(anew, { recursive: true });
    await writeLumaThresholdModel(anew, { stride: 4, steepness: 0.3 });
    await experiments(...args);
    const after = await timings();
    const { sha256 } = (await readManifest(anew)).manifest;
    expect(before.memory).not.toHaveProperty(sha256);
    expect(after.memory).toHaveProperty(sha256);
    expect(after.runs.map(({ median }: { median: number }) => median)).toEqual(
      before.runs.map(({ median }: { median: number }) => median),
    );
  }, 120_000);
});

describe('the work of a network', () => {
  it.each([
    ['hrnet-w18-small-v1-camvid', 31.1, 1.5, 240],
    ['hrnet-w18-small-v1-camvid-int8', 31.1, 1.5, 240],
    ['hrnet-w18-small-v2-camvid', 71.6, 3.9, 270],
  ])('is counted in its file as published: %s', async (name, publishedBillions, publishedMillions, channels) => {
    const { multiplyAdds, parameters } = await graphCost(await readManifest(at(`models/${name}`)), {
      width: 512,
      height: 256,
    });
    // Published for 19 classes at 1024×2048, 16 times as many pixels; ours has 11. The classifier works at a fourth of the sides.
    const classifier = (19 - 11) * channels * 256 * 512;
    expect((multiplyAdds * 16 + classifier) / 2 ** 30).toBeCloseTo(publishedBillions, 1);
    expect(parameters / 1e6).toBeCloseTo(publishedMillions, 1);
  });
});
