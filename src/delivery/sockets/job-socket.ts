import type { WebSocket } from 'ws';
import type { Clock } from '../../core/clock.js';
import { ms } from '../../core/time.js';
import type { ViewerLimits } from '../access/viewer-limits.js';
import { JobChanges, type WatchedJobs } from '../job-changes.js';
import { JOBS_SOCKET_PATH } from '../wire/job-messages.js';
import { CLOSE_CODES } from '../wire/protocol.js';
import type { SocketEndpoint } from './websocket.js';

/** A follower that has not answered the last ping when the next is due has gone. */
const PING_INTERVAL = ms(15_000);
/** Bytes that wait for a follower above which no further job is sent. */
const BUFFER_FULL = 64 * 1024;

/** Tells of jobs over a WebSocket: of every job there is, then of each that changes. A follower has nothing to say. */
export function jobSocket(jobs: WatchedJobs, limits: ViewerLimits, clock: Clock): SocketEndpoint {
  return {
    path: JOBS_SOCKET_PATH,
    admit: (address) => ({ leave: limits.enter(address), join: (socket) => follow(jobs, socket, clock) }),
  };
}

function follow(jobs: WatchedJobs, socket: WebSocket, clock: Clock): void {
  const changes = new JobChanges(jobs, {
    send(message) {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount > BUFFER_FULL) return false;
      socket.send(JSON.stringify(message), () => changes.flush());
      return true;
    },
    end: () => socket.close(CLOSE_CODES.goingAway, 'the server stops'),
  });
  let answered = true;
  let cancel = () => {};
  const beat = () => {
    cancel = clock.after(PING_INTERVAL, () => {
      if (!answered) return socket.terminate();
      answered = false;
      socket.ping();
      beat();
    });
  };
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', () => socket.close(CLOSE_CODES.violation, 'a follower of jobs has nothing to say'));
  socket.on('error', () => {}); // `close` follows
  socket.once('close', () => {
    cancel();
    changes.close();
  });
  beat();
  changes.flush();
}
