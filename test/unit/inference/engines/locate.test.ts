import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateLibrary } from '../../../../src/inference/engines/openvino/locate.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'maskcast-locate-'));
});
afterEach(() => rm(root, { recursive: true }));

/** Makes an empty file below the root. */
async function touch(path: string): Promise<string> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '');
  return file;
}

const WHEEL = '.venv/lib/python3.11/site-packages/openvino/libs';
const locate = (options: { library?: string; env?: Record<string, string> } = {}) =>
  locateLibrary({ env: {}, platform: 'linux', home: root, ...options });

describe("OpenVINO's library is found", () => {
  it('in the wheel of .venv, of several Pythons and versions the newest', async () => {
    await touch('.venv/lib/python3.9/site-packages/openvino/libs/libopenvino_c.so.2641');
    await touch(`${WHEEL}/libopenvino_c.so.2541`);
    await touch(`${WHEEL}/libopenvino.so.2700`);
    const newest = await touch(`${WHEEL}/libopenvino_c.so.2641`);
    expect(await locate()).toBe(newest);
  });

  it('where setupvars names it', async () => {
    const library = await touch('intel/runtime/lib/intel64/libopenvino_c.so');
    expect(await locate({ env: { INTEL_OPENVINO_DIR: join(root, 'intel') } })).toBe(library);
  });

  it('on Windows by its name there', async () => {
    const library = await touch('.venv/Lib/site-packages/openvino/libs/openvino_c.dll');
    expect(await locateLibrary({ env: {}, platform: 'win32', home: root })).toBe(library);
  });

  it('as a file or by its folder, the configuration before the environment before all places', async () => {
    await touch(`${WHEEL}/libopenvino_c.so.2641`);
    const [one, two] = [await touch('one/libopenvino_c.so.2610'), await touch('two/my-openvino.so')];
    expect(await locate({ env: { OPENVINO_LIB: dirname(one) } })).toBe(one);
    expect(await locate({ library: two, env: { OPENVINO_LIB: one } })).toBe(two);
  });

  it.each([
    ['inference.openvino.library', { library: '/nowhere/libopenvino_c.so' }],
    ['OPENVINO_LIB', { env: { OPENVINO_LIB: '/nowhere' } }],
  ])('or not, and then a wrong %s is an error, though it lies elsewhere', async (setting, options) => {
    await touch(`${WHEEL}/libopenvino_c.so.2641`);
    await expect(locate(options)).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`^${setting} names /nowhere.*allowed are the library itself`)),
    });
  });
});
