import { describe, expect, it } from 'vitest';
import { ms } from '../../../../src/core/time.js';
import { AckWindow, MAX_WINDOW } from '../../../../src/delivery/sockets/ack-window.js';

/**
 * A source of one frame every `interval`, a link with a `roundTrip` and a viewer that paints one frame at a time in `paint`
 * (all in ms), over `frames` frames: frames delivered a second, and the mean age at painting.
 */
function simulate({
  interval,
  roundTrip,
  paint,
  frames = 1000,
}: Record<'interval' | 'roundTrip' | 'paint', number> & { frames?: number }) {
  const window = new AckWindow();
  const acks: { at: number; sentAt: number; underway: number }[] = [];
  let pending: number | undefined;
  let limited = false;
  let viewerFreeAt = 0;
  let painted = 0;
  let age = 0;
  let largest = 0;
  const send = (now: number) => {
    if (pending === undefined) return;
    if (acks.length >= window.size) {
      limited = true;
      return;
    }
    const capturedAt = pending;
    pending = undefined;
    const done = Math.max(now + roundTrip / 2, viewerFreeAt) + paint;
    viewerFreeAt = done;
    painted += 1;
    age += done - capturedAt;
    acks.push({ at: done + roundTrip / 2, sentAt: now, underway: acks.length + 1 });
    largest = Math.max(largest, acks.length);
  };
  for (let n = 0; n < frames; n++) {
    const now = n * interval;
    for (let next = acks[0]; next && next.at <= now; next = acks[0]) {
      acks.shift();
      window.acknowledged({ delay: ms(next.at - next.sentAt), underway: next.underway, limited });
      limited = false;
      send(next.at);
    }
    pending = now;
    send(now);
  }
  return { fps: (painted * 1000) / (frames * interval), age: age / painted, largest };
}

describe('the ack window', () => {
  it('lets every frame of a near, fast viewer through', () => {
    const { fps, largest } = simulate({ interval: 40, roundTrip: 2, paint: 8 });
    expect(fps).toBeCloseTo(25, 0);
    expect(largest).toBe(1);
  });

  it('grows for a distant viewer until it gets every frame', () => {
    const { fps, age } = simulate({ interval: 40, roundTrip: 220, paint: 8 });
    expect(fps).toBeGreaterThan(24);
    expect(age).toBeLessThan(220 / 2 + 8 + 40);
  });

  it('stays small for a viewer that paints slowly, so that it shows fresh frames', () => {
    const { fps, age, largest } = simulate({ interval: 40, roundTrip: 2, paint: 200 });
    expect(fps).toBeCloseTo(5, 0);
    expect(largest).toBeLessThanOrEqual(2);
    expect(age).toBeLessThan(2 * 200 + 50);
  });

  it('never leaves its bounds, whatever the delays', () => {
    const window = new AckWindow();
    for (let i = 0; i < 500; i++) {
      window.acknowledged({ delay: ms((i * 7919) % 1000), underway: window.size, limited: i % 3 !== 0 });
      expect(window.size).toBeGreaterThanOrEqual(1);
      expect(window.size).toBeLessThanOrEqual(MAX_WINDOW);
    }
  });

  it('does not grow while nothing is held back', () => {
    const window = new AckWindow();
    for (let i = 0; i < 100; i++) window.acknowledged({ delay: ms(50), underway: 1, limited: false });
    expect(window.size).toBe(1);
  });

  it('learns that the way has become longer', () => {
    const window = new AckWindow();
    for (let i = 0; i < 64; i++) window.acknowledged({ delay: ms(20), underway: 1, limited: false });
    for (let i = 0; i < 200; i++) window.acknowledged({ delay: ms(200), underway: window.size, limited: true });
    expect(window.size).toBe(MAX_WINDOW);
  });
});
