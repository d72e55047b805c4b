import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clip } from '../support/media/clips.js';
import { writeColorModel } from '../support/test-models.js';

/**
 * `npm run test:exports`: makes every export of a small clip, of an odd-sized one and of the sample, and has them read by the libraries that
 * people read such files with (requirements.txt). These are installed from PyPI into `.tools/readers`, once.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = join(root, 'test/readers');
const environment = join(root, '.tools/readers');
const stamp = join(environment, 'requirements.txt');

const show = (program: string, args: readonly string[], env = {}) =>
  execFileSync(program, args, { stdio: 'inherit', cwd: root, env: { ...process.env, ...env } });

const wanted = await readFile(join(here, 'requirements.txt'), 'utf8');
if (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== wanted) {
  await mkdir(join(root, '.tools'), { recursive: true });
  show('python3', ['-m', 'venv', '--clear', environment]);
  show(join(environment, 'bin/pip'), ['install', '--quiet', '-r', join(here, 'requirements.txt')]);
  await writeFile(stamp, wanted);
}

const folder = await mkdtemp(join(tmpdir(), 'maskcast-readers-'));
try {
  const colors = await writeColorModel(join(folder, 'colors'), {
    type: 'uint8',
    layout: 'NHWC',
    kind: 'logits',
    stride: 4,
  });
  const exports = 'masks,mask-video,coco,cvat,label-studio,yolo,semantic,cityscapes,frames,table';
  const region = ['--region', 'left=0,0,0.5,0,0.5,1,0,1'];
  const maskcast = (...args: string[]) => show(process.execPath, ['dist/main.js', ...args]);
  const make = (input: string, out: string, model: string, ...more: string[]) => {
    const flags = ['-m', model, '--output', exports, '--segment', '7', ...region, ...more];
    maskcast('process', input, '-o', join(folder, out), ...flags);
    return join(folder, out, readdirSync(join(folder, out))[0] as string);
  };
  const h264 = await clip('h264');
  const results = [
    make(h264, 'plain', colors, '--to', '1'),
    make(await clip('odd_size'), 'odd', colors, '--to', '0.6', '--classes', 'green,blue', '--mask-codec', 'ffv1'),
    make('samples/pedestrians.mp4', 'sample', 'hrnet-w18-small-v1-cameras-int8', '--every', '20', '--policy', 'every'),
  ];
  const later = make(h264, 'later', colors, '--from', '1');
  const data = join(folder, 'data');
  const sources = [results[0] as string, later];
  // Both are of one clip: the folders above tell them apart.
  const flags = ['--val', `later-${basename(later)}`, '--picture-prefix', '/data/local-files/?d=set/'];
  maskcast('dataset', ...sources, '-o', data, ...flags);
  show(join(environment, 'bin/python'), ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', here], {
    RESULTS: results.join(':'),
    DATASET: data,
    DATASET_SOURCES: sources.join(':'),
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
