import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { Hub } from '../../../../src/delivery/sockets/hub.js';
import type { ViewerSocket } from '../../../../src/delivery/sockets/viewer-session.js';
import { FakeStreams } from '../../../support/fakes/fake-streams.js';
import { ManualClock } from '../../../support/fakes/manual-clock.js';

class Socket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  send(): void {}
  ping(): void {}
  terminate(): void {}
  close(): void {
    this.readyState = 3;
  }
}

it('leaves no listener and no timer behind when the last viewer has gone, and listens again for the next', () => {
  const clock = new ManualClock();
  const streams = new FakeStreams(['one'], clock);
  const hub = new Hub({
    ...{ streams, viewers: () => 0, clock },
    observer: { onStage: () => {}, onDrop: () => {}, onSent: () => {} },
  });
  const feed = streams.feed('one');
  const listeners = () =>
    [feed.frameListeners, feed.statusListeners, feed.changeListeners, feed.removedListeners].map(({ size }) => size);
  for (let round = 0; round < 2; round++) {
    const sockets = [new Socket(), new Socket()];
    for (const socket of sockets) hub.join('one', socket as unknown as ViewerSocket, false);
    expect(listeners()).toEqual([1, 1, 1, 1]);
    sockets[0]?.emit('close');
    expect(listeners()).toEqual([1, 1, 1, 1]);
    sockets[1]?.emit('close');
    expect(listeners()).toEqual([0, 0, 0, 0]);
    expect(hub.viewers('one')).toBe(0);
    expect(clock.pending).toBe(0);
  }
});
