import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerBench } from '../../../src/cli/bench.js';
import type { CommandContext } from '../../../src/cli/context.js';
import { registerEval } from '../../../src/cli/eval/eval.js';
import { registerEvalVideo } from '../../../src/cli/eval/video.js';
import { registerProcess } from '../../../src/cli/process/process.js';
import { registerServe } from '../../../src/cli/serve/serve.js';

const nobody = { write: () => true };
const context: CommandContext = {
  terminal: { stdout: nobody, stderr: nobody },
  env: {},
  stop: new AbortController().signal,
};

describe('of the commands that run a network', () => {
  it.each([
    ['serve', registerServe],
    ['process', registerProcess],
    ['bench', registerBench],
    ['eval', registerEval],
    ['eval-video', registerEvalVideo],
  ] as const)('%s can be told where the networks are', (_, register) => {
    const program = new Command();
    register(program, context);
    const options = program.commands.flatMap((command) => command.options.map(({ long }) => long));
    expect(options).toEqual(expect.arrayContaining(['--model', '--models-dir']));
  });
});
