import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerEval } from '../../src/cli/eval/eval.js';
import { runCommand } from '../support/commands.js';

/** Scores that two programs agree on are harder to get wrong. Needs the packages of `training/requirements.txt`. */

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PYTHON = process.env.MASKCAST_PYTHON ?? 'python3';
/** Points of IoU. */
const ALLOWED = 0.1;

function canTrain(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch, onnxruntime, cv2, tqdm'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canTrain())('the evaluations of server and training', () => {
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'maskcast-agree-'));
    await cp(at('test/fixtures/walkers/frames'), join(data, 'frames'), { recursive: true });
    const names = ['other', 'person', 'vehicle', 'cycle', 'animal'];
    const classes = names.map((name, id) => ({ id, name, color: [id, id, id] }));
    await writeFile(join(data, 'classes.json'), JSON.stringify({ ignoreIndex: 255, classes }));
  });
  afterAll(() => rm(data, { recursive: true }));

  it.each(['hrnet-w18-small-v1-cameras', 'hrnet-w18-small-v1-cameras-int8', 'hrnet-w18-small-v2-cameras'])(
    'agree on %s',
    { timeout: 120_000 },
    async (model) => {
      const report = join(data, 'report.json');
      await promisify(execFile)(
        PYTHON,
        [
          ...['-m', 'maskcast_training', 'evaluate', '--model', at(`models/${model}/model.onnx`)],
          ...['--data', join(data, 'frames'), '--threads', '1', '--json', report],
        ],
        { cwd: at('training') },
      );
      const python = JSON.parse(await readFile(report, 'utf8'));
      const { stdout, error } = await runCommand(registerEval, [
        ...['eval', '--data', data, '--split', 'frames', '--model', at(`models/${model}`), '--json'],
      ]);
      expect(error).toBeUndefined();
      const here = JSON.parse(stdout);
      expect(Math.abs(here.mIoU * 100 - python.meanIoU)).toBeLessThan(ALLOWED);
      expect(Math.abs(here.pixelAccuracy * 100 - python.pixelAccuracy)).toBeLessThan(ALLOWED);
      for (const { name, iou } of here.classes) {
        expect(Math.abs((iou ?? 0) * 100 - (python.iou[name] ?? 0)), name).toBeLessThan(ALLOWED);
      }
    },
  );
});
