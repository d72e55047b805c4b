import { describe, expect, it } from 'vitest';
import { type ErrorCode, MaskcastError } from '../../../src/core/errors.js';
import { ms } from '../../../src/core/time.js';
import {
  HEALTHY_AFTER,
  INITIAL,
  isFinal,
  type Supervision,
  type SupervisorAction,
  type SupervisorEvent,
  transition,
} from '../../../src/ingest/supervisor.js';
import { parseSource } from '../../../src/media/address/source.js';

const reason = (code: ErrorCode) => new MaskcastError(code, code);
const start: SupervisorEvent = { kind: 'retry' };
const frame: SupervisorEvent = { kind: 'frame' };
const silence: SupervisorEvent = { kind: 'silence', reason: reason('TIMEOUT') };
const changed: SupervisorEvent = { kind: 'changed', reason: reason('SOURCE_ENDED') };
const lost = (code: ErrorCode = 'CONNECTION_FAILED', final = false): SupervisorEvent => ({
  kind: 'lost',
  reason: reason(code),
  final,
});
const stop: SupervisorEvent = { kind: 'stop' };

/** A source to which things happen, each one second after the other unless `pause` says more. */
class Life {
  state: Supervision = INITIAL;
  actions: readonly SupervisorAction[] = [];
  private time = 0;

  after(...events: SupervisorEvent[]): this {
    for (const event of events) {
      this.time += 1000;
      const step = transition(this.state, event, ms(this.time));
      this.state = step.next;
      this.actions = step.actions;
    }
    return this;
  }

  pause(length: number): this {
    this.time += length;
    return this;
  }
}

describe('a source', () => {
  it('is connecting until its first frame makes it live', () => {
    const life = new Life().after(start);
    expect(life.state).toMatchObject({ state: 'connecting', attempting: true });
    expect(life.actions).toEqual([{ kind: 'start-attempt' }]);
    expect(life.after(frame).state).toMatchObject({ state: 'live', reason: undefined });
  });

  it('that cannot be reached is tried again, which is no loss', () => {
    const life = new Life().after(start, lost());
    expect(life.state).toMatchObject({ state: 'reconnecting', attempting: false, losses: 0 });
    expect(life.state.reason?.code).toBe('CONNECTION_FAILED');
    expect(life.actions).toEqual([{ kind: 'schedule', pace: 'backoff', fresh: false }]);
  });

  it('that falls silent is stalled, and live again with its next frame', () => {
    const life = new Life().after(start, frame, silence);
    expect(life.state).toMatchObject({ state: 'stalled', losses: 0 });
    expect(life.actions).toEqual([]);
    expect(life.after(frame).state).toMatchObject({ state: 'live', reason: undefined, losses: 0 });
  });

  it('that stays silent gets a new ffmpeg, and its reason stays the silence', () => {
    const life = new Life().after(start, frame, silence, silence);
    expect(life.actions).toEqual([{ kind: 'end-attempt' }]);
    life.after(lost('TIMEOUT'));
    expect(life.state).toMatchObject({ state: 'reconnecting', losses: 1 });
    expect(life.state.reason?.code).toBe('TIMEOUT');
  });

  it('that is lost while live counts a loss, once', () => {
    const life = new Life().after(start, frame, lost(), start, lost(), start, lost());
    expect(life.state.losses).toBe(1);
  });

  it('that was live for a while starts with short delays again; one that dies at once does not', () => {
    const healthy = new Life().after(start, frame).pause(HEALTHY_AFTER).after(lost());
    expect(healthy.actions).toEqual([{ kind: 'schedule', pace: 'backoff', fresh: true }]);
    const flapping = new Life().after(start, frame, lost());
    expect(flapping.actions).toEqual([{ kind: 'schedule', pace: 'backoff', fresh: false }]);
  });

  it('that refuses the password is tried slowly', () => {
    const life = new Life().after(start, lost('AUTH_FAILED'));
    expect(life.state).toMatchObject({ state: 'reconnecting' });
    expect(life.actions).toEqual([{ kind: 'schedule', pace: 'slow', fresh: false }]);
  });

  it('that changes its picture gets a new ffmpeg at once, which is no loss', () => {
    const life = new Life().after(start, frame).pause(HEALTHY_AFTER).after(changed);
    expect(life.actions).toEqual([{ kind: 'end-attempt' }]);
    expect(life.state).toMatchObject({ state: 'reconnecting', changing: true });
    life.after(frame); // one that was still on its way
    expect(life.state.state).toBe('reconnecting');
    life.after(lost('CLOSED'));
    expect(life.actions).toEqual([{ kind: 'schedule', pace: 'now', fresh: true }]);
    expect(life.state).toMatchObject({ losses: 0, changing: false });
    expect(life.state.reason?.code).toBe('SOURCE_ENDED');
    expect(life.after(start, frame).state.state).toBe('live');
  });

  it('that changes its picture all the time is slowed down a little, ever the same', () => {
    const life = new Life();
    for (let round = 0; round < 10; round += 1) {
      life.after(start, frame, changed, lost('CLOSED'));
      expect(life.actions).toEqual([{ kind: 'schedule', pace: 'soon', fresh: false }]);
    }
    expect(life.state.losses).toBe(0);
  });

  it('that no retry can help fails, and stays failed', () => {
    const life = new Life().after(start, lost('NOT_VIDEO', true));
    expect(life.state).toMatchObject({ state: 'failed', attempting: false });
    expect(life.actions).toEqual([]);
    expect(life.after(start, frame, lost(), silence, stop).state.state).toBe('failed');
  });

  it.each([
    ['before it starts', []],
    ['while it connects', [start]],
    ['while it is live', [start, frame]],
    ['while it is stalled', [start, frame, silence]],
    ['while it waits for a retry', [start, lost()]],
    ['while its picture changes', [start, frame, changed]],
  ])('can be stopped %s, and nothing wakes it again', (_, events) => {
    const life = new Life().after(...events, stop);
    expect(life.state.state).toBe('stopped');
    expect(life.actions).toEqual([{ kind: 'end-attempt' }]);
    for (const event of [start, frame, silence, changed, lost()]) {
      life.after(event);
      expect(life.state.state).toBe('stopped');
      expect(life.actions).toEqual([]);
    }
  });

  it('never has two attempts under way, nor none without a retry, whatever happens', () => {
    const events = [start, frame, silence, changed, lost(), lost('AUTH_FAILED')];
    let seed = 7;
    for (let run = 0; run < 500; run++) {
      let state = INITIAL;
      let attempting = false;
      let scheduled = true;
      for (let step = 0; step < 40; step++) {
        seed = (seed * 48_271) % 2_147_483_647;
        const event = events[seed % events.length] as SupervisorEvent;
        // The shell says `lost` only of an attempt, and `retry` only when one is due.
        if ((event.kind === 'lost' && !attempting) || (event === start && !scheduled)) continue;
        const { next, actions } = transition(state, event, ms(step * 1000));
        if (event.kind === 'lost') attempting = false;
        if (event === start) scheduled = false;
        for (const action of actions) {
          if (action.kind === 'start-attempt') {
            expect(attempting).toBe(false);
            attempting = true;
          }
          if (action.kind === 'schedule') {
            expect(scheduled).toBe(false);
            scheduled = true;
          }
        }
        state = next;
        expect(state.attempting).toBe(attempting);
        expect(attempting || scheduled).toBe(true);
      }
    }
  });
});

describe('what no retry can help', () => {
  const file = parseSource('/a.mp4');
  const camera = parseSource('rtsp://192.0.2.1/live');
  it.each<[ErrorCode, boolean, boolean]>([
    ['NOT_FOUND', true, false],
    ['NOT_VIDEO', true, false],
    ['CORRUPT', true, false],
    ['CODEC_UNSUPPORTED', true, false],
    ['SIZE_UNSUPPORTED', true, false],
    ['FFMPEG_MISSING', true, true],
    ['AUTH_FAILED', false, false],
    ['TIMEOUT', false, false],
    ['CONNECTION_FAILED', false, false],
    ['FFMPEG_FAILED', false, false],
    ['SOURCE_ENDED', false, false],
  ])('%s: of a file %s, of a camera %s', (code, ofFile, ofCamera) => {
    expect([isFinal(file, reason(code)), isFinal(camera, reason(code))]).toEqual([ofFile, ofCamera]);
  });
});
