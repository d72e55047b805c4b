import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MaskcastError } from '../../src/core/errors.js';
import type { DeliveryConfig } from '../../src/delivery/config.js';
import { createDeliveryServer, type DeliveryOptions } from '../../src/delivery/server.js';
import { silentLogger } from '../../src/telemetry/logger.js';
import { FakeStreams } from './fakes/fake-streams.js';

export const LOCAL: DeliveryConfig = {
  host: '127.0.0.1',
  port: 0,
  tokens: [],
  insecure: false,
  allowedOrigins: [],
  allowedHosts: [],
  maxViewers: 200,
  maxViewersPerAddress: 100,
};

export const ADMIN = 'admin-token-of-the-tests';
export const VIEWER = 'viewer-token-of-the-tests';
export const GUARDED: DeliveryConfig = {
  ...LOCAL,
  tokens: [
    { token: ADMIN, role: 'admin' },
    { token: VIEWER, role: 'viewer' },
  ],
};

/** A listening server over fake streams and a page of one file; closed when the test is over. */
export async function startDelivery(options: Partial<DeliveryOptions> & { streams?: FakeStreams } = {}) {
  const publicDir = await mkdtemp(join(tmpdir(), 'maskcast-public-'));
  await writeFile(join(publicDir, 'index.html'), '<!doctype html><title>Maskcast</title>');
  const streams = options.streams ?? new FakeStreams();
  const server = createDeliveryServer({ config: LOCAL, publicDir, logger: silentLogger, ...options, streams });
  const { port } = await server.listen();
  onTestFinished(async () => {
    await server.close();
    await rm(publicDir, { recursive: true });
  });
  return { server, streams, port, publicDir, url: `http://127.0.0.1:${port}` };
}

/** The code of the problem that `response` carries. */
export async function problemCode(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'application/problem+json; charset=utf-8') {
    throw new MaskcastError('INTERNAL', `not a problem: ${response.status} ${await response.text()}`);
  }
  return ((await response.json()) as { code: string }).code;
}
