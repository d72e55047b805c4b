import { MaskcastError } from '../core/errors.js';
import type { FrameGeometry } from '../core/geometry.js';
import { type Size, sameSize } from '../core/geometry.js';
import type { Mask, ScoreMap } from '../core/mask.js';
import type { InferencePolicy } from '../core/policy.js';
import type { Observation } from '../core/ports.js';
import { type Seconds, seconds } from '../core/time.js';
import { isCut, meanChange } from './change.js';
import { decide } from './decide.js';
import { clearField, composeFields, createField, type Field } from './field.js';
import { InverseSearch, measure } from './inverse-search.js';
import { createPyramid, fillPyramid, gridOf, type Plane, type Pyramid } from './plane.js';
import { createScores, readScores, type Scores, trustOf, warpScores } from './propagate.js';
import { MaskRenderer, unknownMask } from './render.js';
import { Risk } from './risk.js';
import { blendScores, blendWeight } from './smooth.js';

/**
 * In: the frames of one stream, in order, and the network's scores of some of them, on time or late. Out: a wish to run the network, and a
 * mask, for each frame. Always holds: nothing from before a cut, discontinuity, change of size or of classes shows after it; the same
 * calls in the same order give the same masks.
 */

export interface TemporalSettings {
  readonly policy: InferencePolicy;
  readonly smoothing: boolean;
}

/** What the engine reads of a frame. */
export interface ObservedFrame {
  readonly number: number;
  readonly time: Seconds;
  readonly discontinuity: boolean;
  readonly geometry: Pick<FrameGeometry, 'analysis' | 'content'>;
  /** RGB24 of `geometry.analysis`; read before `observe` returns. */
  readonly pixels: Uint8Array;
}

/** Frames that a late result can be moved over. Older ones are given up: a newer result is due by then. */
export const HISTORY = 48;

interface FrameRecord {
  readonly number: number;
  /** Nothing before this frame carries over. */
  readonly reset: boolean;
  readonly grid: Size;
  readonly pyramid: Pyramid;
  /** To the frame before; zero after a reset. */
  readonly step: Field;
  applied: boolean;
  /** Scores that came before the frame was applied. */
  early: Scores | undefined;
}

/** What is known, and where: scores at `frame`, and the way there from the last applied frame. */
interface Knowledge {
  readonly record: FrameRecord;
  readonly scores: Scores;
  way: Field;
}

export class Engine {
  private settings: TemporalSettings;
  /** Observed frames from the oldest that still matters; the last is the newest. */
  private records: FrameRecord[] = [];
  private applied: FrameRecord | undefined;
  private knowledge: Knowledge | undefined;
  private workshop: Workshop | undefined;
  private readonly renderer = new MaskRenderer();
  /** The decision's own state; the wishes run ahead of what is applied. */
  private risk: Risk | undefined;
  private wish: { readonly number: number; readonly time: Seconds; answered: boolean } | undefined;

  constructor(settings: TemporalSettings) {
    this.settings = settings;
  }

  configure(settings: TemporalSettings): void {
    this.settings = settings;
  }

  observe(frame: ObservedFrame, freeSlots: number): Observation {
    const previous = this.records.at(-1);
    if (previous && frame.number <= previous.number) {
      throw new MaskcastError('INTERNAL', `frames come in order; frame ${frame.number} came after ${previous.number}`);
    }
    const grid = gridOf(frame.geometry.content);
    const start = !previous || frame.discontinuity || !sameSize(previous.grid, grid);
    const workshop = this.workshopFor(grid);
    const pyramid = workshop.takePyramid(frame.geometry.content);
    const step = workshop.takeField();
    fillPyramid(pyramid, frame.pixels, frame.geometry);
    let cut = false;
    let change = 0;
    if (start || !previous) {
      clearField(step);
      this.risk = new Risk(grid);
      this.wish = undefined;
    } else {
      change = meanChange(pyramid[1] as Plane, previous.pyramid[1] as Plane);
      workshop.search.run(pyramid, previous.pyramid, previous.step, step, workshop.residual);
      cut = isCut(workshop.residual);
      if (cut) clearField(step);
      this.risk?.advance(step, workshop.residual);
    }
    const record: FrameRecord = {
      number: frame.number,
      reset: start || cut,
      grid,
      pyramid,
      step,
      applied: false,
      early: undefined,
    };
    this.records.push(record);
    const lost = this.wishIsLost(freeSlots);
    const situation = {
      start: start || this.wish === undefined,
      cut,
      frames: this.wish ? frame.number - this.wish.number : 0,
      elapsed: seconds(this.wish ? frame.time - this.wish.time : 0),
      expectedLoss: lost ? 1 : (this.risk?.expectedLoss ?? 1),
      usualGrowth: this.risk?.usualGrowth ?? 0,
      freeSlots,
    };
    const decision = decide(this.settings.policy, situation);
    if (decision.infer) {
      this.wish = { number: frame.number, time: frame.time, answered: false };
      this.risk?.clear();
    }
    return { ...decision, change };
  }

  apply(number: number, scores: ScoreMap | undefined): Mask {
    const record = this.records.find((candidate) => !candidate.applied);
    if (!record || record.number !== number) {
      throw new MaskcastError(
        'INTERNAL',
        `frames are applied in order; expected ${record?.number}, received ${number}`,
      );
    }
    const workshop = this.workshopFor(record.grid);
    record.applied = true;
    this.applied = record;
    if (record.reset) this.forget();
    const known = this.knowledge;
    if (known) {
      const way = workshop.takeField();
      composeFields(record.step, known.way, way);
      workshop.giveField(known.way);
      known.way = way;
    }
    const fresh = scores ? this.read(scores, record) : record.early;
    record.early = undefined;
    const mask = fresh ? this.learn(record, fresh) : this.remember(record);
    this.trim();
    return mask;
  }

  late(number: number, scores: ScoreMap): void {
    const index = this.records.findIndex((record) => record.number === number);
    const record = this.records[index];
    if (!record) return;
    const fresh = this.read(scores, record);
    if (!record.applied) {
      record.early = fresh;
      return;
    }
    const known = this.knowledge;
    // What was learned from a newer frame is worth more than an older result.
    if (known && known.record.number >= number) return;
    const between = this.records.slice(index + 1).filter(({ applied }) => applied);
    if (between.some(({ reset }) => reset)) return;
    this.answered(number);
    const workshop = this.workshopFor(record.grid);
    if (known) {
      const since = this.records.filter((r) => r.number > known.record.number && r.number <= number);
      const way = this.chain(since, workshop);
      if (this.settings.smoothing) this.blend(record, fresh, known, way);
      workshop.giveField(way);
    }
    this.forget();
    this.knowledge = { record, scores: fresh, way: this.chain(between, workshop) };
  }

  /** The network saw this very frame. */
  private learn(record: FrameRecord, fresh: Scores): Mask {
    this.answered(record.number);
    const known = this.knowledge;
    if (known && this.settings.smoothing) this.blend(record, fresh, known, known.way);
    const way = this.workshopFor(record.grid).takeField();
    clearField(way);
    this.forget();
    this.knowledge = { record, scores: fresh, way };
    return this.renderer.render(fresh, undefined, 'inferred', 0);
  }

  private remember(record: FrameRecord): Mask {
    const known = this.knowledge;
    if (!known) return unknownMask(record.grid);
    const moved = this.move(record, known, known.way);
    const { trust } = this.workshopFor(record.grid);
    return this.renderer.render(moved, trust, 'propagated', record.number - known.record.number);
  }

  private blend(record: FrameRecord, fresh: Scores, known: Knowledge, way: Field): void {
    const moved = this.move(record, known, way);
    const weight = blendWeight(record.number - known.record.number);
    blendScores(fresh, moved, this.workshopFor(record.grid).trust, weight);
  }

  /** Known scores as they look in `record`; fills the workshop's `trust` too. */
  private move(record: FrameRecord, known: Knowledge, way: Field): Scores {
    const workshop = this.workshopFor(record.grid);
    measure(record.pyramid[0] as Plane, known.record.pyramid[0] as Plane, way, workshop.residual);
    trustOf(way, workshop.residual, this.risk?.noise ?? 0, workshop.trust);
    const moved = workshop.movedScores(known.scores.classes);
    warpScores(known.scores, way, moved);
    return moved;
  }

  /** The way back over the steps of `records`, oldest first. */
  private chain(records: readonly FrameRecord[], workshop: Workshop): Field {
    let way = workshop.takeField();
    clearField(way);
    for (const { step } of records) {
      const longer = workshop.takeField();
      composeFields(step, way, longer);
      workshop.giveField(way);
      way = longer;
    }
    return way;
  }

  /** Scores on the grid. A network with other classes starts from nothing. */
  private read(map: ScoreMap, { grid }: FrameRecord): Scores {
    if (this.knowledge && this.knowledge.scores.classes !== map.classes) this.forget();
    const scores = createScores(grid, map.classes);
    readScores(map, scores);
    return scores;
  }

  private answered(number: number): void {
    if (this.wish?.number === number) this.wish.answered = true;
  }

  /** The pool is free again and the frame went out without its result: it will not come. */
  private wishIsLost(freeSlots: number): boolean {
    const { wish, applied } = this;
    return (
      freeSlots > 0 && wish !== undefined && !wish.answered && applied !== undefined && applied.number >= wish.number
    );
  }

  private forget(): void {
    if (this.knowledge) this.workshop?.giveField(this.knowledge.way);
    this.knowledge = undefined;
  }

  /** Drops records that neither the kept knowledge nor a late result can need. */
  private trim(): void {
    while (this.records.length > HISTORY && this.records[0]?.applied) {
      const record = this.records.shift() as FrameRecord;
      if (record !== this.knowledge?.record) this.workshop?.give(record.grid, record.pyramid, record.step);
    }
  }

  private workshopFor(grid: Size): Workshop {
    if (!this.workshop || !sameSize(this.workshop.grid, grid)) this.workshop = new Workshop(grid);
    return this.workshop;
  }
}

/** Buffers of one grid size, reused from frame to frame. */
class Workshop {
  readonly residual: Float32Array;
  readonly trust: Float32Array;
  readonly search: InverseSearch;
  private moved: Scores | undefined;
  private readonly pyramids: Pyramid[] = [];
  private readonly fields: Field[] = [];

  constructor(readonly grid: Size) {
    const cells = grid.width * grid.height;
    this.residual = new Float32Array(cells);
    this.trust = new Float32Array(cells);
    const pyramid = createPyramid({ width: grid.width * 4, height: grid.height * 4 });
    this.pyramids.push(pyramid);
    this.search = new InverseSearch(pyramid);
  }

  takePyramid(content: Size): Pyramid {
    return this.pyramids.pop() ?? createPyramid(content);
  }

  takeField(): Field {
    return this.fields.pop() ?? createField(this.grid);
  }

  giveField(field: Field): void {
    if (sameSize(field, this.grid)) this.fields.push(field);
  }

  give(grid: Size, pyramid: Pyramid, step: Field): void {
    if (!sameSize(grid, this.grid)) return;
    this.pyramids.push(pyramid);
    this.fields.push(step);
  }

  movedScores(classes: number): Scores {
    if (this.moved?.classes !== classes) this.moved = createScores(this.grid, classes);
    return this.moved;
  }
}
