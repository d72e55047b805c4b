import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerBench } from '../../../src/cli/bench.js';
import type { CommandContext } from '../../../src/cli/context.js';
import { registerEval } from '../../../src/cli/eval.js';
import { registerEvalVideo } from '../../../src/cli/eval-video.js';
import { registerProcess } from '../../../src/cli/process.js';
import { registerServe } from '../../../src/cli/serve.js';

const nobody = { write: () => true };
const context: CommandContext = {
  terminal: { stdout: nobody, stderr: nobody },
  env: {},
  stop: new AbortController().signal,
};

describe('a command that runs a network', () => {
  it.each([registerServe, registerProcess, registerBench, registerEval, registerEvalVideo])(
    'can be told where the networks are: %o',
    (register) => {
      const program = new Command();
      register(program, context);
      const options = program.commands.flatMap((command) => command.options.map(({ long }) => long));
      expect(options).toEqual(expect.arrayContaining(['--model', '--models-dir']));
    },
  );
});
