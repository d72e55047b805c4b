import { MaskcastError } from '../core/errors.js';
import { type FrameGeometry, type Size, sameSize } from '../core/geometry.js';
import type { Mask, MaskInspection, ScoreMap } from '../core/mask.js';
import type { EngineSettings, Observation } from '../core/ports.js';
import { type Seconds, seconds } from '../core/time.js';
import { dropClasses, sameRules, surelyKnown } from './class-filter.js';
import { type Colours, coloursOf, isAnotherScene } from './colours.js';
import { confirm, type Said } from './confirm.js';
import { decide, gainOf } from './decision/decide.js';
import { Price } from './decision/price.js';
import { Risk } from './decision/risk.js';
import { clearField, composeFields, copyField, type Field } from './field.js';
import { inspect } from './inspect.js';
import { fillPyramid, gridOf, meanChange, type Plane, type Pyramid } from './plane.js';
import { fillDoubtful, readScores, type Scores, trustOf, warpScores } from './propagate.js';
import { labelCells, unknownMask } from './render.js';
import { isCut, measure } from './residual.js';
import { blendScores } from './smooth.js';
import { holdSpecks } from './specks.js';
import { Workshop } from './workshop.js';

/**
 * In: the frames of one stream, in order, and the network's scores of some of them, on time or late. Out: a wish to run the network, and a
 * mask, for each frame. Always holds: nothing from before a cut, discontinuity, change of size or of classes shows after it; the same
 * calls in the same order give the same masks.
 */

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
  /** Nothing before this frame carries over. Not known before motion is. */
  reset: boolean;
  readonly grid: Size;
  readonly pyramid: Pyramid;
  readonly colours: Colours;
  /** To the frame before; zero after a reset, and as long as motion is not known. */
  readonly step: Field;
  /** Motion was searched, or there is none to search. */
  searched: boolean;
  /** The network was asked about it, and the answer has not come. */
  asked: boolean;
  applied: boolean;
  /** Scores that came before the frame was applied. */
  early: Scores | undefined;
  /** Where the answer comes late: what was known when the frame was applied, and the way there. */
  past: { readonly known: Knowledge; readonly way: Field } | undefined;
}

/** What is known, and where: scores of the content of `record`, and the way there from the last applied frame. */
interface Knowledge {
  readonly record: FrameRecord;
  readonly scores: Scores;
  /** The class of each cell as the network itself said it, before smoothing. */
  readonly said: Uint8Array;
  way: Field;
}

export class Engine {
  /** Observed frames from the oldest that still matters; the last is the newest. */
  private readonly records: FrameRecord[] = [];
  private applied: FrameRecord | undefined;
  private knowledge: Knowledge | undefined;
  /** One for each size of the frames that still matter: one, but for the moments after a change. */
  private readonly workshops: Workshop[] = [];
  private risk: Risk | undefined;
  /** The last frame that the network was asked about. */
  private wish: { readonly record: FrameRecord; readonly time: Seconds } | undefined;

  /** @param price shared by the streams that share a pool */
  constructor(
    private settings: EngineSettings,
    private readonly price = new Price(),
  ) {}

  configure(settings: EngineSettings): void {
    const same = sameRules(this.settings.classes, settings.classes);
    this.settings = settings;
    if (same) return;
    // What is known loses what is off now; only the network can say what comes back.
    const { knowledge } = this;
    if (knowledge) this.knowledge = { ...knowledge, said: this.wanted(knowledge.scores) };
    this.wish = undefined;
  }

  observe(frame: ObservedFrame, freeSlots: number): Observation {
    const previous = this.records.at(-1);
    if (previous && frame.number <= previous.number) {
      throw new MaskcastError('INTERNAL', `frames come in order; frame ${frame.number} came after ${previous.number}`);
    }
    const grid = gridOf(frame.geometry.content);
    const start = !previous || frame.discontinuity || !sameSize(previous.grid, grid);
    const workshop = this.workshopFor(grid);
    const pyramid = workshop.takePyramid();
    const step = workshop.takeField();
    fillPyramid(pyramid, workshop.copyOfPixels(frame.pixels), frame.geometry);
    clearField(step);
    const record: FrameRecord = {
      number: frame.number,
      reset: start,
      grid,
      pyramid,
      colours: coloursOf(frame.pixels, frame.geometry),
      step,
      searched: start,
      asked: false,
      applied: false,
      early: undefined,
      past: undefined,
    };
    const change = start ? 0 : meanChange(pyramid[1] as Plane, previous.pyramid[1] as Plane);
    if (start) this.begin(grid);
    else if (this.carries) this.compare(record, previous);
    const cut = record.reset && !start;
    this.records.push(record);
    const decision = this.decide(record, frame.time, start, cut, freeSlots);
    if (decision.infer) {
      record.asked = true;
      this.wish = { record, time: frame.time };
      this.risk?.ask();
    }
    return { ...decision, change };
  }

  apply(number: number, scores: ScoreMap | undefined): Mask {
    const index = this.records.findIndex((candidate) => !candidate.applied);
    const record = this.records[index];
    if (!record || record.number !== number) {
      throw new MaskcastError(
        'INTERNAL',
        `frames are applied in order; expected ${record?.number}, received ${number}`,
      );
    }
    record.applied = true;
    this.applied = record;
    const { early } = record;
    record.early = undefined;
    if (early && scores) this.workshopFor(record.grid).giveScores(early);
    const fresh = scores ? this.read(scores, record) : early;
    const carried = this.carries || !fresh;
    const previous = this.records[index - 1];
    if (carried && !record.searched && previous) this.compare(record, previous);
    if (record.reset || !carried) this.forget();
    if (this.knowledge) this.advance(record, this.knowledge);
    const mask = fresh ? this.learn(record, fresh) : this.remember(record);
    this.trim();
    return this.settings.inspect ? { ...mask, inspection: this.inspect(record, mask) } : mask;
  }

  late(number: number, scores: ScoreMap): void {
    const index = this.records.findIndex((record) => record.number === number);
    const record = this.records[index];
    if (!record) return;
    if (!record.applied) {
      record.early = this.read(scores, record);
      return;
    }
    record.asked = false;
    const between = this.records.slice(index + 1).filter(({ applied }) => applied);
    const outdated = this.knowledge !== undefined && this.knowledge.record.number >= number;
    if (!outdated && !between.some(({ reset }) => reset)) {
      const fresh = this.read(scores, record);
      const workshop = this.workshopFor(record.grid);
      const said = this.labels(fresh);
      const { past } = record;
      // Where another answer came in between, what was known then is known no more: the late one stands for itself.
      if (past && past.known === this.knowledge)
        this.meet(record, { scores: fresh, labels: said }, past.known, past.way);
      this.forget();
      this.knowledge = { record, scores: fresh, said, way: chain(between, workshop) };
    }
    this.trim();
  }

  /** Gives back its memory. Not to be used after that. */
  close(): void {
    for (const workshop of this.workshops) workshop.close();
    this.risk?.close();
  }

  /**
   * Whether what is known of earlier frames counts in a frame that the network sees. If not, motion is searched only where a result is
   * late or lost.
   */
  private get carries(): boolean {
    const { policy, smoothing, inspect: inspected } = this.settings;
    return policy.kind !== 'every' || smoothing || inspected === true;
  }

  /** The first frame, or the first after a discontinuity. */
  private begin(grid: Size): void {
    this.risk?.close();
    this.risk = new Risk(grid);
    this.wish = undefined;
  }

  /** Finds the motion from `record` to the frame before it, or the cut between them. */
  private compare(record: FrameRecord, previous: FrameRecord): void {
    const { search, residual } = this.workshopFor(record.grid);
    const { pyramid, step } = record;
    search.run(pyramid, previous.pyramid, previous.step, step);
    measure(pyramid[1] as Plane, previous.pyramid[1] as Plane, step, residual);
    record.searched = true;
    record.reset = isCut(residual) || isAnotherScene(record.colours, previous.colours, step);
    if (record.reset) clearField(step);
    else this.risk?.advance(step, residual);
  }

  private decide(record: FrameRecord, time: Seconds, start: boolean, cut: boolean, freeSlots: number) {
    const { wish, price, risk } = this;
    const due = wish?.record.asked === true;
    // The pool is free again and the frame went out without its result: it will not come.
    const lost = due && freeSlots > 0 && wish.record.applied;
    const situation = {
      start: start || wish === undefined,
      cut,
      frames: wish ? record.number - wish.record.number : 0,
      elapsed: seconds(wish ? time - wish.time : 0),
      loss: lost ? Number.POSITIVE_INFINITY : (risk?.loss ?? 0),
      regret: risk?.regret ?? 0,
      price: price.of(record.grid),
      freeSlots,
    };
    if (freeSlots > 0) price.free();
    else if (!due && gainOf(situation) >= situation.price) price.crowded();
    return decide(this.settings.policy, situation);
  }

  /** Lengthens the way to what is known by one frame, and takes out what has crept in over the steps. */
  private advance(record: FrameRecord, known: Knowledge): void {
    const workshop = this.workshopFor(record.grid);
    const longer = workshop.takeField();
    composeFields(record.step, known.way, longer);
    workshop.search.correct(record.pyramid, known.record.pyramid, longer, known.way);
    workshop.giveField(longer);
  }

  /** The network saw this very frame. */
  private learn(record: FrameRecord, fresh: Scores): Mask {
    record.asked = false;
    const known = this.knowledge;
    const said = this.labels(fresh);
    if (known) this.meet(record, { scores: fresh, labels: said }, known, known.way);
    this.forget();
    const workshop = this.workshopFor(record.grid);
    const way = workshop.takeField();
    clearField(way);
    this.knowledge = { record, scores: fresh, said, way };
    const shown = surelyKnown(fresh, this.settings.classes, workshop);
    return workshop.renderer.render(shown, undefined, 'inferred', 0);
  }

  private remember(record: FrameRecord): Mask {
    const known = this.knowledge;
    if (!known) return unknownMask(record.grid);
    const workshop = this.workshopFor(record.grid);
    if (record.asked) {
      const way = workshop.takeField();
      copyField(known.way, way);
      record.past = { known, way };
    }
    const moved = this.move(record, known, known.way);
    const shown = surelyKnown(moved, this.settings.classes, workshop);
    return workshop.renderer.render(shown, workshop.trust, 'propagated', record.number - known.record.number);
  }

  private inspect({ step, grid }: FrameRecord, { origin }: Mask): MaskInspection {
    const { trust } = this.workshopFor(grid);
    if (origin === 'unknown') trust.fill(0);
    return inspect(step, origin === 'inferred' ? undefined : trust);
  }

  /** What was expected of a frame meets what the network says of it. */
  private meet(record: FrameRecord, { scores: fresh, labels }: Said, known: Knowledge, way: Field): void {
    const workshop = this.workshopFor(record.grid);
    const { before, after, trust } = workshop;
    const moved = this.move(record, known, way);
    labelCells(moved, before);
    if (this.wish?.record === record) this.risk?.learn(before, labels);
    if (!this.settings.smoothing) return;
    const own = workshop.takeScores(fresh.classes);
    own.data.set(fresh.data);
    const distance = record.number - known.record.number;
    blendScores(fresh, { scores: moved, trust, way, distance });
    labelCells(fresh, after);
    holdSpecks(fresh, moved, before, after);
    labelCells(fresh, after);
    confirm(fresh, after, { scores: own, labels }, known.said, { way, distance });
    workshop.giveScores(own);
  }

  /** Takes classes that are off out of known scores. @returns the class of each cell then */
  private wanted(scores: Scores): Uint8Array {
    if (this.settings.classes) dropClasses(scores, this.settings.classes);
    return this.labels(scores);
  }

  /** The class of each cell. */
  private labels(scores: Scores): Uint8Array {
    const { after } = this.workshopFor(scores);
    labelCells(scores, after);
    return after.slice();
  }

  /** Known scores as they look in `record`; fills the workshop's `trust` too. */
  private move(record: FrameRecord, known: Knowledge, way: Field): Scores {
    const workshop = this.workshopFor(record.grid);
    measure(record.pyramid[1] as Plane, known.record.pyramid[1] as Plane, way, workshop.residual);
    trustOf(way, workshop.residual, this.risk?.noise ?? 0, workshop.trust);
    const moved = workshop.movedScores(known.scores.classes);
    warpScores(known.scores, way, moved);
    fillDoubtful(moved, workshop.trust, record.pyramid[1] as Plane);
    return moved;
  }

  /** Scores on the grid. A network with other classes starts from nothing. */
  private read(map: ScoreMap, { grid }: FrameRecord): Scores {
    if (this.knowledge && this.knowledge.scores.classes !== map.classes) this.forget();
    const workshop = this.workshopFor(grid);
    const scores = workshop.takeScores(map.classes);
    readScores(map, workshop.copyOfValues(map.data), scores);
    if (this.settings.classes) dropClasses(scores, this.settings.classes);
    return scores;
  }

  private forget(): void {
    const known = this.knowledge;
    if (!known) return;
    this.knowledge = undefined;
    const workshop = this.workshopFor(known.record.grid);
    workshop.giveField(known.way);
    workshop.giveScores(known.scores);
    if (!this.records.includes(known.record)) workshop.givePyramid(known.record.pyramid);
  }

  /** Lets go of the records before the newest applied one that no answer is due for. */
  private trim(): void {
    const { records } = this;
    while (records.length > 1) {
      const oldest = records[0] as FrameRecord;
      if (!oldest.applied || oldest === this.applied) break;
      if (oldest.asked && records.length <= HISTORY) break;
      records.shift();
      const workshop = this.workshopFor(oldest.grid);
      workshop.giveField(oldest.step);
      if (oldest.past) workshop.giveField(oldest.past.way);
      if (oldest !== this.knowledge?.record) workshop.givePyramid(oldest.pyramid);
    }
    this.closeWorkshops();
  }

  /** Those of sizes that no frame has any more. */
  private closeWorkshops(): void {
    if (this.workshops.length < 2) return;
    const sizes = [...this.records, ...(this.knowledge ? [this.knowledge.record] : [])].map(({ grid }) => grid);
    for (const workshop of [...this.workshops]) {
      if (sizes.some((size) => sameSize(size, workshop.grid))) continue;
      this.workshops.splice(this.workshops.indexOf(workshop), 1);
      workshop.close();
    }
  }

  private workshopFor(grid: Size): Workshop {
    const kept = this.workshops.find((workshop) => sameSize(workshop.grid, grid));
    if (kept) return kept;
    const workshop = new Workshop(grid);
    this.workshops.push(workshop);
    return workshop;
  }
}

/** The way back over the steps of `records`, oldest first. */
function chain(records: readonly FrameRecord[], workshop: Workshop): Field {
  let way = workshop.takeField();
  let longer = workshop.takeField();
  clearField(way);
  for (const { step } of records) {
    composeFields(step, way, longer);
    [way, longer] = [longer, way];
  }
  workshop.giveField(longer);
  return way;
}
