import type { IncomingMessage, Server } from 'node:http';

/**
 * Bodies that never end. In: requests of a server. Out: the slow ones are cut off. Always holds: after PATIENCE a request whose body
 * is not whole must have brought LEAST_RATE on average since it began; so a recording may take hours, and a trickle may not.
 */

/** Milliseconds. */
const PATIENCE = 30_000;
/** Bytes a second: far below any network over which one would send a video. */
const LEAST_RATE = 16_000;

export function limitSlowBodies(server: Server, { patience = PATIENCE, leastRate = LEAST_RATE } = {}): void {
  server.on('request', (request: IncomingMessage) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding === undefined && (length === undefined || length === '0')) return;
    const { socket } = request;
    const begin = performance.now();
    const before = socket.bytesRead;
    const watch = setInterval(() => {
      if (request.complete) return clearInterval(watch);
      const elapsed = (performance.now() - begin) / 1000;
      if ((socket.bytesRead - before) / elapsed < leastRate) socket.destroy();
    }, patience);
    watch.unref();
    request.once('close', () => clearInterval(watch));
  });
}
