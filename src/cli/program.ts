import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ERRORS } from '../core/error-table.js';
import { MaskcastError } from '../core/errors.js';
import { registerBench } from './bench.js';
import type { CommandContext, Terminal } from './context.js';
import { registerDataset } from './dataset.js';
import { registerEval } from './eval/eval.js';
import { registerEvalVideo } from './eval/video.js';
import { registerModels } from './models/models.js';
import { registerProbe } from './probe.js';
import { registerProcess } from './process/process.js';
import { toldWithRemedies } from './remedies.js';
import { registerHealth } from './serve/health.js';
import { registerServe } from './serve/serve.js';

const COMMANDS = [
  registerServe,
  registerHealth,
  registerProbe,
  registerProcess,
  registerDataset,
  registerModels,
  registerEval,
  registerEvalVideo,
  registerBench,
];

/** All commands; nothing runs yet. */
export function createProgram(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command('maskcast')
    .description('Live and recorded video segmentation: ffmpeg in, HRNet masks, overlays in a browser')
    .version(packageVersion())
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    });
  for (const register of COMMANDS) register(program, context);
  applyToAll(program, (command) => command.exitOverride().copyInheritedSettings(program));
  return program;
}

/** Runs one command. Resolves to the exit code: 0 fine, 1 failed, 2 wrong usage. Never rejects. */
export async function runCli(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(error, args.includes('--json'), context.terminal);
  }
}

function applyToAll(command: Command, action: (command: Command) => void): void {
  for (const child of command.commands) {
    action(child);
    applyToAll(child, action);
  }
}

function report(error: unknown, json: boolean, terminal: Terminal): number {
  if (error instanceof MaskcastError) {
    const { code, retryable, details, remedies } = error;
    const message = toldWithRemedies(error);
    if (json) terminal.stdout.write(`${JSON.stringify({ error: { code, message, retryable, details, remedies } })}\n`);
    else terminal.stderr.write(`maskcast: ${message} [${code}]\n`);
    return ERRORS[code].exit;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (json)
    terminal.stdout.write(`${JSON.stringify({ error: { code: 'INTERNAL', message: text, retryable: false } })}\n`);
  else terminal.stderr.write(`maskcast: this is a bug: ${text}\n`);
  return 1;
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
