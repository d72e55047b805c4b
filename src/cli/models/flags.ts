import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import type { CommandContext } from '../context.js';
import { MODELS } from '../paths.js';

/** What all commands about networks have in common. */
export interface ModelsFlags {
  readonly modelsDir?: string;
  readonly config?: string;
  readonly json?: true;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('--models-dir <folder>', 'where the networks are')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'print one JSON value');
}

/** The folder of the networks: flag, configuration, or the package's own. */
export function modelsDirOf({ modelsDir, config }: ModelsFlags, { env }: CommandContext): string {
  return resolve(loadConfig({ file: config, env, flags: { modelsDir } }).modelsDir ?? MODELS);
}
