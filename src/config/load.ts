import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { MaskcastError } from '../core/errors.js';
import { environmentOverrides } from './environment.js';
import { configSchema, type ParsedConfig } from './schema.js';
import type { Secret } from './values.js';
import { isRecord, readYaml } from './yaml.js';

/** The configuration as the server uses it: complete, secrets resolved, deeply frozen. */
export type Config = Readonly<Omit<ParsedConfig, 'server' | 'streams'>> & {
  readonly server: Readonly<Omit<ParsedConfig['server'], 'tokens'>> & {
    readonly tokens: readonly { readonly token: string; readonly role: 'admin' | 'viewer' }[];
  };
  readonly streams: readonly Readonly<Omit<ParsedConfig['streams'][number], 'password'> & { password?: string }>[];
};

export interface LoadOptions {
  /** Path of a YAML file. Absent: defaults, environment and flags only. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From the command line, in the shape of the file; wins over everything. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** Defaults ← file ← environment ← flags. @throws MaskcastError CONFIG_INVALID naming key, value and allowed values */
export function loadConfig({ file, env, flags = {} }: LoadOptions): Config {
  const raw = merge(merge(file === undefined ? {} : readYaml(file), environmentOverrides(env)), flags);
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) throw invalid(parsed.error.issues, raw);
  return deepFreeze(resolveSecrets(parsed.data, env));
}

/** `over` wins key by key; lists are replaced whole. */
function merge(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const existing = result[key];
    result[key] = isRecord(existing) && isRecord(value) ? merge(existing, value) : value;
  }
  return result;
}

function invalid(issues: readonly z.core.$ZodIssue[], raw: unknown): MaskcastError {
  const lines = issues.map((issue) => {
    const key = issue.path.map(String).join('.') || '(top level)';
    if (issue.code === 'unrecognized_keys') return `${key}: unknown key ${issue.keys.map(shownKey).join(', ')}`;
    const value = issue.path.reduce<unknown>(
      (node, part) => (node as Record<PropertyKey, unknown> | undefined)?.[part as string],
      raw,
    );
    const allowed =
      issue.code === 'invalid_value' ? `must be one of ${issue.values.map(String).join(', ')}` : issue.message;
    const received = /token|password/i.test(key) ? '(hidden)' : shownValue(issue, value);
    return `${key}: ${allowed}; received ${received}`;
  });
  return new MaskcastError('CONFIG_INVALID', `the configuration is invalid:\n  ${lines.join('\n  ')}`);
}

/** A slip can make a password a key. */
const shownKey = (name: string): string => (/^[a-z][a-z_-]{0,30}$/i.test(name) ? `"${name}"` : '(hidden, no word)');

/** What stands in a wrong place may hold a password at any depth, and an address one between its signs. */
function shownValue(issue: z.core.$ZodIssue, value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'keys and values';
  const misplaced = issue.code === 'invalid_type' && (issue.expected === 'object' || issue.expected === 'array');
  if (typeof value === 'string' && (misplaced || !/^[\w .,+/-]{0,60}$/.test(value))) return 'a text (hidden)';
  return JSON.stringify(value) ?? 'nothing';
}

function resolveSecrets(config: ParsedConfig, env: LoadOptions['env']): Config {
  return {
    ...config,
    server: {
      ...config.server,
      tokens: config.server.tokens.map(({ token, role }, index) => ({
        token: resolve(token, env, `server.tokens.${index}.token`),
        role,
      })),
    },
    streams: config.streams.map(({ password, ...stream }, index) =>
      password === undefined ? stream : { ...stream, password: resolve(password, env, `streams.${index}.password`) },
    ),
  };
}

function resolve(value: Secret, env: LoadOptions['env'], key: string): string {
  if (typeof value === 'string') return value;
  if ('env' in value) {
    const found = env[value.env];
    if (!found)
      throw new MaskcastError(
        'CONFIG_INVALID',
        `${key}: the environment variable ${value.env} must be set and not empty`,
      );
    return found;
  }
  try {
    const text = readFileSync(value.file, 'utf8').trim();
    if (text) return text;
  } catch (cause) {
    throw new MaskcastError(
      'CONFIG_INVALID',
      `${key}: the secret file ${value.file} can't be read: ${(cause as Error).message}`,
      { cause },
    );
  }
  throw new MaskcastError('CONFIG_INVALID', `${key}: the secret file ${value.file} must not be empty`);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
