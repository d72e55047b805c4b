import { describe, expect, it } from 'vitest';
import { assertSafeExposure, isLoopback } from '../../../src/delivery/config.js';

const LONG = 'a-token-that-is-long-enough';

describe('listening', () => {
  it.each(['localhost', '127.0.0.1', '127.8.8.8', '::1', '[::1]'])('on %s reaches this machine only', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(() => assertSafeExposure({ host, tokens: [], insecure: false })).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.4', 'nas.local', '127.evil.example', '::ffff:10.0.0.1'])(
    'on %s needs a token',
    (host) => {
      expect(isLoopback(host)).toBe(false);
      expect(() => assertSafeExposure({ host, tokens: [], insecure: false })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`"${host}"`) }),
      );
      expect(() =>
        assertSafeExposure({ host, tokens: [{ token: LONG, role: 'viewer' }], insecure: false }),
      ).not.toThrow();
    },
  );

  it('beyond this machine is possible without a token for who says so', () => {
    expect(() => assertSafeExposure({ host: '0.0.0.0', tokens: [], insecure: true })).not.toThrow();
  });

  it('beyond this machine needs tokens that cannot be guessed, and the error does not show them', () => {
    const tokens = [
      { token: LONG, role: 'admin' as const },
      { token: 'hunter2', role: 'viewer' as const },
    ];
    const attempt = () => assertSafeExposure({ host: '0.0.0.0', tokens, insecure: false });
    expect(attempt).toThrow('server.tokens[1].token must have at least 16 characters');
    expect(attempt).not.toThrow('hunter2');
  });
});
