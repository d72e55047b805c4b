import { Command } from 'commander';
import type { CommandContext } from '../../src/cli/context.js';
import { MaskcastError } from '../../src/core/errors.js';
import { ENGINE } from './engines.js';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** What the command failed with; `program.ts` makes an exit code of it. */
  readonly error: MaskcastError | undefined;
}

/** Runs one command in this process, away from a terminal. Errors that are no MaskcastError are thrown. */
export async function runCommand(
  register: (program: Command, context: CommandContext) => void,
  args: readonly string[],
  env: Readonly<Record<string, string>> = ENGINE,
): Promise<CommandResult> {
  let [stdout, stderr] = ['', ''];
  const terminal = {
    stdout: {
      write: (text: string) => {
        stdout += text;
      },
    },
    stderr: {
      write: (text: string) => {
        stderr += text;
      },
    },
  };
  const program = new Command('maskcast');
  register(program, { terminal, env, stop: new AbortController().signal });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return { stdout, stderr, error: undefined };
  } catch (error) {
    if (!(error instanceof MaskcastError)) throw error;
    return { stdout, stderr, error };
  }
}
