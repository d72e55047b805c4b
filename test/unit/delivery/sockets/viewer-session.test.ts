import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ViewerSession, type ViewerSocket } from '../../../../src/delivery/sockets/viewer-session.js';
import { PackedFrame } from '../../../../src/delivery/wire/pack.js';
import { decodeFrame, type HelloMessage, type ServerMessage } from '../../../../src/delivery/wire/protocol.js';
import { fakeFrame } from '../../../support/fakes/fake-streams.js';
import { ManualClock } from '../../../support/fakes/manual-clock.js';

/** Records what a session does to its socket. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly frames: number[] = [];
  readonly messages: ServerMessage[] = [];
  closed: { code: number; reason: string } | undefined;
  terminated = false;
  pings = 0;

  send(data: Uint8Array | string): void {
    if (this.readyState !== 1) throw new Error('WebSocket is not open');
    if (typeof data === 'string') this.messages.push(JSON.parse(data));
    else this.frames.push(decodeFrame(data).number);
  }

  close(code: number, reason: string): void {
    this.readyState = 2;
    this.closed = { code, reason };
  }

  terminate(): void {
    this.terminated = true;
    this.readyState = 3;
    this.emit('close');
  }

  ping(): void {
    this.pings += 1;
  }

  hear(message: unknown): void {
    this.emit('message', Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false);
  }

  ack(frame: number): void {
    this.hear({ type: 'ack', frame });
  }
}

const HELLO = { type: 'hello', revision: 1 } as HelloMessage;
const STATISTICS = () => ({ type: 'statistics' }) as ServerMessage;
const packed = async (number: number, revision = 1) => new PackedFrame(await fakeFrame(number), revision, () => {});

async function setUp() {
  const socket = new FakeSocket();
  const clock = new ManualClock();
  const happened = { ended: 0, drops: 0, interest: 0 };
  let newest: PackedFrame | undefined;
  const session = new ViewerSession({
    socket: socket as unknown as ViewerSocket,
    clock,
    mayControl: false,
    newest: () => newest,
    onInterest: () => {
      happened.interest += 1;
    },
    onSent: () => {},
    onDrop: () => {
      happened.drops += 1;
    },
    onEnd: () => {
      happened.ended += 1;
    },
  });
  session.say(HELLO);
  const offer = async (number: number, revision = 1) => {
    newest = await packed(number, revision);
    session.offer(newest);
  };
  return { socket, clock, session, happened, offer };
}

describe('a viewer', () => {
  it('gets a frame at once, and the next when it has acknowledged', async () => {
    const { socket, offer } = await setUp();
    await offer(1);
    await offer(2);
    expect(socket.frames).toEqual([1]);
    socket.ack(1);
    expect(socket.frames).toEqual([1, 2]);
  });

  it('that is slow gets the newest frame, and its losses are counted', async () => {
    const { socket, offer, session, happened } = await setUp();
    for (let n = 1; n <= 6; n++) await offer(n);
    socket.ack(1);
    expect(socket.frames).toEqual([1, 6]);
    expect(session.drops).toBe(4);
    expect(happened.drops).toBe(4);
  });

  it('never gets a frame twice or out of order', async () => {
    const { socket, offer } = await setUp();
    await offer(5);
    socket.ack(5);
    await offer(4);
    await offer(5);
    await offer(6);
    expect(socket.frames).toEqual([5, 6]);
  });

  it('whose socket is full waits, acknowledged or not', async () => {
    const { socket, offer, session } = await setUp();
    socket.bufferedAmount = 2_000_000;
    await offer(1);
    expect(socket.frames).toEqual([]);
    socket.bufferedAmount = 0;
    session.beat(STATISTICS);
    expect(socket.frames).toEqual([1]);
  });

  it('that acknowledges an old frame again changes nothing', async () => {
    const { socket, offer } = await setUp();
    await offer(1);
    socket.ack(1);
    await offer(2);
    socket.ack(1);
    await offer(3);
    expect(socket.frames).toEqual([1, 2]);
    expect(socket.closed).toBeUndefined();
  });

  it('gets no frame of classes that it was not told', async () => {
    const { socket, offer, session } = await setUp();
    await offer(1, 2);
    expect(socket.frames).toEqual([]);
    session.say({ ...HELLO, revision: 2 });
    await offer(2, 2);
    expect(socket.frames).toEqual([2]);
  });

  it('that inspects says so to the stream, until it stops, pauses or goes', async () => {
    const { socket, session, happened } = await setUp();
    expect(session.wantsInspection).toBe(false);
    socket.hear({ type: 'inspect', on: true });
    expect(session.wantsInspection).toBe(true);
    expect(happened.interest).toBe(1);
    socket.hear({ type: 'pause' });
    expect(session.wantsInspection).toBe(false);
    socket.hear({ type: 'resume' });
    socket.hear({ type: 'inspect', on: false });
    expect(session.wantsInspection).toBe(false);
    socket.hear({ type: 'inspect' });
    expect(socket.closed?.code).toBe(1008);
  });

  it('that pauses gets nothing, loses nothing, and after resume starts with the newest', async () => {
    const { socket, offer, session, happened } = await setUp();
    socket.hear({ type: 'pause' });
    expect(session.wantsFrames).toBe(false);
    await offer(1);
    await offer(2);
    expect(socket.frames).toEqual([]);
    socket.hear({ type: 'resume' });
    expect(socket.frames).toEqual([2]);
    expect(session.drops).toBe(0);
    expect(happened.interest).toBe(2);
  });
});

describe('what a viewer must not say', () => {
  it.each([
    ['no JSON', 'nonsense', 1008, 'PROTOCOL_VIOLATION'],
    ['an unknown type', '{"type":"attack"}', 1008, 'PROTOCOL_VIOLATION'],
    ['an ack of a frame that it never got', '{"type":"ack","frame":99}', 1008, 'PROTOCOL_VIOLATION'],
    ['too much', ' '.repeat(1025), 1009, 'TOO_LARGE'],
  ])('%s', async (_name, text, code, reason) => {
    const { socket, happened } = await setUp();
    socket.hear(text);
    expect(socket.messages.at(-1)).toMatchObject({ type: 'error', error: { code: reason } });
    expect(socket.closed).toEqual({ code, reason });
    expect(happened.ended).toBe(1);
  });

  it('binary', async () => {
    const { socket } = await setUp();
    socket.emit('message', Buffer.of(1, 2, 3), true);
    expect(socket.closed?.code).toBe(1003);
  });
});

describe('a viewer that is gone', () => {
  it('is let go after half a minute of silence', async () => {
    const { socket, clock, session, happened } = await setUp();
    for (let second = 0; second < 30; second++) {
      await clock.advance(1000);
      session.beat(STATISTICS);
    }
    expect(socket.terminated).toBe(false);
    await clock.advance(1000);
    session.beat(STATISTICS);
    expect(socket.terminated).toBe(true);
    expect(happened.ended).toBe(1);
  });

  it('stays as long as it answers pings', async () => {
    const { socket, clock, session } = await setUp();
    for (let second = 0; second < 120; second++) {
      await clock.advance(1000);
      session.beat(STATISTICS);
      socket.emit('pong');
    }
    expect(socket.terminated).toBe(false);
    expect(socket.pings).toBe(120);
  });

  it('gets no second statistics before it has read the first', async () => {
    const { socket, clock, session } = await setUp();
    for (let second = 0; second < 10; second++) {
      await clock.advance(1000);
      session.beat(STATISTICS);
    }
    expect(socket.messages.filter(({ type }) => type === 'statistics')).toHaveLength(1);
  });

  it('gets nothing more, from nobody', async () => {
    const { socket, session, offer, happened } = await setUp();
    socket.readyState = 3;
    socket.emit('close');
    await offer(1);
    session.say(STATISTICS());
    session.beat(STATISTICS);
    socket.hear({ type: 'pause' });
    session.close(1001, '');
    expect(socket.frames).toEqual([]);
    expect(happened.ended).toBe(1);
  });
});

describe('a viewer that says too much', () => {
  it.each(['pause', 'resume', 'inspect', 'ack', 'ping', 'pong'])('by %s is told so and cut off', async (what) => {
    const { socket, clock, offer, happened } = await setUp();
    await offer(1);
    for (let n = 0; n < 300; n++) {
      if (what === 'ping' || what === 'pong') socket.emit(what);
      else if (what === 'ack') socket.ack(1);
      else socket.hear(what === 'inspect' ? { type: what, on: n % 2 === 0 } : { type: what });
    }
    expect(socket.messages.at(-1)).toMatchObject({ type: 'error', error: { code: 'RATE_LIMITED' } });
    expect([socket.closed?.code, happened.ended, socket.terminated]).toEqual([1008, 1, false]);
    await clock.advance(1000);
    expect(socket.terminated).toBe(true);
  });

  it('is not one that acknowledges every frame, however fast they come, or pauses now and then', async () => {
    const { socket, clock, session, offer } = await setUp();
    for (let frame = 1; frame <= 1000; frame++) {
      await offer(frame);
      socket.ack(frame);
      if (frame % 100 === 0) {
        for (const type of ['pause', 'resume']) socket.hear({ type });
        await clock.advance(1000);
        session.beat(STATISTICS);
        socket.emit('pong');
      }
    }
    expect([socket.closed, socket.frames.length]).toEqual([undefined, 1000]);
  });
});
