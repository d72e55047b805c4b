import { describe, expect, it } from 'vitest';
import { Engine, HISTORY } from '../../../src/temporal/engine.js';
import { KernelMemory } from '../../../src/temporal/wasm.js';
import { frameOf, GRID, SIZE, scoresOf, texture, withObject } from './scenes.js';
import { interval, object, play, shifted } from './shots.js';

describe('the memory of an engine', () => {
  /** Bytes of this thread's kernels. */
  const memory = () => {
    const looking = new KernelMemory();
    const { byteLength } = looking.bytes(0).buffer;
    looking.close();
    return byteLength;
  };
  const settings = { policy: interval(2), smoothing: true };
  const walk = Array.from({ length: 4 }, (_, n) => ({
    scene: withObject(texture(), shifted(object, 4 * n)),
    box: shifted(object, 4 * n),
  }));

  it('is free for others when it is closed', () => {
    const watch = () => {
      const engine = new Engine(settings);
      play(engine, walk);
      engine.close();
      return memory();
    };
    const one = watch();
    for (let n = 0; n < 40; n += 1) expect(watch()).toBe(one);
  });

  it('does not grow with interruptions, late results, changes of size or of the network', () => {
    const engine = new Engine(settings);
    const scene = texture();
    const small = { width: 128, height: 96 };
    const network = (classes: number) => ({
      ...scoresOf(object),
      classes,
      data: new Float32Array(GRID.width * GRID.height * classes),
    });
    let number = 0;
    const see = (options: Parameters<typeof frameOf>[2], scores?: ReturnType<typeof network>) => {
      engine.observe(frameOf(number, scene, { discontinuity: false, ...options }), 1);
      engine.apply(number, scores);
      return number++;
    };
    const round = () => {
      see({ discontinuity: true }, network(2));
      const late = see({});
      see({});
      engine.late(late, network(2));
      see({}, network(5));
      see({ geometry: { analysis: SIZE, content: small } }, network(5));
      see({ geometry: { analysis: SIZE, content: small } });
      return memory();
    };
    // Frames that were asked about and never answered are remembered, as many as the history holds.
    for (let n = 0; n < HISTORY; n += 1) round();
    const before = memory();
    for (let n = 0; n < 100; n += 1) expect(round()).toBe(before);
  });
});
