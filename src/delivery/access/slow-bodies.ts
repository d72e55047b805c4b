import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/**
 * Bodies that never end. In: requests of a server. Out: the slow ones are cut off. Always holds: after PATIENCE a request whose body
 * is not whole must have brought LEAST_RATE on average since it began; so a recording may take hours, and a trickle may not.
 */

/** Milliseconds. */
const PATIENCE = 30_000;
/** Bytes a second: far below any network over which one would send a video. */
const LEAST_RATE = 16_000;

/** @param patience for tests */
export function limitSlowBodies(server: Server, patience = PATIENCE): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding === undefined && (length === undefined || length === '0')) return;
    const { socket } = request;
    const begin = performance.now();
    const before = socket.bytesRead;
    const watch = setInterval(() => {
      if (request.complete) return clearInterval(watch);
      const elapsed = (performance.now() - begin) / 1000;
      if ((socket.bytesRead - before) / elapsed < LEAST_RATE) cutOff(response);
    }, patience);
    watch.unref();
    request.once('close', () => clearInterval(watch));
  });
}

function cutOff(response: ServerResponse): void {
  const { socket } = response;
  if (response.headersSent) return void socket?.destroy();
  response.once('finish', () => socket?.destroy());
  response.writeHead(408, { Connection: 'close' }).end();
}
