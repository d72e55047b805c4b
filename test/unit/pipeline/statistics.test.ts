import { describe, expect, it } from 'vitest';
import { ms } from '../../../src/core/time.js';
import { NO_OBSERVER, StreamMeter } from '../../../src/pipeline/statistics.js';
import { Leases } from '../../support/fakes/fake-stages.js';
import { ManualClock } from '../../support/fakes/manual-clock.js';

/** A meter after ten frames, `interval` ms apart, whose network runs took `run` ms. */
async function meterAfter(interval: number, run: number): Promise<StreamMeter> {
  const clock = new ManualClock();
  const meter = new StreamMeter('door', clock, NO_OBSERVER);
  const leases = new Leases();
  for (let number = 0; number < 10; number++) {
    meter.frameTaken(leases.frame(number));
    meter.book('infer', ms(run));
    await clock.advance(interval);
  }
  return meter;
}

describe('the meter of a stream', () => {
  it('says that the network keeps pace with frames that come more slowly than results', async () => {
    expect((await meterAfter(100, 60)).networkKeepsPace).toBe(true);
  });

  it('says that it does not with frames that come faster', async () => {
    expect((await meterAfter(40, 60)).networkKeepsPace).toBe(false);
  });

  it('counts the frames between two that it sees as dropped, and as frames of the source', async () => {
    const clock = new ManualClock();
    const meter = new StreamMeter('door', clock, NO_OBSERVER);
    const leases = new Leases();
    for (const number of [0, 5, 10]) {
      meter.frameTaken(leases.frame(number));
      await clock.advance(200);
    }
    const { drops, sourceFps } = meter.snapshot({
      queued: 0,
      inFlight: 0,
      policy: '',
      smoothing: false,
      model: '',
      viewers: 0,
    });
    expect(drops['pipeline-busy']).toBe(8);
    expect(sourceFps).toBeCloseTo(25, 0);
  });
});
