import { describe, expect, it } from 'vitest';
import { ms } from '../../../src/core/time.js';
import { Patience } from '../../../src/ingest/patience.js';
import type { MediaFacts } from '../../../src/media/facts.js';

const timeouts = { connectTimeout: ms(10_000), stallTimeout: ms(5000) };
const facts = (fps: number | undefined, pictures?: MediaFacts['pictures']) =>
  ({ info: { fps }, ...(pictures && { pictures }) }) as MediaFacts;

describe('patience with a camera', () => {
  it('is what is set where nothing is known, and with an ordinary rate', () => {
    const patience = new Patience(timeouts);
    expect([patience.first, patience.stall, patience.replace]).toEqual([10_000, 5000, 5000]);
    patience.knows(facts(25));
    expect([patience.first, patience.stall, patience.replace]).toEqual([10_000, 5000, 5000]);
  });

  it('follows a rate of less than one picture a second that the probe saw', () => {
    const patience = new Patience(timeouts);
    patience.knows(facts(0.1));
    expect([patience.first, patience.stall]).toEqual([25_000, 25_000]);
  });

  it('follows two long pauses, and not one', () => {
    const patience = new Patience(timeouts);
    patience.saw(ms(40));
    patience.saw(ms(10_000));
    expect(patience.stall).toBe(5000);
    patience.saw(ms(10_500));
    expect(patience.stall).toBe(25_000);
    patience.saw(ms(40));
    expect(patience.stall).toBe(5000);
  });

  it('holds the connection of a series of pictures whose pace is not known yet', () => {
    const patience = new Patience(timeouts);
    patience.knows(facts(undefined, 'series'));
    expect([patience.stall, patience.replace]).toEqual([5000, 30_000]);
  });

  it('follows the rate at which a single picture is asked for', () => {
    const patience = new Patience({ ...timeouts, refresh: ms(60_000) });
    patience.knows(facts(undefined, 'single'));
    expect(patience.stall).toBe(150_000);
  });
});
