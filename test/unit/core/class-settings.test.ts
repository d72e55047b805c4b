import { describe, expect, it } from 'vitest';
import { classRules, classWords, requireClasses, settingOf } from '../../../src/core/class-settings.js';
import type { ClassInfo } from '../../../src/core/model.js';

const named = (...names: string[]): ClassInfo[] => names.map((name, id) => ({ id, name, color: [0, 0, 0] as const }));
const cameras = { name: 'cameras', classes: named('other', 'person', 'animal') };

describe('what is wanted of classes', () => {
  it('becomes rules of one network, and what that lacks rests', () => {
    const settings = { Person: { threshold: 0.6 }, animal: 'off', cycle: 'off' } as const;
    expect(classRules(settings, cameras)).toEqual({ off: [2], thresholds: [{ id: 1, least: 0.6 }], background: 0 });
    expect(classRules({ other: 'off' }, cameras)?.background).toBeUndefined();
    for (const nothing of [{}, { cycle: 'off' }, { person: { threshold: 0 } }] as const) {
      expect(classRules(nothing, cameras)).toBeUndefined();
    }
    expect([settingOf(settings, 'person'), settingOf(settings, 'other')]).toEqual([{ threshold: 0.6 }, undefined]);
    expect(classWords(settings)).toBe('Person from 60 %, animal off, cycle off');
  });

  it.each<[Parameters<typeof requireClasses>[0], boolean, RegExp]>([
    [{ cat: 'off' }, false, /no class "cat"; it has other, person, animal/],
    [{ person: 'off', Person: { threshold: 0.5 } }, false, /"Person" is named twice/],
    [{ other: 'off', person: 'off', animal: 'off' }, false, /all 3 are off/],
    [{ animal: 'off', person: { threshold: 0.5 } }, true, /no scores, so "person" can have no threshold/],
  ])('is refused where the network can not do it: %j', (settings, labelsOnly, message) => {
    const ask = () => requireClasses(settings, { ...cameras, labelsOnly }, 'BAD_REQUEST');
    expect(ask).toThrow(message);
    expect(ask).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  it('may be anything that a network can do', () => {
    requireClasses({ animal: 'off', person: { threshold: 0.9 } }, cameras, 'BAD_REQUEST');
    requireClasses({ animal: 'off', other: 'off' }, { ...cameras, labelsOnly: true }, 'BAD_REQUEST');
  });
});
