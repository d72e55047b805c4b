import { expect, it } from 'vitest';
import { asMaskcastError, MaskcastError } from '../../../src/core/errors.js';

it.each(['EMFILE', 'ENFILE', 'ENOMEM'])('%s is the machine short of something for now, not a fault of ours', (code) => {
  const error = asMaskcastError(Object.assign(new Error('too many open files, scandir /srv/secret'), { code }));
  expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(error.message).toContain(code);
  expect(error.message).not.toContain('/srv/secret');
});

it('a typed error stays what it is, and anything else is wrapped once', () => {
  const typed = new MaskcastError('DISK_FULL', 'full');
  expect(asMaskcastError(typed)).toBe(typed);
  expect(asMaskcastError(new Error('what?'))).toMatchObject({ code: 'INTERNAL', message: 'what?', retryable: false });
});
