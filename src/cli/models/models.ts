import type { Command } from 'commander';
import { z } from 'zod';
import { loadConfig } from '../../config/load.js';
import { MaskcastError, toErrorRecord } from '../../core/errors.js';
import { type CatalogEntry, readCatalog } from '../../inference/catalog.js';
import { type ModelFiles, manifestSchema, readManifest } from '../../inference/manifest.js';
import { isModelFolder, locateModel } from '../../inference/model-names.js';
import type { CommandContext } from '../context.js';
import { registerModelsAdd } from './add.js';
import { type ModelsFlags, modelsDirOf, withCommonOptions } from './flags.js';
import { formatList, formatModel, modelFacts } from './report.js';
import { verifyModels } from './verify.js';

/** `maskcast models …`: the networks that are there, what each is, whether it works; and a way to add one. */
export function registerModels(program: Command, context: CommandContext): void {
  const models = program.command('models').description('list, show, verify and add networks');
  const { terminal } = context;

  withCommonOptions(models.command('list').description('list the networks')).action(async (flags: ModelsFlags) => {
    const entries = await readCatalog(modelsDirOf(flags, context));
    terminal.stdout.write(flags.json ? `${JSON.stringify(entries.map(listed))}\n` : formatList(entries));
  });

  withCommonOptions(
    models
      .command('show')
      .description('show what a network is, its licence first')
      .argument('<name>', 'name or folder'),
  ).action(async (name: string, flags: ModelsFlags) => {
    const files = await find(name, flags, context);
    const facts = await modelFacts(files);
    terminal.stdout.write(
      flags.json
        ? `${JSON.stringify({ ...files.manifest, ...facts, dir: files.dir })}\n`
        : formatModel(files, facts, terminal.stdout.isTTY === true),
    );
  });

  withCommonOptions(
    models
      .command('verify')
      .description('check the files of a network, or of all, run each once, and compare the engines that are installed')
      .argument('[name]', 'name or folder; all where absent'),
  ).action((name: string | undefined, flags: ModelsFlags) => verify(name, flags, context));

  registerModelsAdd(models, context);

  models
    .command('schema')
    .description("print the manifest's JSON schema, for editors")
    .action(() => {
      terminal.stdout.write(`${JSON.stringify(z.toJSONSchema(manifestSchema, { io: 'input' }), null, 2)}\n`);
    });
}

async function find(name: string, flags: ModelsFlags, context: CommandContext): Promise<ModelFiles> {
  const modelsDir = modelsDirOf(flags, context);
  try {
    return await readManifest(locateModel(name, modelsDir));
  } catch (error) {
    if (!(error instanceof MaskcastError) || error.code !== 'MODEL_NOT_FOUND') throw error;
    if (isModelFolder(name)) throw error;
    const names = (await readCatalog(modelsDir)).map((entry) => entry.name).join(', ') || 'none';
    throw new MaskcastError(
      'MODEL_NOT_FOUND',
      `there is no model "${name}"; there are: ${names} (a folder is named with a slash: ./${name})`,
      { cause: error },
    );
  }
}

const listed = (entry: CatalogEntry) =>
  'files' in entry ? entry.files.manifest : { name: entry.name, error: toErrorRecord(entry.error) };

async function verify(name: string | undefined, flags: ModelsFlags, context: CommandContext): Promise<void> {
  const modelsDir = modelsDirOf(flags, context);
  const folders =
    name === undefined
      ? (await readCatalog(modelsDir)).map((entry) => locateModel(entry.name, modelsDir))
      : [(await find(name, flags, context)).dir];
  const config = loadConfig({ file: flags.config, env: context.env });
  await verifyModels(folders, config, context.terminal.stdout, flags.json === true);
}
