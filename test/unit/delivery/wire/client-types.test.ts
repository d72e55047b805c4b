import { describe, expectTypeOf, it } from 'vitest';
import type { WebSocket as NodeSocket } from 'ws';
import {
  type ClassInfo,
  type Connection,
  type ConnectionState,
  type ConnectOptions,
  connect,
  type ErrorCode,
  type ErrorRecord,
  type FrameMessage,
  type HelloMessage,
  type MaskPlanes,
  ms,
  type ReceivedFrame,
  type StatisticsMessage,
} from '../../../../src/delivery/wire/client.js';

/** What a program that uses the client may count on; `npm run types` holds it. */
describe('types of the client', () => {
  it('take any WebSocket, an address as text or URL, and times with their unit', () => {
    expectTypeOf(connect).returns.toEqualTypeOf<Connection>();
    expectTypeOf<{ url: string; stream: string }>().toExtend<ConnectOptions>();
    expectTypeOf<{
      url: URL;
      stream: string;
      token: string;
      WebSocket: typeof NodeSocket;
    }>().toExtend<ConnectOptions>();
    expectTypeOf<{ url: string; stream: string; silence: number }>().not.toExtend<ConnectOptions>();
    expectTypeOf(ms(5)).toExtend<NonNullable<ConnectOptions['silence']>>();
    expectTypeOf<{ url: string }>().not.toExtend<ConnectOptions>();
  });

  it('tell frames from what is said about them', () => {
    type Frame = Parameters<Parameters<Connection['onFrame']>[0]>[0];
    expectTypeOf<Frame>().toEqualTypeOf<ReceivedFrame>();
    expectTypeOf<ReceivedFrame>().toExtend<FrameMessage>();
    expectTypeOf<ReturnType<ReceivedFrame['planes']>>().toEqualTypeOf<Promise<MaskPlanes>>();
    expectTypeOf<ReceivedFrame['hello']['model']['classes']>().toEqualTypeOf<readonly ClassInfo[]>();
    expectTypeOf<ReturnType<Connection['frames']>>().toExtend<AsyncIterable<ReceivedFrame>>();
  });

  it('give every event its own value', () => {
    const listen = (connection: Connection) => {
      connection.on('hello', (event) => expectTypeOf(event).toEqualTypeOf<HelloMessage>());
      connection.on('statistics', (event) => expectTypeOf(event).toEqualTypeOf<StatisticsMessage>());
      connection.on('error', (event) => expectTypeOf(event).toEqualTypeOf<ErrorRecord>());
      // @ts-expect-error there is no such event
      connection.on('frame', () => {});
    };
    expectTypeOf(listen).toBeFunction();
    expectTypeOf<Connection['hello']>().toEqualTypeOf<HelloMessage | undefined>();
    expectTypeOf<Connection['status']>().toEqualTypeOf<ConnectionState>();
  });

  it('know every code', () => {
    expectTypeOf<ErrorRecord['code']>().toEqualTypeOf<ErrorCode>();
    expectTypeOf<'AUTH_FAILED' | 'UNAUTHENTICATED'>().toExtend<ErrorCode>();
    expectTypeOf<'NO_SUCH_CODE'>().not.toExtend<ErrorCode>();
    expectTypeOf<StatisticsMessage['viewerDrops']>().toEqualTypeOf<number>();
  });
});
