import { describe, expect, it } from 'vitest';
import { toldWithRemedies } from '../../../src/cli/remedies.js';
import { MaskcastError, type Remedy } from '../../../src/core/errors.js';
import { diskFull } from '../../../src/flow/durable.js';
import { errorInWords } from '../../../src/jobs/words.js';

const told = (remedies: readonly Remedy[]) =>
  toldWithRemedies(new MaskcastError('DISK_FULL', 'it is full', { remedies }));

describe('what can be done about an error', () => {
  it('is said in options where a command failed', () => {
    expect(told([])).toBe('it is full');
    expect(told(['make-room'])).toBe('it is full; free some space');
    expect(told(['make-room', 'go-on'])).toBe('it is full; free some space, then go on with --resume');
    expect(told(['go-on', 'begin-anew'])).toBe('it is full; go on with --resume or start again with --force');
  });

  it('is no part of the text, and goes along where paths get other words', () => {
    const error = errorInWords(diskFull('/var/jobs/walk'), { '/var/jobs/walk': 'the results' });
    expect(error).toMatchObject({ message: 'the disk that holds the results is full', remedies: ['make-room'] });
  });
});
