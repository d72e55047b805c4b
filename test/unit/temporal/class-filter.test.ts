import { describe, expect, it } from 'vitest';
import type { ClassRules } from '../../../src/core/class-settings.js';
import type { ScoreMap } from '../../../src/core/mask.js';
import { Engine } from '../../../src/temporal/engine.js';
import { frameOf, GRID, texture } from './scenes.js';
import { every, interval } from './shots.js';

const [OTHER, PERSON, ANIMAL] = [0, 1, 2];
const rules = (given: Partial<ClassRules>): ClassRules => ({ off: [], thresholds: [], background: OTHER, ...given });
const withoutAnimals = rules({ off: [ANIMAL] });
const person = (least: number) => rules({ thresholds: [{ id: PERSON, least }] });

/** The same probabilities everywhere. */
function scores(...classes: number[]): ScoreMap {
  const plane = GRID.width * GRID.height;
  const data = new Float32Array(classes.length * plane);
  for (const [id, score] of classes.entries()) data.fill(score, id * plane, (id + 1) * plane);
  return { classes: classes.length, size: GRID, data };
}

/** The one class of the whole mask, and how sure it is in percent. */
function seen(engine: Engine, number: number, said: ScoreMap | undefined) {
  const { infer } = engine.observe(frameOf(number, texture()), 1);
  const mask = engine.apply(number, said);
  expect(new Set(mask.labels).size).toBe(1);
  return { infer, label: mask.labels[0], sure: Math.round((mask.confidence[0] as number) / 2.55), origin: mask.origin };
}

const unsure = scores(0.1, 0.35, 0.55);

describe('a class that is off', () => {
  it('eats no other: the likeliest of those that are on shows', () => {
    expect(seen(new Engine({ policy: every, smoothing: true }), 0, unsure).label).toBe(ANIMAL);
    const engine = new Engine({ policy: every, smoothing: true, classes: withoutAnimals });
    expect(seen(engine, 0, unsure)).toMatchObject({ label: PERSON, sure: 78 });
    const certain = new Engine({ policy: every, smoothing: false, classes: withoutAnimals });
    expect(seen(certain, 0, scores(0.001, 0, 0.999)).label).toBe(OTHER);
    expect(seen(certain, 1, scores(0.0001, 0.0002, 0.9997)).label).toBe(PERSON);
  });

  it('leaves the background where the network was certain of it, as labels always are', () => {
    const engine = new Engine({ policy: every, smoothing: false, classes: withoutAnimals });
    expect(seen(engine, 0, scores(0, 0, 1))).toMatchObject({ label: OTHER, sure: 100 });
    const bare = new Engine({ policy: every, smoothing: false, classes: { ...withoutAnimals, background: undefined } });
    expect(seen(bare, 0, scores(0, 0, 1))).toMatchObject({ label: OTHER, sure: 50 });
  });

  it('goes with the next mask, without a run of the network, and comes back with the next run, which is asked for at once', () => {
    const settings = { policy: interval(100), smoothing: true };
    const engine = new Engine(settings);
    expect(seen(engine, 0, unsure)).toMatchObject({ infer: true, label: ANIMAL });
    expect(seen(engine, 1, undefined)).toMatchObject({ infer: false, label: ANIMAL, origin: 'propagated' });
    engine.configure({ ...settings, classes: withoutAnimals });
    expect(seen(engine, 2, undefined)).toMatchObject({ infer: true, label: PERSON, origin: 'propagated' });
    engine.configure(settings);
    expect(seen(engine, 3, unsure).infer).toBe(true);
    expect(seen(engine, 4, undefined).infer).toBe(false);
    for (let number = 5; number < 9; number += 1) seen(engine, number, unsure);
    expect(seen(engine, 9, undefined).label).toBe(ANIMAL);
  });

  it('is the same to the engine as a setting that is given again', () => {
    const settings = { policy: interval(100), smoothing: true, classes: withoutAnimals };
    const engine = new Engine(settings);
    seen(engine, 0, unsure);
    engine.configure({ ...settings, classes: rules({ off: [ANIMAL] }) });
    expect(seen(engine, 1, undefined).infer).toBe(false);
  });
});

describe('a class that the network must be sure of', () => {
  it('shows from there on only, else the likeliest of the others', () => {
    const said = scores(0.2, 0.55, 0.25);
    for (const [least, label] of [
      [0.5, PERSON],
      [0.55, PERSON],
      [0.6, ANIMAL],
    ] as const) {
      const engine = new Engine({ policy: every, smoothing: false, classes: person(least) });
      expect(seen(engine, 0, said).label).toBe(label);
    }
  });

  it('leaves the background where nothing else is sure enough, or the likeliest where there is none', () => {
    const both = [OTHER, PERSON].map((id) => ({ id, least: 0.8 }));
    const engine = new Engine({ policy: every, smoothing: false, classes: rules({ thresholds: both }) });
    expect(seen(engine, 0, scores(0.4, 0.6)).label).toBe(OTHER);
    const bare = { off: [], thresholds: both, background: undefined };
    expect(seen(new Engine({ policy: every, smoothing: false, classes: bare }), 0, scores(0.4, 0.6)).label).toBe(
      PERSON,
    );
  });

  it('changes at once, both ways, in masks that motion carries: nothing is forgotten for it', () => {
    const settings = { policy: interval(100), smoothing: true };
    const engine = new Engine({ ...settings, classes: person(0.9) });
    expect(seen(engine, 0, scores(0.3, 0.7)).label).toBe(OTHER);
    engine.configure({ ...settings, classes: person(0.5) });
    expect(seen(engine, 1, undefined)).toMatchObject({ label: PERSON, origin: 'propagated' });
    engine.configure({ ...settings, classes: person(0.9) });
    expect(seen(engine, 2, undefined).label).toBe(OTHER);
  });
});
