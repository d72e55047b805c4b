import { type Command, Option } from 'commander';
import type { ClassSetting, ClassSettings } from '../../core/class-settings.js';
import { MaskcastError } from '../../core/errors.js';
import { parsePolicy } from '../../core/policy.js';
import { COCO_ANNOTATIONS, type CocoAnnotations } from '../../record/export/coco.js';
import { FRAME_FORMATS, type FrameFormat, usualFormat } from '../../record/export/frame-pictures.js';
import { OUTPUTS, type OutputName } from '../../record/output-kinds.js';
import { parseRegion, type Region } from '../../record/table/region.js';
import { MASK_CODECS, type MaskCodec } from '../../record/video/mask-video.js';
import { VIDEO_CODECS, type VideoCodec } from '../../record/video/overlay.js';
import type { ProcessJob } from '../../recorded/process-job.js';

/** The options of `maskcast process`, and what they mean for a job. */

export interface ProcessFlags {
  readonly out: string;
  readonly output: string;
  readonly from?: string;
  readonly to?: string;
  readonly every?: string;
  readonly fps?: string;
  readonly config?: string;
  readonly model?: string;
  readonly modelsDir?: string;
  readonly policy: string;
  readonly smoothing: boolean;
  readonly opacity: string;
  readonly outline?: true;
  readonly legend?: true;
  readonly classes?: string;
  readonly class?: readonly string[];
  readonly codec: string;
  readonly quality?: string;
  readonly preset?: string;
  readonly maskCodec: string;
  readonly coco: string;
  readonly frameFormat?: string;
  readonly picturePrefix: string;
  readonly longestSide?: string;
  readonly region?: readonly string[];
  readonly recursive?: true;
  readonly inputRate: string;
  readonly segment: string;
  readonly spaceCheck: boolean;
  readonly resume?: true;
  readonly force?: true;
  readonly json?: true;
}

export function addOptions(command: Command): Command {
  const group = (heading: string, options: readonly Option[]) => {
    for (const option of options) command.addOption(option.helpGroup(heading));
  };
  const option = (names: string, text: string, preset?: string) =>
    preset === undefined ? new Option(names, text) : new Option(names, text).default(preset);
  group('Input:', [
    option('-r, --recursive', 'look into folders within folders'),
    option('--input-rate <number>', 'images a second, of image sequences', '25'),
    option('--from <seconds>', 'begin here'),
    option('--to <seconds>', 'end before this'),
    option('--every <n>', 'frames 0, n, 2n, … only').conflicts('fps'),
    option('--fps <number>', 'the first frame in each 1/fps seconds only'),
  ]);
  group('Results:', [
    option('-o, --out <dir>', 'their folder').makeOptionMandatory(),
    option('--output <list>', `what to write, of ${OUTPUTS.join(',')}`, 'overlay,table'),
    option('--classes <list>', 'classes to draw and export; all but the background where absent'),
    option('--longest-side <pixels>', "make exported pictures and masks smaller than the source's size"),
    option('--region <name=x1,y1,…>', 'count the classes in this polygon too; may be given several times').argParser(
      severalTimes,
    ),
    option('--mask-codec <name>', 'of the mask video', 'png').choices([...MASK_CODECS]),
    option('--frame-format <name>', 'of the pictures that frames writes and other exports name').choices([
      ...FRAME_FORMATS,
    ]),
    option('--picture-prefix <text>', "what Label Studio's addresses of pictures begin with", ''),
    option('--coco <annotations>', 'of COCO: one a connected area, or one a class (a crowd)', 'areas').choices([
      ...COCO_ANNOTATIONS,
    ]),
  ]);
  group('Overlay:', [
    option('--codec <name>', 'of the overlay', 'h264').choices([...VIDEO_CODECS]),
    option('--quality <number>', "constant quality in the codec's own scale; lower is better"),
    option('--preset <name>', "the encoder's own name for its speed"),
    option('--opacity <number>', 'of the masks, 0 to 1', '0.5'),
    option('--outline', 'a white line between areas of different classes'),
    option('--legend', 'class names burnt into a corner'),
  ]);
  group('Network:', [
    option('-m, --model <name>', 'name or folder of a network'),
    option('--models-dir <folder>', 'where the networks are'),
    option('--policy <policy>', 'which frames the network sees: every, interval=N or adaptive', 'every'),
    new Option('--no-smoothing', 'without blending over time'),
    option(
      '--class <name=rule>',
      'animal=off: without this class; person=0.6: only where the network is that sure; may be given several times',
    ).argParser(severalTimes),
    option('-c, --config <file>', 'configuration file'),
  ]);
  group('Run:', [
    option('--resume', 'go on where a run ended early').conflicts('force'),
    option('--force', 'replace results that exist'),
    option('--segment <frames>', 'frames that are written and kept together', '250'),
    new Option('--no-space-check', 'go on though the disk looks too small for what is to come'),
    option('--json', 'print one JSON object a line'),
  ]);
  return command;
}

/** @throws MaskcastError USAGE */
export function jobOptions(flags: ProcessFlags): Omit<ProcessJob, 'path' | 'images' | 'target'> {
  const from = flags.from === undefined ? undefined : atLeast(0, flags.from, '--from');
  const to = flags.to === undefined ? undefined : atLeast(0, flags.to, '--to');
  if (to !== undefined && to <= (from ?? 0)) throw new MaskcastError('USAGE', '--to must be after --from');
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const opacity = atLeast(0, flags.opacity, '--opacity');
  if (opacity > 1) throw new MaskcastError('USAGE', `--opacity must be from 0 to 1; received "${flags.opacity}"`);
  const outputs = outputNames(flags.output);
  return {
    outputs,
    style: {
      opacity,
      outline: flags.outline === true,
      legend: flags.legend === true,
      classes: flags.classes?.split(',').map((name) => name.trim()),
      codec: flags.codec as VideoCodec,
      quality: flags.quality === undefined ? undefined : atLeast(0, flags.quality, '--quality'),
      preset: flags.preset,
      maskCodec: flags.maskCodec as MaskCodec,
      cocoAnnotations: flags.coco as CocoAnnotations,
      frameFormat: (flags.frameFormat as FrameFormat | undefined) ?? usualFormat(outputs),
      picturePrefix: flags.picturePrefix,
      regions: regionsOf(flags.region ?? []),
    },
    policy: parsePolicy(flags.policy),
    smoothing: flags.smoothing,
    modelClasses: flags.class && classSettingsOf(flags.class),
    range: from === undefined && to === undefined ? undefined : range,
    sampling: samplingOf(flags),
    longestSide: flags.longestSide === undefined ? undefined : whole(2, flags.longestSide, '--longest-side'),
    onExisting: flags.resume ? 'resume' : flags.force ? 'replace' : 'fail',
    segmentFrames: whole(2, flags.segment, '--segment'),
    ignoreSpace: !flags.spaceCheck,
  };
}

export function inputRate({ inputRate: text }: ProcessFlags): number {
  const rate = atLeast(0, text, '--input-rate');
  if (rate === 0) throw new MaskcastError('USAGE', '--input-rate must be above 0');
  return rate;
}

function samplingOf({ every, fps }: ProcessFlags): ProcessJob['sampling'] {
  if (every !== undefined) return { kind: 'every', frames: whole(1, every, '--every') };
  if (fps === undefined) return undefined;
  const rate = atLeast(0, fps, '--fps');
  if (rate === 0) throw new MaskcastError('USAGE', '--fps must be above 0');
  return { kind: 'rate', fps: rate };
}

const severalTimes = (text: string, before: readonly string[] = []) => [...before, text];

function classSettingsOf(texts: readonly string[]): ClassSettings {
  const settings: Record<string, ClassSetting> = {};
  for (const text of texts) {
    const [, name, value] = /^(.+)=(off|0|1|0?\.\d+)$/.exec(text.trim()) ?? [];
    if (name === undefined || value === undefined) {
      throw new MaskcastError('USAGE', `--class takes NAME=off or NAME=NUMBER, from 0 to 1; received "${text}"`);
    }
    settings[name] = value === 'off' ? 'off' : { threshold: Number(value) };
  }
  return settings;
}

function regionsOf(texts: readonly string[]): Region[] {
  const regions = texts.map(parseRegion);
  const twice = regions.find(({ name }, index) => regions.findIndex((other) => other.name === name) !== index);
  if (twice) throw new MaskcastError('USAGE', `two regions are called "${twice.name}"`);
  return regions;
}

function outputNames(text: string): OutputName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(OUTPUTS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new MaskcastError('USAGE', `--output takes ${OUTPUTS.join(', ')}; received "${unknown}"`);
  }
  return OUTPUTS.filter((name) => names.includes(name));
}

function atLeast(least: number, text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
  throw new MaskcastError('USAGE', `${flag} must be a number from ${least}; received "${text}"`);
}

function whole(least: number, text: string, flag: string): number {
  const value = atLeast(least, text, flag);
  if (Number.isInteger(value)) return value;
  throw new MaskcastError('USAGE', `${flag} must be a whole number; received "${text}"`);
}
