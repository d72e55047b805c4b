import { expect, it } from 'vitest';
import type { MaskcastError } from '../../../../src/core/errors.js';
import { tryOut } from '../../../../src/inference/adopt/inspect.js';
import type { SessionLink } from '../../../../src/inference/session-slot.js';
import { ManualClock, settle } from '../../../support/fakes/manual-clock.js';

it('a network whose trial never ends is given up, with a word, and no other trial is begun', async () => {
  const clock = new ManualClock();
  const calls: string[] = [];
  let giveUp: (reason: MaskcastError) => void = () => {};
  const graph = {
    inputs: [{ name: 'image', type: 'float32', shape: [1, 3, 'height', 'width'] }],
    outputs: [{ name: 'logits', type: 'float32', shape: [1, 2, 'height', 'width'] }],
  };
  const session = {
    call: (method: string) => {
      calls.push(method);
      if (method === 'inspect') return Promise.resolve(graph);
      return new Promise((_, reject) => {
        giveUp = reject;
      });
    },
    abandon: (reason: MaskcastError) => {
      calls.push('abandon');
      giveUp(reason);
      return new Promise(() => {});
    },
    close: async () => void calls.push('close'),
  } as unknown as SessionLink;
  const outcome = tryOut(session, clock).catch((error: unknown) => error);
  await settle();
  await clock.advance(120_000);
  expect(await outcome).toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringMatching(/a trial on 352×160 pixels has not ended within 120 s/),
  });
  expect(calls).toEqual(['inspect', 'trial', 'abandon']);
  expect(clock.pending).toBe(0);
});
