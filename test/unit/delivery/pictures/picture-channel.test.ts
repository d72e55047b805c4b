import { describe, expect, it } from 'vitest';
import { PictureChannel, type PictureClient } from '../../../../src/delivery/pictures/picture-channel.js';
import { FakeFeed, fakeFrame } from '../../../support/fakes/fake-streams.js';
import { ManualClock, settle } from '../../../support/fakes/manual-clock.js';

class FakeClient implements PictureClient {
  ready = true;
  ended = false;
  readonly got: string[] = [];
  private readonly listeners: (() => void)[] = [];

  send(jpeg: Buffer): void {
    this.got.push(jpeg.toString());
  }

  end(): void {
    this.ended = true;
  }

  onClose(listener: () => void): void {
    this.listeners.push(listener);
  }

  leave(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Draws a frame as its number and a state as its name. */
function setUp({ fps = 1000 } = {}) {
  const clock = new ManualClock();
  const feed = new FakeFeed('one', clock);
  const seen = { drawn: [] as string[], drops: 0, empty: 0 };
  const channel = new PictureChannel({
    feed,
    clock,
    fps,
    draw: async ({ number }) => {
      seen.drawn.push(String(number));
      await settle();
      return Buffer.from(String(number));
    },
    drawOffline: async (state) => Buffer.from(state),
    onDrop: () => {
      seen.drops += 1;
    },
    onEmpty: () => {
      seen.empty += 1;
    },
  });
  const emit = async (number: number) => {
    feed.emit(await fakeFrame(number, { clock }));
    await clock.advance(1);
    await settle();
    await settle();
  };
  return { channel, clock, feed, seen, emit };
}

describe('readers of pictures', () => {
  it('share each drawing', async () => {
    const { channel, seen, emit } = setUp();
    const clients = [new FakeClient(), new FakeClient(), new FakeClient()];
    for (const client of clients) channel.join(client);
    await emit(1);
    await emit(2);
    expect(seen.drawn).toEqual(['1', '2']);
    for (const client of clients) expect(client.got).toEqual(['1', '2']);
  });

  it('that are slow miss pictures and hold up nobody', async () => {
    const { channel, seen, emit } = setUp();
    const [fast, slow] = [new FakeClient(), new FakeClient()];
    channel.join(fast);
    channel.join(slow);
    slow.ready = false;
    await emit(1);
    await emit(2);
    slow.ready = true;
    await emit(3);
    expect(fast.got).toEqual(['1', '2', '3']);
    expect(slow.got).toEqual(['3']);
    expect(seen.drops).toBe(2);
  });

  it('that take nothing for half a minute are let go', async () => {
    const { channel, clock, emit } = setUp();
    const client = new FakeClient();
    channel.join(client);
    client.ready = false;
    await clock.advance(30_001);
    await emit(1);
    expect(client.ended).toBe(true);
    expect(channel.viewers).toBe(0);
  });

  it('get at most so many a second, and always the newest', async () => {
    const { channel, clock, feed, seen } = setUp({ fps: 10 });
    const client = new FakeClient();
    channel.join(client);
    for (let number = 0; number < 25; number++) {
      feed.emit(await fakeFrame(number, { clock }));
      await clock.advance(40);
      await settle();
    }
    expect(seen.drawn).toEqual(['0', '2', '4', '7', '9', '12', '14', '17', '19', '22', '24']);
  });

  it('that come late see the last picture at once', async () => {
    const { channel, emit } = setUp();
    channel.join(new FakeClient());
    await emit(1);
    const late = new FakeClient();
    channel.join(late);
    expect(late.got).toEqual(['1']);
  });

  it('see that a stream is not live, at once and again every five seconds, and then the picture again', async () => {
    const { channel, clock, feed, emit } = setUp();
    const client = new FakeClient();
    channel.join(client);
    await emit(1);
    feed.setState('reconnecting');
    await settle();
    expect(client.got).toEqual(['1', 'reconnecting']);
    await clock.advance(10_000);
    expect(client.got).toEqual(['1', 'reconnecting', 'reconnecting', 'reconnecting']);
    feed.setState('live');
    await emit(2);
    await clock.advance(20_000);
    expect(client.got.at(-1)).toBe('2');
  });

  it('see that a stream is lost though a picture is being drawn', async () => {
    const { channel, feed } = setUp();
    const client = new FakeClient();
    channel.join(client);
    feed.emit(await fakeFrame(1));
    feed.setState('stalled');
    for (let turn = 0; turn < 4; turn++) await settle();
    expect(client.got).toEqual(['1', 'stalled']);
  });

  it('that have all left leave nothing behind', async () => {
    const { channel, clock, feed, seen, emit } = setUp();
    const client = new FakeClient();
    channel.join(client);
    feed.setState('stalled');
    client.leave();
    client.leave();
    expect(seen.empty).toBe(1);
    expect(feed.frameListeners.size).toBe(0);
    expect(clock.pending).toBe(0);
    await emit(1);
    expect(seen.drawn).toEqual([]);
  });

  it('are sent away when the stream is removed', () => {
    const { channel, feed } = setUp();
    const client = new FakeClient();
    channel.join(client);
    feed.remove();
    expect(client.ended).toBe(true);
  });
});
