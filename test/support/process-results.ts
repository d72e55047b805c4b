import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { registerProcess } from '../../src/cli/process/process.js';
import { type CommandResult, runCommand } from './commands.js';
import { type ClipName, clip } from './media/clips.js';
import { writeColorModel } from './test-models.js';

/** `maskcast process` on the made clips with a network of colours, in a folder that goes with the tests. */
export class ProcessResults {
  folder = '';
  model = '';
  private readonly made = new Map<string, Promise<string>>();

  /** @param usual arguments of every run of `of` */
  constructor(private readonly usual: readonly string[] = []) {
    beforeAll(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'maskcast-process-'));
      this.model = await writeColorModel(join(this.folder, 'colors'), {
        type: 'uint8',
        layout: 'NHWC',
        kind: 'logits',
        stride: 4,
      });
    });
    afterAll(() => rm(this.folder, { recursive: true, force: true }));
  }

  run(...args: string[]): Promise<CommandResult> {
    return runCommand(registerProcess, ['process', ...args, '-m', this.model]);
  }

  /** Where the results of a clip are, after one run with these arguments, however often they are asked for. */
  of(name: ClipName, ...args: string[]): Promise<string> {
    const key = [name, ...args].join(' ');
    const result = this.made.get(key) ?? this.make(name, args);
    this.made.set(key, result);
    return result;
  }

  private async make(name: ClipName, args: readonly string[]): Promise<string> {
    const out = await mkdtemp(join(this.folder, `${name}-`));
    const { error } = await this.run(await clip(name), '-o', out, ...this.usual, ...args);
    expect(error).toBeUndefined();
    const [only] = await readdir(out);
    return join(out, only as string);
  }
}

/** The file of a result whose name begins so. */
export async function fileOf(result: string, start: string): Promise<string> {
  const name = (await readdir(result)).find((entry) => entry.startsWith(start));
  return join(result, name as string);
}
