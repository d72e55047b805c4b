import type { Command } from 'commander';
import { z } from 'zod';
import { asMaskcastError, MaskcastError, toErrorRecord } from '../../core/errors.js';
import { type CatalogEntry, readCatalog } from '../../inference/catalog.js';
import { type ModelFiles, manifestSchema, readManifest } from '../../inference/manifest.js';
import { isModelFolder, locateModel, modelNameOf } from '../../inference/model-names.js';
import { createSegmenter } from '../../inference/segmenter.js';
import type { CommandContext } from '../context.js';
import { registerModelsAdd } from './add.js';
import { type ModelsFlags, modelsDirOf, withCommonOptions } from './flags.js';
import { formatList, formatModel, modelFacts } from './report.js';

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
      .description('check the files of a network, or of all, and run each once')
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

interface Verdict {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: ReturnType<typeof toErrorRecord>;
}

async function verify(name: string | undefined, flags: ModelsFlags, context: CommandContext): Promise<void> {
  const { stdout } = context.terminal;
  const folders =
    name === undefined
      ? (await readCatalog(modelsDirOf(flags, context))).map((entry) =>
          locateModel(entry.name, modelsDirOf(flags, context)),
        )
      : [(await find(name, flags, context)).dir];
  const verdicts: Verdict[] = [];
  for (const folder of folders) {
    const verdict = await verdictOf(folder);
    verdicts.push(verdict);
    if (flags.json) continue;
    stdout.write(verdict.ok ? `ok      ${verdict.name}\n` : `FAILED  ${verdict.name}: ${verdict.error?.message}\n`);
  }
  if (flags.json) stdout.write(`${JSON.stringify(verdicts)}\n`);
  const failed = verdicts.filter(({ ok }) => !ok).map((verdict) => verdict.name);
  if (failed.length === 0) return;
  throw new MaskcastError(
    'MODEL_INVALID',
    `${failed.length} of ${verdicts.length} networks can't be used: ${failed.join(', ')}`,
  );
}

/** Loading a network checks its files and runs it once: see `createSegmenter`. */
async function verdictOf(folder: string): Promise<Verdict> {
  const name = modelNameOf(folder);
  try {
    const segmenter = await createSegmenter({ model: folder, workers: 1 });
    await segmenter.close();
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, error: toErrorRecord(asMaskcastError(error)) };
  }
}
