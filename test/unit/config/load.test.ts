import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environmentKeys } from '../../../src/config/environment.js';
import { loadConfig } from '../../../src/config/load.js';
import { configSchema } from '../../../src/config/schema.js';

const EXAMPLE = 'config.example.yaml';

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'maskcast-config-')), 'config.yaml');
  writeFileSync(file, text);
  return file;
}

describe('config.example.yaml', () => {
  it('sets every key to its default', () => {
    const example = configSchema.parse(parse(readFileSync(EXAMPLE, 'utf8')));
    expect(example).toEqual(configSchema.parse({}));
  });

  it('mentions every key that exists', () => {
    const text = readFileSync(EXAMPLE, 'utf8');
    for (const path of environmentKeys().values()) expect(text).toMatch(new RegExp(`\\b${path.at(-1)}:`));
    for (const key of [
      'tokens',
      'allowedOrigins',
      'allowedHosts',
      'streams',
      'mediaDirs',
      'id',
      'url',
      'user',
      'password',
      'transport',
      'refresh',
    ]) {
      expect(text).toMatch(new RegExp(`\\b${key}:`));
    }
  });
});

describe('loadConfig', () => {
  it('lets flags win over the environment, and that over the file', () => {
    const file = fileWith('server: { port: 1000, host: 127.0.0.2 }\nlog: { level: warn }');
    const config = loadConfig({
      file,
      env: { MASKCAST_SERVER_PORT: '2000', MASKCAST_LOG_LEVEL: 'debug' },
      flags: { server: { port: 3000 } },
    });
    expect(config.server.port).toBe(3000);
    expect(config.server.host).toBe('127.0.0.2');
    expect(config.log.level).toBe('debug');
  });

  it('reads durations with their unit', () => {
    expect(
      loadConfig({ file: fileWith('ingest: { stallTimeout: 1.5s, authRetry: 2m }'), env: {} }).ingest,
    ).toMatchObject({
      stallTimeout: 1500,
      authRetry: 120_000,
    });
  });

  it('reads what is wanted of classes, and says what a rule may be', () => {
    const stream = (classes: string) => fileWith(`streams: [{ url: rtsp://192.0.2.1/a, classes: ${classes} }]\n`);
    const file = stream('{ animal: off, person: { threshold: 0.6 } }');
    expect(loadConfig({ file, env: {} }).streams[0]?.classes).toEqual({ animal: 'off', person: { threshold: 0.6 } });
    for (const wrong of ['{ animal: on }', '{ person: 0.6 }', '{ person: { threshold: 60 } }']) {
      expect(() => loadConfig({ file: stream(wrong), env: {} })).toThrow(/streams\.0\.classes\.\w+/);
    }
  });

  it('names an unknown key', () => {
    expect(() => loadConfig({ file: fileWith('server: { prot: 80 }'), env: {} })).toThrow(/server: unknown key "prot"/);
  });

  it('names key, value and allowed values of a bad value', () => {
    expect(() => loadConfig({ file: fileWith('log: { level: loud }'), env: {} })).toThrow(
      /log\.level: must be one of silent, fatal, .*; received "loud"/,
    );
    expect(() => loadConfig({ file: fileWith('ingest: { stallTimeout: 5 }'), env: {} })).toThrow(
      /ingest\.stallTimeout/,
    );
  });

  it('refuses an unknown variable with its prefix', () => {
    expect(() => loadConfig({ env: { MASKCAST_SERVER_PROT: '1' } })).toThrow(
      /unknown environment variable MASKCAST_SERVER_PROT/,
    );
  });

  it('says where a file that is not YAML goes wrong', () => {
    expect(() => loadConfig({ file: fileWith('server: [1'), env: {} })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('takes secrets from the environment and from files', () => {
    const secretFile = fileWith('from-file\n');
    const file = fileWith(
      `server: { tokens: [{ token: { env: A }, role: admin }, { token: { file: ${secretFile} }, role: viewer }] }\n` +
        'streams: [{ url: rtsp://192.0.2.1/, user: u, password: { env: B } }]',
    );
    const config = loadConfig({ file, env: { A: 'from-env', B: 'p@ss' } });
    expect(config.server.tokens.map(({ token }) => token)).toEqual(['from-env', 'from-file']);
    expect(config.streams[0]?.password).toBe('p@ss');
    expect(() => loadConfig({ file, env: {} })).toThrow(
      /server\.tokens\.0\.token: the environment variable A must be set/,
    );
  });

  it.each([
    ['a quote that is not closed', 'streams:\n  - url: rtsp://192.0.2.1/\n    password: "hunter2\n', 4],
    ['an indent', 'streams:\n  - url: rtsp://192.0.2.1/\n    password: hunter2\n   user: u\n', 4],
    ['a colon', 'streams:\n  - url: rtsp://192.0.2.1/\n    password: hunter2: x\n', 3],
    ['a sign', 'streams:\n  - url: rtsp://192.0.2.1/\n    password: @hunter2\n', 3],
    ['an alias', 'streams:\n  - url: rtsp://192.0.2.1/\n    password: *hunter2\n', 3],
    ['a tag', 'streams:\n  - url: rtsp://192.0.2.1/\n    password: !hunter2 x\n', 3],
    ['a key given twice', 'server:\n  tokens: []\n  tokens: [{ token: hunter2, role: admin }]\n', 3],
  ])('names the place of a slip, not the line: %s', (_, text, line) => {
    const failure = expect.objectContaining({ message: expect.stringMatching(new RegExp(`line ${line}, column`)) });
    expect(() => loadConfig({ file: fileWith(text), env: {} })).toThrow(failure);
    const told = expect.objectContaining({ message: expect.not.stringContaining('hunter2') });
    expect(() => loadConfig({ file: fileWith(text), env: {} })).toThrow(told);
  });

  it.each([
    'streams: { url: rtsp://192.0.2.1/, password: hunter2 }',
    'streams: [rtsp://admin:hunter2@192.0.2.1/]',
    'streams: [hunter2]',
    'streams: [{ url: [rtsp://admin:hunter2@192.0.2.1/] }]',
    'server: [{ tokens: [{ token: hunter2, role: admin }] }]',
    'server: { tokens: [{ "token hunter2": , role: admin }] }',
    'server: { tokens: { token: hunter2 } }',
    'server: { "rtsp://a:hunter2@h": 1 }',
    'model: [{ password: hunter2 }]',
    'log: { level: "rtsp://a:hunter2@h" }',
    'server: { port: "rtsp://a:hunter2@h" }',
  ])('hides what stands in a wrong place: %s', (text) => {
    const told = expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('hunter2') });
    expect(() => loadConfig({ file: fileWith(text), env: {} })).toThrow(told);
  });

  it('never shows a secret in an error', () => {
    const file = fileWith('server: { tokens: [{ token: 12345, role: admin }] }');
    expect(() => loadConfig({ file, env: {} })).toThrow(/received \(hidden\)/);
  });

  it('gives a frozen configuration', () => {
    const config = loadConfig({ env: {} });
    expect(Object.isFrozen(config.server)).toBe(true);
    expect(Object.isFrozen(config.streams)).toBe(true);
  });
});
