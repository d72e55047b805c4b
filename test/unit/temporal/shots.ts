import type { InferencePolicy } from '../../../src/core/policy.js';
import { ms } from '../../../src/core/time.js';
import type { Engine } from '../../../src/temporal/engine.js';
import { type Box, frameOf, type Scene, scoresOf, texture, withObject } from './scenes.js';

/** Pictures one after the other, and what a network says of each. */

export const every: InferencePolicy = { kind: 'every' };
export const adaptive: InferencePolicy = { kind: 'adaptive', maxStaleness: ms(2000) };
export const interval = (frames: number): InferencePolicy => ({ kind: 'interval', frames });

export const object: Box = { left: 96, top: 64, width: 64, height: 48 };
export const shifted = (box: Box, dx: number): Box => ({ ...box, left: box.left + dx });

export interface Shot {
  readonly scene: Scene;
  /** Where the network sees the object. */
  readonly box: Box | undefined;
  readonly discontinuity?: boolean;
}

export function play(engine: Engine, shots: readonly Shot[], freeSlots = 1) {
  return shots.map(({ scene, box, discontinuity }, number) => {
    const frame = frameOf(number, scene, { discontinuity: discontinuity ?? number === 0 });
    const observation = engine.observe(frame, freeSlots);
    const mask = engine.apply(number, observation.infer ? scoresOf(box) : undefined);
    return { ...observation, mask };
  });
}

export const still = (count: number, { box, scene }: Pick<Shot, 'box' | 'scene'> = occupied): Shot[] =>
  Array.from({ length: count }, () => ({ scene, box }));
export const empty = { scene: texture(), box: undefined };
export const occupied = { scene: withObject(texture(), object), box: object };
