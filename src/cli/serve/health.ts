import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import { MaskcastError } from '../../core/errors.js';
import type { CommandContext } from '../context.js';
import { defaultDataDir, seen, userFolder } from './beacon.js';

interface HealthFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: true;
}

/** Milliseconds for a server on the same machine to say that it lives. */
const PATIENCE = 4_000;

/** `maskcast health`: whether the server that runs here answers. For container health checks and service managers. */
export function registerHealth(program: Command, context: CommandContext): void {
  program
    .command('health')
    .description('ask the server that runs here whether it is well')
    .option('-c, --config <file>', 'configuration file of the server, where it names a dataDir')
    .option(
      '--data-dir <folder>',
      'dataDir of the server; otherwise the one of this user that started last is asked, too',
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExit code: 0 it answers, 1 it does not, or none runs here.')
    .action(async (flags: HealthFlags) => {
      const url = await answering(await addresses(flags, context));
      context.terminal.stdout.write(flags.json ? `${JSON.stringify({ url })}\n` : `Maskcast is well: ${url}\n`);
    });
}

/** The server writes down where it listens, so that no port, host or proxy has to be told here. */
async function addresses({ config: file, dataDir }: HealthFlags, { env }: CommandContext): Promise<readonly string[]> {
  if (dataDir !== undefined) return seen([dataDir]);
  const configured = file === undefined ? env.MASKCAST_DATA_DIR : loadConfig({ file, env }).dataDir;
  return seen([configured ?? defaultDataDir(env), userFolder(env)]);
}

/** @throws MaskcastError UNAVAILABLE */
async function answering(urls: readonly string[]): Promise<string> {
  if (urls.length === 0) {
    throw new MaskcastError(
      'UNAVAILABLE',
      'no server has said that it runs here (maskcast serve; --data-dir names its folder)',
    );
  }
  const reasons: string[] = [];
  for (const url of urls) {
    try {
      const response = await fetch(new URL('healthz', url), { signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok) return url;
      reasons.push(`${url} answers ${response.status}`);
    } catch (error) {
      const { cause, message } = error as Error;
      reasons.push(`${url} does not answer: ${cause instanceof Error ? cause.message : message}`);
    }
  }
  throw new MaskcastError('UNAVAILABLE', reasons.join('; '), { retryable: true });
}
