import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../src/core/policy.js';
import { seconds } from '../../../src/core/time.js';
import { Engine } from '../../../src/temporal/engine.js';
import { order, SCENES, type Shot, shot } from '../../support/media/plain-scenes.js';

const SIZE = { width: 160, height: 90 };

/** Numbers of the frames at which the engine sees a cut. */
function cutsIn(frames: Iterable<Uint8Array>): number[] {
  const engine = new Engine({ policy: parsePolicy('interval=9999'), smoothing: false });
  const cuts: number[] = [];
  let number = 0;
  for (const pixels of frames) {
    const geometry = { analysis: SIZE, content: SIZE };
    const frame = { number, time: seconds(number / 10), discontinuity: false, geometry, pixels };
    if (engine.observe(frame, 1).reason === 'cut') cuts.push(number);
    engine.apply(number, undefined);
    number += 1;
  }
  engine.close();
  return cuts;
}

describe('cuts', () => {
  it('between smooth, dark and textured scenes are seen, and no others within the shots', () => {
    const names = order(61);
    const frames = function* () {
      for (const [n, name] of names.entries()) yield* shot(SCENES[name] as never, 2, SIZE, { seed: n });
    };
    const wanted = names.slice(1).map((_, n) => 2 * n + 2);
    const seen = cutsIn(frames());
    expect(seen.filter((frame) => !wanted.includes(frame))).toEqual([]);
    const missed = wanted.filter((frame) => !seen.includes(frame));
    expect(missed.map((frame) => `${names[frame / 2 - 1]} → ${names[frame / 2]}`).length).toBeLessThanOrEqual(1);
  });

  it.each<[string, string, Shot]>([
    ['a slow pan of leaves', 'leaves', { dx: 2.5, dy: 0.8 }],
    ['a fast pan over a crowd', 'crowd', { dx: 24 }],
    ['a pan of a smooth sky', 'sky', { dx: 4 }],
    ['a room whose lamp flickers', 'wall', { dx: 1, gain: (n) => 1 + 0.05 * Math.sin(2 * n) }],
    ['a camera that sets its exposure anew', 'water', { gain: (n) => (n < 5 ? 1 : 1.25) }],
    ['a noisy night', 'moon', { grain: 30 }],
    ['a night that is all black', 'moon', { gain: () => 0.05, grain: 6 }],
  ])('are none in %s', (_, scene, options) => {
    expect(cutsIn(shot(SCENES[scene] as never, 10, SIZE, options))).toEqual([]);
  });
});
