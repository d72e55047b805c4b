import { isIP } from 'node:net';
import { MaskcastError } from '../core/errors.js';
import type { Role } from './http/api-schema.js';

/** What delivery needs of the configuration; `config/` reads it from file, environment and flags. */
export interface DeliveryConfig {
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Empty: everybody who reaches the port is an admin. */
  readonly tokens: readonly AccessToken[];
  /** Listen beyond this machine though nobody needs a token. */
  readonly insecure: boolean;
  /** Origins (`https://example.org`) of other pages that may use the API and the socket. */
  readonly allowedOrigins: readonly string[];
  /** Host names, beside those that no public DNS can give out, under which a server without tokens answers. */
  readonly allowedHosts: readonly string[];
  /** WebSocket and MJPEG viewers together. */
  readonly maxViewers: number;
  readonly maxViewersPerAddress: number;
  /** Reverse proxies in front of this server, whose X-Forwarded-For, -Proto and -Host are believed. Default: 0. */
  readonly trustedProxies?: number;
}

export interface AccessToken {
  readonly token: string;
  /** admin may change streams; viewer may watch only. */
  readonly role: Role;
}

/** Shorter tokens could be guessed over a network. */
const MIN_TOKEN_LENGTH = 16;

/** Whether only this machine can reach a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === '::1' || name === '0:0:0:0:0:0:0:1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

/**
 * The rule that nobody opens a camera to the network by accident. Pure; the server applies it before it listens.
 * @throws MaskcastError CONFIG_INVALID
 */
export function assertSafeExposure(config: Pick<DeliveryConfig, 'host' | 'tokens' | 'insecure'>): void {
  if (isLoopback(config.host) || config.insecure) return;
  if (config.tokens.length === 0) {
    throw new MaskcastError(
      'CONFIG_INVALID',
      `server.host "${config.host}" can be reached from other machines, but server.tokens is empty, so that anybody there ` +
        'could watch and change streams. Add a token, listen on 127.0.0.1, or say --insecure (server.insecure: true).',
    );
  }
  const short = config.tokens.findIndex(({ token }) => token.length < MIN_TOKEN_LENGTH);
  if (short >= 0) {
    throw new MaskcastError(
      'CONFIG_INVALID',
      `server.tokens[${short}].token must have at least ${MIN_TOKEN_LENGTH} characters where other machines can reach the ` +
        `server; it has ${config.tokens[short]?.token.length}. For instance: openssl rand -base64 24`,
    );
  }
}
