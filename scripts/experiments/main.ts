/**
 * Makes docs/experiments.md: networks scored over labelled pictures, timed, drawn and compared.
 *
 *     npm run experiments -- --data DATA/camvid --models MODEL… [--longer MODEL…] [--runs RUN…] [--out docs/experiments]
 *     npm run experiments -- --data DATA/camvid --keep --longer MODEL…
 *     npm run experiments -- --timings-only --models MODEL… [--longer MODEL…]
 *     npm run experiments -- --render-only
 *
 * In: model folders (ONNX and manifest), folders of training runs, a data set. Out: OUT/results.json, pictures and plots in OUT, and
 * the page OUT.md. Always holds: the page says only what results.json (figures), words.md (opinions) and published.json say.
 */
import { type Command, InvalidArgumentError, program } from 'commander';
import { drawPage } from './draw-page.js';
import { type MeasureOptions, measureAll, measureTimings } from './measure-all.js';

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number from 1.');
};

const command: Command = program
  .name('experiments')
  .description('score, time, draw and compare networks; writes the page OUT.md and its pictures into OUT')
  .option('--data <folder>', 'labelled data set')
  .option('--splits <names>', 'its parts with commas; the last one is reported', 'val,test')
  .option('--models <folders...>', 'networks that were trained alike', [])
  .option('--longer <folders...>', 'networks that were trained longer: rows of their own', [])
  .option('--show <folders...>', 'networks for other views: only drawn, on the pictures that are free to show', [])
  .option('--runs <folders...>', 'training runs, for learning curves', [])
  .option('--out <folder>', 'where pictures and figures go', 'docs/experiments')
  .option('--every <n>', 'take every n-th picture of each split', wholeNumber, 1)
  .option('--limit <n>', 'take at most n pictures of each split', wholeNumber)
  .option('--threads <n>', 'threads of one network run while scoring', wholeNumber, 1)
  .option('--shown <folder>', 'labelled pictures (split "frames") that are free to show', 'test/fixtures/walkers')
  .option('--cache <folder>', 'where counts are kept from run to run', '.cache/experiments')
  .option('--grids <folder>', 'also draw pictures of the data set, into a folder that is not passed on')
  .option('--reuse', 'take over what results.json has of networks that are still the same: labels are not compared')
  .option('--keep', 'take over what results.json has of the networks in --models and their runs, whose files are gone')
  .option('--timings-only', 'measure time and memory of networks that were scored before; do it on a quiet machine')
  .option('--rounds <n>', 'rounds of the timing', wholeNumber, 30)
  .option('--render-only', 'make the page from what was measured before')
  .parse();

const options = command.opts<MeasureOptions & { readonly timingsOnly?: true; readonly renderOnly?: true }>();
const measured = options.keep ? 'longer' : 'models';
const needed = options.renderOnly ? [] : options.timingsOnly ? ['models'] : ['data', measured];
const missing = needed.filter(
  (name) => [options[name as 'data' | 'models' | 'longer']].flat().filter(Boolean).length === 0,
);
if (missing.length > 0) command.error(`missing: ${missing.map((name) => `--${name}`).join(', ')}`, { exitCode: 2 });

if (options.timingsOnly) await measureTimings(options);
else if (!options.renderOnly) await measureAll(options);
console.log(`wrote ${await drawPage(options.out)}`);
