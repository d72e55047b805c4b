import { z } from 'zod';
import { MaskcastError } from '../core/errors.js';
import { configSchema } from './schema.js';

const PREFIX = 'MASKCAST_';

/** Variables that carry the prefix but are no configuration key: short forms and what the command line reads itself. */
const NOT_KEYS = new Set(['MASKCAST_CONFIG', 'MASKCAST_TOKEN']);

/** Every key that one variable can set: `MASKCAST_SERVER_PORT` → ['server', 'port']. Lists come from the file only. */
export function environmentKeys(): ReadonlyMap<string, readonly string[]> {
  return new Map(leafPaths(configSchema, []).map((path) => [PREFIX + path.map(upperSnake).join('_'), path]));
}

function leafPaths(schema: z.core.$ZodType, path: readonly string[]): (readonly string[])[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return leafPaths(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, field]) => leafPaths(field as z.core.$ZodType, [...path, key]));
  }
  return schema instanceof z.ZodArray ? [] : [path];
}

const upperSnake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/**
 * The part of the configuration that the environment sets. Numbers and booleans are read as such; `MASKCAST_TOKEN` is
 * short for one admin token. @throws MaskcastError CONFIG_INVALID on an unknown variable with our prefix
 */
export function environmentOverrides(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const keys = environmentKeys();
  const result: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || text === undefined || NOT_KEYS.has(name)) continue;
    const path = keys.get(name);
    if (!path) {
      throw new MaskcastError(
        'CONFIG_INVALID',
        `unknown environment variable ${name}; allowed are ${[...keys.keys()].join(', ')}`,
      );
    }
    setAt(result, path, plain(text));
  }
  if (env.MASKCAST_TOKEN) setAt(result, ['server', 'tokens'], [{ token: env.MASKCAST_TOKEN, role: 'admin' }]);
  return result;
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const child = (target[key] ?? {}) as Record<string, unknown>;
  target[key] = child;
  setAt(child, rest, value);
}

function plain(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}
