import { type Command, Option } from 'commander';
import { MaskcastError } from '../../core/errors.js';
import { addModel } from '../../inference/adopt/add-model.js';
import { type DraftAnswers, NORMALIZATIONS, type Normalization } from '../../inference/adopt/draft.js';
import { DRAFT_KINDS, draftOutput, draftOutputs, type OutputDraft } from '../../inference/adopt/draft-output.js';
import { type Inspection, inspectModel } from '../../inference/adopt/inspect.js';
import type { TrialRange } from '../../inference/session-protocol.js';
import type { CommandContext } from '../context.js';
import type { AddFlags } from './add-flags.js';
import { readClasses } from './classes.js';
import { modelsDirOf, withCommonOptions } from './flags.js';
import { formatPixelValues, hasPixelFlags, parsePixelFlags } from './normalization.js';
import { answerAll, outputQuestion, type Question, questions } from './questions.js';

/** `maskcast models add PATH`: a third party's ONNX file becomes a model that everything here can use. */
export function registerModelsAdd(models: Command, context: CommandContext): void {
  withCommonOptions(
    models
      .command('add')
      .description('bring in an ONNX file: draft its manifest from the graph, ask for the rest, run it once')
      .argument('<path>', 'the .onnx file')
      .option('--name <name>', "the model's name; the file's where absent")
      .option('--classes <file>', 'class names: classes.json of a data set, or a text file with a name a line')
      .option('--output <tensor>', 'output that labels pixels, where there are several; the finest where absent')
      .addOption(
        new Option('--kind <kind>', 'what it gives, where values on test pictures mislead; mask: 0 to 255').choices(
          DRAFT_KINDS,
        ),
      )
      .addOption(new Option('--color-order <order>', 'order of the input channels').choices(['RGB', 'BGR']))
      .addOption(
        new Option('--normalization <kind>', 'how bytes become a float input').choices(Object.keys(NORMALIZATIONS)),
      )
      .addOption(
        new Option('--mean <a,b,c>', 'of the channels in their order; of 0–255, or of 0–1').conflicts('normalization'),
      )
      .addOption(new Option('--std <a,b,c>', 'likewise: (pixel · scale − mean) / std').conflicts('normalization'))
      .addOption(
        new Option('--scale <number>', '1/255 or 1; by the size of mean and std where absent').conflicts(
          'normalization',
        ),
      )
      .option('--longest-side <pixels>', 'size to which pictures are scaled down, where the network takes any')
      .option('--licence <text>', 'under which terms the weights may be used')
      .option('--data <text>', 'what the network was trained on')
      .option('-y, --yes', 'take the guesses instead of asking'),
  ).action((path: string, flags: AddFlags) => add(path, flags, context));
}

/** What the network is made for, where the command line says so by a name. */
function knownRange({ normalization }: AddFlags): TrialRange | undefined {
  if (normalization === undefined) return undefined;
  return normalization === 'none' ? 'pixels' : 'normalised';
}

async function add(path: string, flags: AddFlags, context: CommandContext): Promise<void> {
  const { stdout } = context.terminal;
  const inspection = await inspectModel(path, knownRange(flags));
  refuseNormalization(inspection, flags);
  const drafts = draftOutputs(inspection);
  const outputAsked = outputQuestion(drafts, flags);
  const chosen = await answerAll(outputAsked, flags, context);
  const output = draftOutput(inspection, chosen.output || undefined, flags.kind);
  refuseEmpty(output, flags);
  if (!flags.json) stdout.write(describe(inspection, output));
  const elsewhere = drafts.find(({ classes, tensor }) => classes !== undefined && tensor !== output.tensor)?.classes;
  const asked = questions(path, inspection, output, flags, elsewhere);
  const answers = await answerAll(asked, flags, context);
  const normalization = hasPixelFlags(flags) ? parsePixelFlags(flags) : (answers.normalization as Normalization);
  const { dir, manifest } = await addModel({
    path,
    modelsDir: modelsDirOf(flags, context),
    inspection,
    output,
    longestSide: wholeNumber(answers.longestSide),
    answers: {
      name: answers.name,
      colorOrder: answers.colorOrder as DraftAnswers['colorOrder'],
      normalization,
      licence: answers.licence,
      data: answers.data,
      ...(await readClasses(answers.classes, output)),
    },
  });
  const guesses = guessesOf([...Object.values(outputAsked), ...Object.values(asked)], output, flags);
  stdout.write(
    flags.json
      ? `${JSON.stringify({ dir, manifest, guessed: Object.fromEntries(guesses) })}\n`
      : `\nAdded ${manifest.name}: it loads and runs. Manifest and card are in ${dir}: look through both.\n${listGuesses(guesses)}`,
  );
}

function refuseNormalization({ input }: Inspection, flags: AddFlags): void {
  if (input.type !== 'uint8' || !hasPixelFlags(flags)) return;
  throw new MaskcastError(
    'USAGE',
    `--mean, --std and --scale are for float inputs; "${input.tensor}" is uint8 and takes pixels as they are`,
  );
}

/** An output that is 0 on every test picture looks like labels and like a mask. @throws MaskcastError USAGE */
function refuseEmpty({ tensor, kinds, highest }: OutputDraft, { kind }: AddFlags): void {
  if (highest !== 0 || kind !== undefined || kinds.length < 2) return;
  throw new MaskcastError(
    'USAGE',
    `output "${tensor}" is 0 everywhere on test pictures, which doesn't show what it means; give --kind: ${kinds.join(' or ')}`,
  );
}

/** Which answers nobody gave, by flag: a wrong one runs as well as a right one. */
function guessesOf(
  asked: readonly Question[],
  output: OutputDraft,
  flags: AddFlags,
): readonly (readonly [flag: string, guess: string])[] {
  const taken = asked.flatMap(({ flag, guess, given }) =>
    flags.yes && given === undefined ? [[flag, guess ?? ''] as const] : [],
  );
  const kind = flags.kind === undefined && output.kinds.length > 1 ? [['--kind', output.kinds[0] ?? ''] as const] : [];
  const scale =
    hasPixelFlags(flags) && flags.scale === undefined
      ? [['--scale', formatPixelValues(parsePixelFlags(flags))] as const]
      : [];
  return [...taken, ...kind, ...scale];
}

function listGuesses(guesses: readonly (readonly [string, string])[]): string {
  if (guesses.length === 0) return '';
  const list = guesses.map(([flag, guess]) => `  ${flag}: ${guess}`).join('\n');
  return `Guessed (a wrong guess runs too; masks or \`maskcast eval\` show it):\n${list}\n`;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new MaskcastError('USAGE', `--longest-side must be a whole number from 1; received "${text}"`);
}

function describe({ input, multipleOf, header }: Inspection, output: OutputDraft): string {
  const { width, height } = input.size ?? {};
  const classes = output.classes === undefined ? 'an unknown number of classes' : `${output.classes} classes`;
  const size = input.size ? `${width}×${height}` : `any size in multiples of ${multipleOf}`;
  return [
    `input   "${input.tensor}": ${input.type} ${input.layout}, ${size}`,
    `output  "${output.tensor}": ${output.kind} of ${classes}, ${output.layout}, one value for ${output.stride}×${output.stride} pixels`,
    `made by ${header.producer || 'an unknown program'}, opset ${header.opset ?? 'unknown'}`,
    '',
    '',
  ].join('\n');
}
