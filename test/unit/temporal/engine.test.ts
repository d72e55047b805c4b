import { describe, expect, it, vi } from 'vitest';
import type { Mask } from '../../../src/core/mask.js';
import type { InferencePolicy } from '../../../src/core/policy.js';
import { Engine } from '../../../src/temporal/engine.js';
import { InverseSearch } from '../../../src/temporal/inverse-search.js';
import { type Box, chequers, frameOf, GRID, moved, overlap, scoresOf, texture, withObject } from './scenes.js';
import { adaptive, empty, every, interval, object, occupied, play, type Shot, shifted, still } from './shots.js';

describe('a moving picture', () => {
  const panned = Array.from({ length: 6 }, (_, n) => ({
    scene: moved(withObject(texture(), object), 6 * n, 0),
    box: shifted(object, 6 * n),
  }));

  it('carries the mask along between inferences', () => {
    const played = play(new Engine({ policy: interval(6), smoothing: true }), panned);
    expect(played.map(({ infer }) => infer)).toEqual([true, false, false, false, false, false]);
    for (const [n, { mask }] of played.entries()) {
      expect(overlap(mask, panned[n]?.box)).toBeGreaterThan(0.85);
      expect(mask).toMatchObject(n === 0 ? { origin: 'inferred', age: 0 } : { origin: 'propagated', age: n });
    }
    // The mask of the first frame, held, would be far off by now.
    expect(overlap(played[0]?.mask as Mask, panned[5]?.box)).toBeLessThan(0.5);
  });

  it('does not smear when every frame is inferred and smoothed', () => {
    const walking = panned.map(({ box }) => ({ scene: withObject(texture(), box), box }));
    for (const [n, { mask }] of play(new Engine({ policy: every, smoothing: true }), walking).entries()) {
      expect(overlap(mask, walking[n]?.box)).toBeGreaterThan(0.85);
    }
  });

  it('gets about a quarter of its frames inferred under adaptive', () => {
    const boiling = Array.from({ length: 80 }, (_, n) => ({ scene: texture(0.12 * n), box: undefined }));
    const played = play(new Engine({ policy: adaptive, smoothing: false }), boiling);
    const share = played.filter(({ infer }) => infer).length / played.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.35);
  });
});

describe('a still picture', () => {
  it('is inferred only as often as the staleness bound asks', () => {
    const played = play(new Engine({ policy: adaptive, smoothing: true }), still(120));
    const inferred = [...played.entries()].filter(([, { infer }]) => infer);
    expect(inferred.map(([n, { reason }]) => [n, reason])).toEqual([
      [0, 'start'],
      [50, 'stale'],
      [100, 'stale'],
    ]);
  });

  it('is blended over time: one odd answer of the network does not show', () => {
    const engine = new Engine({ policy: every, smoothing: true });
    play(engine, still(4));
    engine.observe(frameOf(4, occupied.scene), 1);
    const odd = engine.apply(4, scoresOf(undefined, 0.6));
    expect(overlap(odd, object)).toBeGreaterThan(0.95);
  });
});

describe('a speck of four cells', () => {
  const speck: Box = { left: 96, top: 64, width: 8, height: 8 };
  const seen = { ...empty, box: speck };
  const show = (policy: InferencePolicy, shots: readonly Shot[]) => {
    const engine = new Engine({ policy, smoothing: true });
    return shots.map(({ scene, box }, number) => {
      const { infer } = engine.observe(frameOf(number, scene), 1);
      return engine.apply(number, infer ? scoresOf(box, 0.95) : undefined);
    });
  };

  it('does not show where the network sees it once, however sure it is', () => {
    for (const policy of [every, interval(3)]) {
      const shots = [...still(6, empty), seen, ...still(6, empty)];
      for (const mask of show(policy, shots)) expect(overlap(mask, undefined)).toBe(1);
    }
  });

  it('shows where the network sees it again', () => {
    const masks = show(every, [...still(4, empty), ...Array<Shot>(3).fill(seen)]);
    const shares = masks.slice(4).map((mask) => overlap(mask, speck));
    expect(shares[0]).toBe(0);
    expect(shares[1]).toBeGreaterThan(0);
    expect(shares[2]).toBeGreaterThan(0.7);
  });
});

describe('another network', () => {
  it('with other classes starts from nothing: no class of the old one shows', () => {
    const engine = new Engine({ policy: every, smoothing: true });
    play(engine, still(4));
    engine.observe(frameOf(4, occupied.scene), 1);
    const cells = GRID.width * GRID.height;
    const data = new Float32Array(3 * cells).fill(0.3);
    data.fill(0.4, 2 * cells);
    const { labels } = engine.apply(4, { classes: 3, size: GRID, data });
    expect(labels.every((label) => label === 2)).toBe(true);
  });
});

describe('what two inferences in a row say', () => {
  /** Masks of still frames, each with its answer; only where the policy asks is it given. */
  const answered = (policy: InferencePolicy, answers: readonly Parameters<typeof scoresOf>[]) => {
    const engine = new Engine({ policy, smoothing: true });
    return answers.map((answer, number) => {
      const { infer } = engine.observe(frameOf(number, empty.scene), 1);
      return { infer, mask: engine.apply(number, infer ? scoresOf(...answer) : undefined) };
    });
  };
  const none: Parameters<typeof scoresOf> = [undefined, 0.95];

  it.each([every, interval(3)])(
    'of a tiny object shows from the second on, though no motion search can follow it',
    (policy) => {
      const dot = (n: number): Box => ({ left: 16 + 6 * n, top: 64, width: 8, height: 4 });
      const masks = answered(policy, [
        ...Array.from({ length: 6 }, () => none),
        ...Array.from({ length: 24 }, (_, n): Parameters<typeof scoresOf> => [dot(n), 0.83]),
      ]).filter(({ infer }, n) => infer && n >= 6);
      const shown = masks.map(({ mask }) => mask.labels.includes(1));
      expect(shown).toEqual(shown.map((_, n) => n > 0));
    },
  );

  it('of a still dot of two by two cells shows, though the network is hardly sure of it', () => {
    const dot: Box = { left: 96, top: 64, width: 8, height: 8 };
    const masks = answered(every, [...Array(6).fill(none), ...Array(4).fill([dot, 0.62])]);
    expect(masks.slice(6).map(({ mask }) => mask.labels.includes(1))).toEqual([false, true, true, true]);
  });

  it('of a weak class shows from the second on, whatever strong one was there', () => {
    const box: Box = { left: 64, top: 48, width: 96, height: 64 };
    const masks = answered(every, [...Array(6).fill([box, 0.99]), ...Array(3).fill([undefined, 0.55])]);
    expect(overlap(masks[5]?.mask as Mask, box)).toBeGreaterThan(0.9);
    for (const { mask } of masks.slice(7)) expect(overlap(mask, undefined)).toBe(1);
  });

  it('of a thing at the rim of the picture shows, too', () => {
    const corner: Box = { left: 0, top: 0, width: 48, height: 32 };
    const masks = answered(every, [...Array(6).fill(none), ...Array(3).fill([corner, 0.55])]);
    expect(overlap(masks[7]?.mask as Mask, corner)).toBeGreaterThan(0.85);
  });

  it('of an edge is left to smoothing: it wavers for two inferences, too', () => {
    const thing = (width: number): Box => ({ left: 64, top: 48, width, height: 64 });
    const wide = (n: number) => (n % 6 > 3 ? 100 : 96);
    const raw = Array.from({ length: 24 }, (_, n): Parameters<typeof scoresOf> => [thing(wide(n)), 0.6]);
    const shown = answered(every, raw).map(({ mask }) => mask.labels.filter((label) => label === 1).length);
    // Mask pixels on either side of the edge may go along with the scores beside them; a row of cells has 64.
    expect(Math.max(...shown)).toBeLessThan(Math.min(...shown) + 48);
  });

  it('is no help to what only every other one says', () => {
    const dot: Box = { left: 96, top: 64, width: 8, height: 8 };
    const shots = Array.from({ length: 12 }, (_, n) => (n % 2 === 1 && n > 4 ? ([dot, 0.7] as const) : none));
    const masks = answered(every, shots as Parameters<typeof scoresOf>[]);
    for (const { mask } of masks) expect(overlap(mask, undefined)).toBe(1);
  });
});

describe('what is new', () => {
  it('shows in the first frame that the network sees, if it covers six cells', () => {
    const small: Box = { left: 96, top: 64, width: 8, height: 12 };
    const shots = [...still(4, empty), { scene: withObject(texture(), small), box: small }];
    const last = play(new Engine({ policy: every, smoothing: true }), shots).at(-1);
    expect(overlap(last?.mask as Mask, small)).toBeGreaterThan(0.6);
  });

  it('shows in the first inferred frame after an object entered', () => {
    const shots = [...still(10, empty), ...still(1)];
    const last = play(new Engine({ policy: adaptive, smoothing: true }), shots).at(-1);
    expect(last).toMatchObject({ infer: true, reason: 'change' });
    expect(overlap(last?.mask as Mask, object)).toBeGreaterThan(0.9);
  });

  it('is asked for at a cut, and nothing of the scene before remains', () => {
    const shots = [...still(5), { scene: chequers, box: undefined }];
    for (const policy of [adaptive, interval(100)]) {
      const last = play(new Engine({ policy, smoothing: true }), shots).at(-1);
      expect(last).toMatchObject({ infer: true, reason: 'cut' });
      expect(overlap(last?.mask as Mask, undefined)).toBe(1);
    }
  });

  it('is unknown after a discontinuity until the network answers', () => {
    const engine = new Engine({ policy: interval(100), smoothing: true });
    play(engine, still(3));
    expect(engine.observe(frameOf(3, texture(), { discontinuity: true }), 1)).toMatchObject({ reason: 'start' });
    expect(engine.apply(3, undefined).origin).toBe('unknown');
  });
});

describe('a late result', () => {
  const walk = (n: number): Shot => {
    const box = shifted(object, 4 * n);
    return { scene: moved(withObject(texture(), object), 4 * n, 0), box };
  };

  it('is moved forward to the frame that shows it', () => {
    const engine = new Engine({ policy: interval(100), smoothing: true });
    for (let n = 0; n < 4; n += 1) {
      engine.observe(frameOf(n, walk(n).scene), 1);
      expect(engine.apply(n, undefined).origin).toBe('unknown');
    }
    engine.late(0, scoresOf(object));
    engine.observe(frameOf(4, walk(4).scene), 1);
    const mask = engine.apply(4, undefined);
    expect(mask).toMatchObject({ origin: 'propagated', age: 4 });
    expect(overlap(mask, walk(4).box)).toBeGreaterThan(0.85);
  });

  it('of before a cut is dropped', () => {
    const engine = new Engine({ policy: interval(100), smoothing: true });
    for (const [n, scene] of [texture(), chequers, chequers].entries()) {
      engine.observe(frameOf(n, scene), 1);
      engine.apply(n, undefined);
    }
    engine.late(0, scoresOf(object));
    engine.observe(frameOf(3, chequers), 1);
    expect(engine.apply(3, undefined).origin).toBe('unknown');
  });

  it('that is older than what is known changes nothing', () => {
    const engine = new Engine({ policy: every, smoothing: false });
    for (let n = 0; n < 3; n += 1) {
      engine.observe(frameOf(n, texture()), 1);
      engine.apply(n, n === 2 ? scoresOf(undefined) : undefined);
    }
    engine.late(1, scoresOf(object));
    engine.observe(frameOf(3, texture()), 1);
    expect(overlap(engine.apply(3, undefined), undefined)).toBe(1);
  });
});

describe('every frame without smoothing', () => {
  const walk = (n: number): Shot => ({
    scene: moved(withObject(texture(), object), 4 * n, 0),
    box: shifted(object, 4 * n),
  });
  const raw = { policy: every, smoothing: false };

  it('searches no motion as long as all results come', () => {
    const search = vi.spyOn(InverseSearch.prototype, 'run');
    play(new Engine(raw), [0, 1, 2, 3].map(walk));
    expect(search).not.toHaveBeenCalled();
    play(new Engine({ ...raw, smoothing: true }), [0, 1, 2, 3].map(walk));
    expect(search).toHaveBeenCalledTimes(3);
    search.mockRestore();
  });

  it('moves the last mask to frames whose results do not come', () => {
    const engine = new Engine(raw);
    play(engine, [0, 1].map(walk));
    for (let n = 2; n < 5; n += 1) engine.observe(frameOf(n, walk(n).scene), 1);
    for (let n = 2; n < 5; n += 1) {
      const mask = engine.apply(n, undefined);
      expect(mask).toMatchObject({ origin: 'propagated', age: n - 1 });
      expect(overlap(mask, walk(n).box)).toBeGreaterThan(0.85);
    }
  });

  it('shows nothing of before a cut where the result of the frame after it does not come', () => {
    const engine = new Engine(raw);
    play(engine, [0, 1].map(walk));
    engine.observe(frameOf(2, chequers), 1);
    expect(engine.apply(2, undefined).origin).toBe('unknown');
  });

  it('blends at once when smoothing is switched on', () => {
    const engine = new Engine(raw);
    play(engine, [0, 1].map(walk));
    engine.observe(frameOf(2, walk(2).scene), 1);
    engine.configure({ policy: every, smoothing: true });
    expect(overlap(engine.apply(2, scoresOf(undefined, 0.6)), walk(2).box)).toBeGreaterThan(0.85);
  });
});

it('waits for a free network rather than queue a frame that will be old', () => {
  const engine = new Engine({ policy: adaptive, smoothing: true });
  const shots = [...still(10, empty), ...still(3)];
  expect(play(engine, shots, 0).filter(({ infer }) => infer)).toHaveLength(1);
  expect(engine.observe(frameOf(13, occupied.scene), 1)).toMatchObject({ infer: true, reason: 'change' });
});

describe('an inspection', () => {
  const panned = Array.from({ length: 3 }, (_, n) => ({ scene: moved(texture(), 6 * n, -2 * n), box: undefined }));

  it('shows where blocks of 16 mask pixels went, and how far moved scores are trusted', () => {
    const [first, second, third] = play(
      new Engine({ policy: interval(2), smoothing: true, inspect: true }),
      panned,
    ).map(({ mask }) => mask.inspection);
    expect(first).toMatchObject({ columns: 8, rows: 6 });
    expect(first?.motion.every((value) => value === 0)).toBe(true);
    const middle = 2 * (3 * 8 + 4);
    // A mask has half of the plane's size: 3 right, 1 up, in quarters.
    expect(Array.from(second?.motion.slice(middle, middle + 2) ?? [])).toEqual([12, -4]);
    expect(second?.trust).toHaveLength(64 * 48);
    expect(second?.trust[24 * 64 + 32]).toBeGreaterThan(240);
    // What came in from the left was not in the picture before.
    expect(second?.trust[24 * 64]).toBeLessThan(160);
    expect(third?.trust.every((value) => value === 255)).toBe(true);
  });

  it('comes only where it was asked for', () => {
    expect(play(new Engine({ policy: every, smoothing: true }), panned)[1]?.mask).not.toHaveProperty('inspection');
  });
});

it('gives the same masks for the same frames', () => {
  const shots = Array.from({ length: 12 }, (_, n) => ({
    scene: withObject(texture(0.02 * n), shifted(object, 5 * n)),
    box: shifted(object, 5 * n),
  }));
  const once = play(new Engine({ policy: adaptive, smoothing: true }), shots);
  expect(play(new Engine({ policy: adaptive, smoothing: true }), shots)).toEqual(once);
});

it('refuses frames out of order', () => {
  const engine = new Engine({ policy: every, smoothing: false });
  engine.observe(frameOf(1, texture()), 1);
  expect(() => engine.observe(frameOf(1, texture()), 1)).toThrow(/frame 1 came after 1/);
  expect(() => engine.apply(2, undefined)).toThrow(/expected 1, received 2/);
});
