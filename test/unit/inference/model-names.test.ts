import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locateModel, modelNameOf, namedFolders } from '../../../src/inference/model-names.js';

describe('a network', () => {
  it.each([
    ['street', '/models/street', 'street'],
    ['./street', resolve('street'), 'street'],
    ['/srv/street/', '/srv/street', 'street'],
    ['a/../b', resolve('b'), 'b'],
  ])('is called by name or by folder: %s', (model, folder, name) => {
    expect(locateModel(model, '/models')).toBe(folder);
    expect(modelNameOf(model)).toBe(name);
  });

  it.each(['', '-x', 'a b', '.hidden'])('is not called %j', (model) => {
    expect(() => locateModel(model, '/models')).toThrowError(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
  });

  it('elsewhere has a name of its own', () => {
    expect(namedFolders([undefined, 'street', './mine', '/srv/other/', './mine/'])).toEqual(
      new Map([
        ['mine', resolve('mine')],
        ['other', '/srv/other'],
      ]),
    );
    expect(() => namedFolders(['/a/street', '/b/street'])).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'two networks are called "street": /a/street and /b/street; rename one',
      }),
    );
  });
});
