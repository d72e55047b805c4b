/**
 * What Maskcast costs beside plain loops over the same file and network:
 *
 *     npm run bench:peers -- [--model NAME]… [--threads N]… [--turns 5] [--seconds 4] [--write]
 *
 * Installs the peers (bench/peers/requirements.txt) from PyPI into .cache/peers once. All contestants take turns, so that a busy machine
 * disturbs them alike; figures are medians over the turns, ratios medians of the ratios within a turn. `--write` puts the tables into
 * docs/performance.md.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { analysisGeometry } from '../src/inference/geometry.js';
import { readManifest } from '../src/inference/manifest.js';
import { type Contestant, cpuName, ours, peer, type Race, type Turn } from './peers/contestants.js';

const VIDEO = 'samples/pedestrians.mp4';
const VIDEO_SIZE = { width: 768, height: 576 };
const PACKAGES = '.cache/peers';
const PAGE = 'docs/performance.md';

const { values } = parseArgs({
  options: {
    model: {
      type: 'string',
      multiple: true,
      default: ['hrnet-w18-small-v1-cameras', 'hrnet-w18-small-v1-cameras-int8'],
    },
    threads: { type: 'string', multiple: true, default: ['1', '2'] },
    turns: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    write: { type: 'boolean', default: false },
  },
});

/** The first one is what ratios are of. */
const CONTESTANTS: readonly Contestant[] = [
  peer('OpenCV + OpenVINO', 'openvino', 'plain'),
  peer('OpenCV + onnxruntime', 'onnxruntime', 'plain'),
  peer('OpenCV + OpenVINO, drawn by supervision', 'openvino', 'supervision'),
  ours('onnxruntime', 'every'),
  ours('openvino', 'every'),
  ours('openvino', 'interval=5'),
  ours('openvino', 'adaptive'),
];

function installPeers(): void {
  const wanted = readFileSync('bench/peers/requirements.txt', 'utf8');
  const stamp = `${PACKAGES}/.complete`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(PACKAGES, { recursive: true, force: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', '--target', PACKAGES];
  execFileSync('python3', [...pip, '-r', 'bench/peers/requirements.txt'], { stdio: 'inherit' });
  writeFileSync(stamp, wanted);
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] as number;

async function planeFor(model: string): Promise<string> {
  const { manifest } = await readManifest(`models/${model}`);
  const { analysis } = analysisGeometry(manifest, VIDEO_SIZE);
  return `${analysis.width}x${analysis.height}`;
}

/** One line of a table each: medians over the turns. */
async function compare(race: Race, turns: number): Promise<readonly string[]> {
  const costs = new Map<Contestant, Turn[]>(CONTESTANTS.map((contestant) => [contestant, []]));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [contestant, done] of costs) done.push(await contestant.turn(race));
  }
  const [first] = costs.values();
  return [...costs].map(([{ name }, done]) => {
    const figure = (of: (turn: Turn) => number, digits: number) => median(done.map(of)).toFixed(digits);
    const ratio = median(done.map(({ cpu }, turn) => cpu / (first?.[turn]?.cpu ?? cpu))).toFixed(2);
    const cells = [
      ...[figure(({ framesPerSecond }) => framesPerSecond, 1), figure(({ cpu }) => cpu, 1), ratio],
      figure(({ memory }) => memory, 0),
    ];
    return `| ${name} | ${cells.join(' | ')} |`;
  });
}

installPeers();
const sections: string[] = [];
for (const model of values.model) {
  const plane = await planeFor(model);
  for (const threads of values.threads.map(Number)) {
    const race = { packages: PACKAGES, video: VIDEO, model, plane, threads, seconds: Number(values.seconds) };
    const lines = await compare(race, Number(values.turns));
    const section = [
      `\`${model}\`, ${plane.replace('x', '×')}, ${threads === 1 ? '1 thread' : `${threads} threads`} a network run:`,
      '',
      '| | frames/s | CPU ms a frame | ratio | peak MiB |',
      '|---|---|---|---|---|',
      ...lines,
    ].join('\n');
    console.log(`${section}\n`);
    sections.push(section);
  }
}
const about = `${await cpuName()}; medians of ${values.turns} turns of ${values.seconds} s, load ${loadavg()[0]?.toFixed(0)} at the end.`;
console.log(about);
if (values.write) {
  const marks = /(<!-- peers -->\n)[\s\S]*?(<!-- \/peers -->)/;
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(
    PAGE,
    page.replace(marks, (_, begin: string, end: string) => `${begin}${sections.join('\n\n')}\n\n${about}\n${end}`),
  );
}
