import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toSeconds } from '../core/time.js';
import { writing } from './durable.js';
import { LineFile, readLines } from './json-lines.js';
import { encodePalettePng } from './mask-png.js';
import { fileUrl, LOCAL_ONLY, runFfmpeg } from './media-tools.js';
import type { MaskedFrame, Output, Recording, SegmentSink } from './output.js';
import { classPalette } from './palette.js';
import { type ChangeView, type ShareRow, summaryHtml } from './summary-html.js';

/**
 * In: masks. Out: `summary.html`, one file without references: class shares over time, the strongest changes as pictures with their masks,
 * the settings.
 */

/** A change is measured against the frame this long before. */
const CHANGE_SECONDS = 1;
/** Two shown changes lie at least this far apart. */
const APART_SECONDS = 2;
const CHANGES_SHOWN = 8;
/** Points of the plot: more than a screen has columns. */
const PLOT_POINTS = 1600;
const THUMBNAIL_WIDTH = 360;

interface Candidate {
  readonly frame: number;
  readonly seconds: number;
  /** Half the sum of the classes' changes in share: 1 where everything became something else. */
  readonly change: number;
  /** PNG, base64. */
  readonly mask: string;
}

export function summaryPage(
  recording: Recording,
  { settings }: { readonly settings: Readonly<Record<string, string>> },
): Output {
  return {
    name: 'summary',
    async open(folder): Promise<SegmentSink> {
      const rows = await LineFile.create(join(folder, ROWS));
      const changes = new StrongestChanges(recording);
      return {
        async write(frame) {
          const row = shareRow(recording, frame);
          changes.add(row, frame);
          await rows.append([row]);
        },
        async finish() {
          const path = join(folder, CHANGES);
          const found = await changes.found();
          await writing(path, () => writeFile(path, JSON.stringify(found)));
          await rows.close();
        },
        abort: () => rows.close(),
      };
    },
    async assemble(segments, target, signal) {
      const total = segments.reduce((sum, { frames }) => sum + frames, 0);
      const every = Math.max(1, Math.ceil(total / PLOT_POINTS));
      const plotted: ShareRow[] = [];
      const candidates: Candidate[] = [];
      let inferred = 0;
      let confidence = 0;
      for (const { folder } of segments) {
        for await (const line of readLines(join(folder, 'summary', ROWS))) {
          const row = JSON.parse(line) as ShareRow;
          if (row.inferred) inferred += 1;
          confidence += row.confidence;
          if (row.frame % every === 0) plotted.push(row);
        }
        candidates.push(...(JSON.parse(await readFile(join(folder, 'summary', CHANGES), 'utf8')) as Candidate[]));
      }
      const views: ChangeView[] = [];
      for (const candidate of strongest(candidates, CHANGES_SHOWN).sort((a, b) => a.seconds - b.seconds)) {
        views.push({ ...candidate, picture: await thumbnail(recording, candidate.seconds, target, signal) });
      }
      const html = summaryHtml({
        title: recording.file.path.split(/[/\\]/).at(-1) ?? recording.file.path,
        classes: recording.model.classes,
        rows: plotted,
        changes: views,
        facts: {
          frames: String(total),
          'seen by the network': `${((inferred / total) * 100).toFixed(1)} %`,
          'mean confidence': (confidence / total).toFixed(3),
          size: `${recording.size.width} × ${recording.size.height}`,
          network: recording.model.name,
          ...settings,
        },
      });
      const path = join(target, 'summary.html');
      await writing(path, () => writeFile(path, html));
    },
  };
}

const ROWS = 'rows.jsonl';
const CHANGES = 'changes.json';

function shareRow({ model }: Recording, { number, pts, mask }: MaskedFrame): ShareRow {
  const counts = new Uint32Array(256);
  for (const label of mask.labels) counts[label] = (counts[label] as number) + 1;
  let confidence = 0;
  for (const value of mask.confidence) confidence += value;
  const share = (count: number) => Number((count / mask.labels.length).toFixed(5));
  return {
    frame: number,
    seconds: toSeconds(pts),
    inferred: mask.origin === 'inferred',
    confidence: Number((confidence / (255 * mask.confidence.length)).toFixed(4)),
    shares: model.classes.map(({ id }) => share(counts[id] as number)),
  };
}

/** The frames of one segment that differ most from the second before, with their masks. */
class StrongestChanges {
  private readonly recent: ShareRow[] = [];
  private kept: { readonly row: ShareRow; readonly change: number; readonly frame: MaskedFrame; seconds: number }[] =
    [];

  constructor(private readonly recording: Recording) {}

  add(row: ShareRow, frame: MaskedFrame): void {
    this.recent.push(row);
    while ((this.recent[0] as ShareRow).seconds < row.seconds - CHANGE_SECONDS) this.recent.shift();
    const before = this.recent[0] as ShareRow;
    const change = row.shares.reduce((sum, share, index) => sum + Math.abs(share - (before.shares[index] ?? 0)), 0) / 2;
    if (change === 0) return;
    this.kept = strongest([...this.kept, { row, change, frame, seconds: row.seconds }], CHANGES_SHOWN);
  }

  found(): Promise<Candidate[]> {
    const palette = classPalette(this.recording.model);
    return Promise.all(
      this.kept.map(async ({ row, change, frame: { mask } }) => ({
        ...{ frame: row.frame, seconds: row.seconds, change },
        mask: (await encodePalettePng(mask.labels, mask.size, palette)).toString('base64'),
      })),
    );
  }
}

/** The strongest of each stretch of APART_SECONDS, strongest first. */
function strongest<T extends { readonly change: number; readonly seconds: number }>(all: readonly T[], count: number) {
  const chosen: T[] = [];
  for (const candidate of [...all].sort((a, b) => b.change - a.change)) {
    if (chosen.every(({ seconds }) => Math.abs(seconds - candidate.seconds) >= APART_SECONDS)) chosen.push(candidate);
    if (chosen.length === count) break;
  }
  return chosen;
}

/** The source's picture at a time, a small JPEG in base64. */
async function thumbnail({ file, tools }: Recording, seconds: number, target: string, signal: AbortSignal) {
  const path = join(target, 'thumbnail.part.jpg');
  const seek = Math.max(0, seconds - file.start - 0.0005).toFixed(6);
  const picture = ['-map', `0:${file.stream}`, '-frames:v', '1', '-vf', `scale=${THUMBNAIL_WIDTH}:-2`, '-q:v', '5'];
  const input = [...LOCAL_ONLY, '-ss', seek, '-i', fileUrl(file.path)];
  await runFfmpeg(tools, [...input, ...picture, '-f', 'image2', '-update', '1', fileUrl(path)], path, signal);
  const jpeg = await readFile(path).catch(() => Buffer.alloc(0));
  await rm(path, { force: true });
  return jpeg.toString('base64');
}
