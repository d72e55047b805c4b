import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskcastError } from '../../../src/core/errors.js';
import { parseManifest } from '../../../src/inference/manifest.js';
import { displaySource, scrubber, scrubText } from '../../../src/media/address/redact.js';
import { parseSource } from '../../../src/media/address/source.js';
import { Journal } from '../../../src/record/run/journal.js';

/** Text and files from outside: read, or refused with a code; no secret comes out. */

function refused(action: () => unknown, code: string): void {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(MaskcastError);
    expect((error as MaskcastError).code).toBe(code);
  }
}

describe('a source', () => {
  it('of any text is one, or SOURCE_INVALID', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.constantFrom('rtsp://', 'http://', 'file://', 'RTSPS:', 'udp://', '//'), fc.string())
        .map((parts) => parts.join('')),
    );
    fc.assert(fc.property(text, (url) => refused(() => parseSource(url), 'SOURCE_INVALID')));
  });

  /** Passwords as people have them; a short one could stand anywhere by chance. */
  const password = fc
    .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 20 })
    .filter((text) => /\S{8}/.test(text));
  const user = fc.stringMatching(/^[a-z]{3,10}$/);
  const host = fc.constantFrom('192.0.2.10', 'camera.example', '[2001:db8::1]:554', 'cam:8554');

  it('keeps user and password that are given beside it, and never shows the password', () => {
    fc.assert(
      fc.property(user, password, host, fc.constantFrom('rtsp', 'http'), (name, secret, at, scheme) => {
        const source = parseSource({ url: `${scheme}://${at}/stream1`, user: name, password: secret });
        expect(source).toMatchObject({ credentials: { user: name, password: secret } });
        expect(displaySource(source)).not.toContain(secret);
        const said = `could not open ${scheme}://${name}:${encodeURIComponent(secret)}@${at}/stream1: ${secret}`;
        expect(scrubber(source)(said)).not.toContain(secret);
      }),
    );
  });

  it('reads a percent-encoded password in its address back', () => {
    fc.assert(
      fc.property(user, password, host, (name, secret, at) => {
        const { credentials } = parseSource(`rtsp://${name}:${encodeURIComponent(secret)}@${at}/x`) as {
          credentials: unknown;
        };
        expect(credentials).toEqual({ user: name, password: secret });
      }),
    );
  });

  it('is scrubbed once and for all, in no more time than it is long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(scrubText(scrubText(text))).toBe(scrubText(text));
      }),
    );
    const begin = performance.now();
    for (const letter of ['a', 'user=', '://', '@', '=', '1.']) scrubText(letter.repeat(40_000));
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});

describe('a manifest', () => {
  it('of any value is one, or MANIFEST_INVALID', () => {
    fc.assert(fc.property(fc.anything(), (value) => refused(() => parseManifest(value, 'here'), 'MANIFEST_INVALID')));
  });

  const MANIFEST = {
    name: 'walkers',
    task: 'semantic-segmentation',
    sha256: 'a'.repeat(64),
    licence: 'CC0-1.0',
    data: 'none',
    input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size: { kind: 'dynamic', multipleOf: 4 } },
    output: { tensor: 'logits', kind: 'logits', stride: 4 },
    classes: [
      { id: 0, name: 'other', color: [0, 0, 0] },
      { id: 1, name: 'person', color: [220, 20, 60] },
    ],
  };

  it('with any one value replaced is one, or MANIFEST_INVALID', () => {
    parseManifest(MANIFEST, 'here');
    const key = fc.constantFrom(...Object.keys(MANIFEST));
    fc.assert(
      fc.property(key, fc.jsonValue(), (name, value) =>
        refused(() => parseManifest({ ...MANIFEST, [name]: value }, 'here'), 'MANIFEST_INVALID'),
      ),
    );
  });
});

describe('a journal', () => {
  /** Segments of these lengths, some of which have lost their facts, or hold something else. */
  const segment = fc.record({
    frames: fc.integer({ min: 1, max: 50 }),
    facts: fc.oneof(
      { weight: 6, arbitrary: fc.constant('right') },
      { weight: 1, arbitrary: fc.constant('none') },
      { weight: 1, arbitrary: fc.json() },
    ),
  });

  it('goes on behind the whole segments at its beginning, whatever became of the others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 5 }), async (segments) => {
        const folder = await mkdtemp(join(tmpdir(), 'maskcast-journal-'));
        const target = join(folder, 'walk');
        const before = await Journal.open(target, {}, 'fail');
        let first = 0;
        const places: string[] = [];
        for (const { frames } of segments) {
          const own = (await before?.begin(first)) ?? '';
          await mkdir(join(own, 'table'));
          await before?.commit({ folder: own, firstFrame: first, frames, firstTicks: first }, undefined);
          places.push(before?.segments.at(-1)?.folder ?? '');
          first += frames;
        }
        await before?.close();
        for (const [index, { facts }] of segments.entries()) {
          const file = join(places[index] ?? '', 'segment.json');
          if (facts === 'none') await rm(file);
          else if (facts !== 'right') await writeFile(file, facts);
        }
        const lost = segments.findIndex(({ facts }) => facts !== 'right');
        const whole = lost === -1 ? segments : segments.slice(0, lost);
        const after = await Journal.open(target, {}, 'resume');
        expect(after?.frames).toBe(whole.reduce((sum, { frames }) => sum + frames, 0));
        await after?.close();
        await rm(folder, { recursive: true, force: true });
      }),
      { numRuns: 25 },
    );
  });
});
