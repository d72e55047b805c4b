import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireDataBeside, requireDataListed } from '../../../../src/inference/onnx/external-data.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskcast-data-'));
  await writeFile(join(folder, 'onnx::Conv_1'), 'weights');
});
afterAll(() => rm(folder, { recursive: true }));

describe('weights in other files', () => {
  const beside = (...externalData: string[]) => requireDataBeside(join(folder, 'net.onnx'), { externalData });

  it('lie beside the ONNX file, under whatever name exporters give', () =>
    expect(beside('onnx::Conv_1')).resolves.toBeUndefined());

  it.each([
    ['../outside.bin', /net\.onnx keeps weights in "\.\.\/outside\.bin"; only files in the same folder are taken/],
    ['/etc/passwd', /only files in the same folder/],
    ['*/_ORT_MEM_ADDR_/*', /only files in the same folder/],
    ['..', /only files in the same folder/],
    ['', /only files in the same folder/],
    ['model.onnx', /a name that means something else here/],
    ['manifest.json', /a name that means something else here/],
    ['nothing.bin', /which is not there/],
  ])('are refused as %j', async (name, message) => {
    await expect(beside('onnx::Conv_1', name)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('are all named by the manifest of a model that is here already', () => {
    const listed = (...files: string[]) =>
      requireDataListed(
        'the network "a"',
        { externalData: ['a.bin', 'b.bin'] },
        files.map((file) => ({ file })),
      );
    expect(() => listed('b.bin', 'a.bin')).not.toThrow();
    expect(() => listed('a.bin')).toThrowError(
      expect.objectContaining({
        code: 'MANIFEST_MISMATCH',
        message: `the network "a" keeps weights in "b.bin", which the manifest's dataFiles don't name`,
      }),
    );
  });
});
