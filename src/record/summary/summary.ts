import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Size, sameSize } from '../../core/geometry.js';
import type { Mask } from '../../core/mask.js';
import type { ClassInfo } from '../../core/model.js';
import { ticksFrom, toSeconds } from '../../core/time.js';
import { writing } from '../../flow/durable.js';
import { fileUrl, runFfmpeg } from '../../media/media-tools.js';
import { lapOf, RisingClock, rising, unfolding } from '../../media/rising-clock.js';
import { seekPositions } from '../../media/seek.js';
import { deinterlacing } from '../../media/selection.js';
import { classPalette } from '../class-palette.js';
import { encodePalettePng, type Palette } from '../export/mask-png.js';
import { outputSize } from '../export-size.js';
import type { MaskedFrame, Output, Recording, Segment, SegmentSink } from '../file-output.js';
import { LineFile, readLines } from '../run/json-lines.js';
import { CHANGE_SECONDS, type Change, ChangeMeter, type ShareRow, strongest, Thinned } from './changes.js';
import { type ChangeView, type ClassFigures, percent, summaryHtml } from './html.js';
import { clockTime } from './plot.js';

/**
 * In: masks. Out: `summary.html`, one file without references: shares of the chosen classes over time, the strongest changes as
 * pictures with their masks, the settings.
 */

const CHANGES_SHOWN = 8;
/** Points of the plot: as many as a screen shows apart. */
const PLOT_POINTS = 800;
const THUMBNAIL_SIDE = 480;

export interface SummaryStyle {
  readonly classes: ReadonlySet<number>;
  readonly settings: Readonly<Record<string, string>>;
}

export function summaryPage(recording: Recording, { classes, settings }: SummaryStyle): Output {
  const shown = recording.model.classes.filter(({ id }) => classes.has(id));
  const palette = shownPalette(classPalette(recording.model), classes);
  return {
    name: 'summary',
    async open(folder): Promise<SegmentSink> {
      const rows = await LineFile.create(join(folder, ROWS));
      const masks = await LineFile.create(join(folder, MASKS));
      const keeper = new MaskKeeper();
      const close = async () => {
        await rows.close();
        await masks.close();
      };
      return {
        async write(frame) {
          const row = shareRow(recording, shown, frame);
          keeper.add(row, frame.mask);
          await rows.append([row]);
        },
        async finish() {
          for (const [frame, mask] of keeper.masks()) {
            const png = await encodePalettePng(mask.labels, mask.size, palette);
            await masks.append([{ frame, mask: png.toString('base64') }]);
          }
          await close();
        },
        abort: close,
      };
    },
    async assemble(segments, target, signal) {
      const { plotted, changes, figures, facts } = await overview(recording, shown, segments);
      const masks = await masksOf(segments, new Set(changes.map(({ frame }) => frame)));
      const views: ChangeView[] = [];
      const size = thumbnailSize(recording);
      for (const change of changes) {
        const picture = await thumbnail(recording, change.seconds, size, target, signal);
        views.push({ ...change, picture, mask: masks.get(change.frame) ?? '', aspect: size.width / size.height });
      }
      const title = recording.file.path.split(/[/\\]/).at(-1) ?? recording.file.path;
      const all = { ...facts, ...settings };
      const html = summaryHtml({ title, classes: shown, figures, rows: plotted, changes: views, facts: all });
      const path = join(target, 'summary.html');
      await writing(path, () => writeFile(path, html));
    },
  };
}

const ROWS = 'rows.jsonl';
const MASKS = 'masks.jsonl';

function shareRow({ file }: Recording, shown: readonly ClassInfo[], { number, pts, mask }: MaskedFrame): ShareRow {
  const counts = new Uint32Array(256);
  for (const label of mask.labels) counts[label] = (counts[label] as number) + 1;
  const confidence = mask.confidence.reduce((sum, value) => sum + value, 0);
  return {
    frame: number,
    seconds: Number((toSeconds(pts) - file.start).toFixed(6)),
    inferred: mask.origin === 'inferred',
    confidence: Number((confidence / (255 * mask.confidence.length)).toFixed(4)),
    shares: shown.map(({ id }) => Number(((counts[id] as number) / mask.labels.length).toFixed(5))),
  };
}

/** What isn't shown is transparent. */
const shownPalette = ({ colors }: Palette, classes: ReadonlySet<number>): Palette => ({
  colors,
  alpha: colors.map((_, id) => (classes.has(id) ? 255 : 0)),
});

/**
 * The masks of one segment that the page may want: of its own strongest changes, and of its first second, whose changes can
 * only be told beside the segment before.
 */
class MaskKeeper {
  private readonly meter = new ChangeMeter();
  private readonly early = new Map<number, Mask>();
  private strong: (Change & { readonly mask: Mask })[] = [];
  private begin: number | undefined;

  add(row: ShareRow, mask: Mask): void {
    this.begin ??= row.seconds;
    const change = this.meter.add(row);
    if (this.early.size === 0 || row.seconds <= this.begin + CHANGE_SECONDS) this.early.set(row.frame, mask);
    else this.strong = strongest([...this.strong, { ...change, mask }], CHANGES_SHOWN);
  }

  masks(): [frame: number, mask: Mask][] {
    return [...this.early, ...this.strong.map(({ frame, mask }): [number, Mask] => [frame, mask])];
  }
}

/** One pass over all rows, of which none are kept but the thinned ones. */
async function overview(recording: Recording, shown: readonly ClassInfo[], segments: readonly Segment[]) {
  const total = segments.reduce((sum, { frames }) => sum + frames, 0);
  const plotted = new Thinned(total, PLOT_POINTS);
  const meter = new ChangeMeter();
  const sums = shown.map(() => ({ share: 0, most: 0, frames: 0 }));
  let changes: Change[] = [];
  let [inferred, confidence, last] = [0, 0, 0];
  for (const segment of segments) {
    const kept = new Set<number>();
    for await (const { frame } of entries<{ frame: number }>(segment, MASKS)) kept.add(frame);
    for await (const row of entries<ShareRow>(segment, ROWS)) {
      const change = meter.add(row);
      if (kept.has(row.frame)) changes = strongest([...changes, change], CHANGES_SHOWN);
      plotted.add(row);
      if (row.inferred) inferred += 1;
      confidence += row.confidence;
      last = row.seconds;
      for (const [index, sum] of sums.entries()) {
        const share = row.shares[index] ?? 0;
        sum.share += share;
        sum.most = Math.max(sum.most, share);
        if (share > 0) sum.frames += 1;
      }
    }
  }
  plotted.finish();
  const { size, file, model } = recording;
  const first = plotted.rows[0]?.seconds ?? 0;
  return {
    plotted: plotted.rows,
    changes: changes.sort((a, b) => a.seconds - b.seconds),
    figures: sums.map(
      ({ share, most, frames }): ClassFigures => ({ mean: share / total, most, presence: frames / total }),
    ),
    facts: {
      Frames: String(total),
      Time: `${clockTime(first, 1)} to ${clockTime(last, 1)}`,
      'Source size': `${file.size.width} × ${file.size.height}`,
      ...(sameSize(file.size, size) ? {} : { 'Output size': `${size.width} × ${size.height}` }),
      ...(file.jumps > 0 ? { Clock: `jumps back ${times(file.jumps)}; times here go on without a jump` } : {}),
      Network: model.name,
      'Seen by the network': `${inferred} frames (${percent(inferred / total)})`,
      'Mean confidence': percent(confidence / total),
    },
  };
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

async function* entries<T>({ folder }: Segment, file: string): AsyncGenerator<T, void, undefined> {
  for await (const line of readLines(join(folder, 'summary', file))) yield JSON.parse(line) as T;
}

async function masksOf(segments: readonly Segment[], frames: ReadonlySet<number>): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const segment of segments) {
    const { firstFrame } = segment;
    if (![...frames].some((frame) => frame >= firstFrame && frame < firstFrame + segment.frames)) continue;
    for await (const { frame, mask } of entries<{ frame: number; mask: string }>(segment, MASKS)) {
      if (frames.has(frame)) found.set(frame, mask);
    }
  }
  return found;
}

/** With square pixels. */
function thumbnailSize({ file: { size, sampleAspect } }: Recording): Size {
  const width = Math.max(1, Math.round((size.width * sampleAspect.num) / sampleAspect.den));
  return outputSize({ width, height: size.height }, THUMBNAIL_SIDE);
}

/** The source's picture at a time, a small JPEG in base64. */
async function thumbnail(
  recording: Recording,
  seconds: number,
  { width, height }: Size,
  target: string,
  signal: AbortSignal,
): Promise<string> {
  const { file, tools } = recording;
  const path = join(target, 'thumbnail.part.jpg');
  const scale = [`scale=${width}:${height}`, ...file.toneMapping, 'setsar=1'];
  const filters = [...frameAt(recording, seconds), ...deinterlacing(file), ...scale];
  const picture = ['-map', `0:${file.stream}`, '-frames:v', '1', '-vf', filters.join(','), '-q:v', '4'];
  let jpeg = Buffer.alloc(0);
  for (const position of seekPositions(file, file.start + seconds)) {
    const seek = position > 0 ? ['-noaccurate_seek', '-ss', position.toFixed(6)] : [];
    const args = ['-copyts', ...seek, ...file.opening, ...picture, '-f', 'image2', '-update', '1', fileUrl(path)];
    await runFfmpeg(tools, args, path, signal);
    jpeg = await readFile(path).catch(() => Buffer.alloc(0));
    await rm(path, { force: true });
    if (jpeg.length > 0) break;
  }
  return jpeg.toString('base64');
}

/** Filters that leave the frames from a time on. */
function frameAt({ file, timeBase, firstTicks }: Recording, seconds: number): string[] {
  const ticks = ticksFrom(file.start + seconds - 0.0005, timeBase);
  if (file.jumps === 0) return [`select='gte(pts,${ticks})'`];
  const lap = lapOf(file);
  const first = new RisingClock(lap, timeBase).next(firstTicks);
  return [unfolding(lap), rising(lap, timeBase, first), `select='gte(pts,${ticks - firstTicks})'`];
}
