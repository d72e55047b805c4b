import { expect, it } from 'vitest';
import { parseRoute, recordingLink, recordingsLink, streamLink } from '../../../src/viewer/state/router.js';

it('finds the stream in the address', () => {
  expect(parseRoute(streamLink('front-door'))).toEqual({ page: 'stream', id: 'front-door' });
});

it('finds the recordings and one of them', () => {
  expect(parseRoute(recordingsLink)).toEqual({ page: 'recordings' });
  expect(parseRoute(recordingLink('walk-7f3a'))).toEqual({ page: 'recording', id: 'walk-7f3a' });
});

it.each(['', '#', '#/', '#/nowhere', '#/streams/', '#/streams/a/b', '#/streams/%E0%A4%A'])(
  'shows all streams for "%s"',
  (hash) => {
    expect(parseRoute(hash)).toEqual({ page: 'grid' });
  },
);
