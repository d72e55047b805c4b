import { describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import type { Mask } from '../../../src/core/mask.js';
import type { Segmenter, TemporalEngine } from '../../../src/core/ports.js';
import { OrderedEngine, persistent } from '../../../src/recorded/process-order.js';
import { Leases } from '../../support/fakes/fake-stages.js';

/** Notes the calls in the order in which they arrive. */
function notingEngine(calls: string[]): TemporalEngine {
  return {
    observe: async ({ number }, { freeSlots }) => {
      calls.push(`o${number}:${freeSlots}`);
      return { infer: true, reason: 'policy', change: 0, gain: 0 };
    },
    apply: async (number) => {
      calls.push(`a${number}`);
      return {} as Mask;
    },
    late: async () => {},
    configure: () => {},
    close: async () => {},
  };
}

describe('an ordered engine', () => {
  it('gets the same calls in the same order, whoever is quicker', async () => {
    const orders = await Promise.all(
      ['observers first', 'appliers first'].map(async (order) => {
        const calls: string[] = [];
        const engine = new OrderedEngine(notingEngine(calls));
        const leases = new Leases();
        const observe = async () => {
          for (let n = 0; n < 5; n++) await engine.observe(leases.frame(n));
          engine.end();
        };
        const apply = async () => {
          for (let n = 0; n < 5; n++) await engine.apply(n, undefined);
        };
        await Promise.all(order === 'observers first' ? [observe(), apply()] : [apply(), observe()]);
        return calls.join(' ');
      }),
    );
    expect(orders[0]).toBe('o0:1 o1:1 o2:1 a0 o3:1 a1 o4:1 a2 a3 a4');
    expect(orders[1]).toBe(orders[0]);
  });
});

describe('a persistent network', () => {
  const failing = (times: number): Segmenter => {
    let left = times;
    return {
      segment: async () => {
        if (left-- > 0) throw new MaskcastError('WORKER_LOST', 'the worker died', { retryable: true });
        return undefined;
      },
    } as unknown as Segmenter;
  };

  it('tries a frame again whose worker was lost', async () => {
    const leases = new Leases();
    const frame = leases.frame(0);
    await persistent(failing(1), () => {}).segment('s', frame, { newestOnly: false });
    frame.pixels.release();
    expect(leases.out.size).toBe(0);
  });

  it('fails for good at the second time: a frame without a result would make the masks depend on luck', async () => {
    let told = false;
    const network = persistent(failing(2), () => {
      told = true;
    });
    const frame = new Leases().frame(0);
    await expect(network.segment('s', frame, { newestOnly: false })).rejects.toMatchObject({
      code: 'WORKER_LOST',
      retryable: false,
    });
    expect(told).toBe(true);
  });
});
