import { describe, expect, it } from 'vitest';
import { analysisGeometry, requireAccepted } from '../../../src/inference/geometry.js';
import { type Manifest, parseManifest } from '../../../src/inference/manifest.js';

const network = (size: Record<string, unknown>, stride = 4): Manifest =>
  parseManifest(
    {
      name: 'tiny',
      task: 'semantic-segmentation',
      sha256: '0'.repeat(64),
      input: { tensor: 'image', type: 'uint8', layout: 'NHWC', size },
      output: { tensor: 'logits', kind: 'logits', stride },
      classes: [
        { id: 0, name: 'other', color: [0, 0, 0] },
        { id: 1, name: 'person', color: [220, 20, 60] },
      ],
      licence: 'CC0-1.0',
      data: 'none',
    },
    'test',
  );

const dynamic = network({ kind: 'dynamic', multipleOf: 32, longestSide: 512 });
const fixed = network({ kind: 'fixed', width: 640, height: 480 });

const plane = (manifest: Manifest, width: number, height: number, longestSide?: number) => {
  const { analysis, content } = analysisGeometry(manifest, { width, height }, longestSide);
  return [analysis.width, analysis.height, content.width, content.height];
};

describe('the plane for a network of dynamic size', () => {
  it('scales pictures down to the longest side and keeps the aspect ratio', () => {
    expect(plane(dynamic, 1920, 1080)).toEqual([512, 288, 512, 288]);
    expect(plane(dynamic, 1080, 1920)).toEqual([288, 512, 288, 512]);
    expect(plane(dynamic, 768, 576)).toEqual([512, 384, 512, 384]);
  });

  it('takes another longest side from the configuration', () => {
    expect(plane(dynamic, 1920, 1080, 768)).toEqual([768, 448, 768, 432]);
  });

  it('never scales pictures up', () => {
    expect(plane(dynamic, 480, 360)).toEqual([480, 384, 480, 360]);
    expect(plane(dynamic, 16, 16)).toEqual([32, 32, 16, 16]);
  });

  it('rounds odd sizes to the output stride', () => {
    expect(plane(dynamic, 353, 287)).toEqual([352, 288, 352, 288]);
  });

  it('keeps at least one stride of a very thin picture', () => {
    expect(plane(dynamic, 7680, 16)).toEqual([512, 32, 512, 4]);
    expect(plane(dynamic, 1, 1)).toEqual([32, 32, 4, 4]);
  });
});

describe('the plane for a network of fixed size', () => {
  it('is always that size, with the picture fitted in', () => {
    expect(plane(fixed, 1920, 1080)).toEqual([640, 480, 640, 360]);
    expect(plane(fixed, 1080, 1920)).toEqual([640, 480, 272, 480]);
    expect(plane(fixed, 320, 240)).toEqual([640, 480, 640, 480]);
  });

  it('does not look at the longest side of the configuration', () => {
    expect(plane(fixed, 1920, 1080, 128)).toEqual([640, 480, 640, 360]);
  });
});

it('whatever the picture, the content fits into the plane, on the grids of input and output', () => {
  for (const manifest of [dynamic, fixed, network({ kind: 'dynamic', multipleOf: 24 }, 8)]) {
    for (let width = 1; width < 4000; width = width * 2 + 1) {
      for (let height = 1; height < 4000; height = height * 3 + 1) {
        const geometry = analysisGeometry(manifest, { width, height });
        const bytes = geometry.analysis.width * geometry.analysis.height * 3;
        expect(() => requireAccepted(manifest, geometry, bytes)).not.toThrow();
      }
    }
  }
});

describe('a plane that the network does not accept', () => {
  const size = { width: 512, height: 288 };
  it.each([
    [
      'a size off the grid',
      dynamic,
      { analysis: { width: 500, height: 288 }, content: { width: 500, height: 288 } },
      500 * 288 * 3,
    ],
    ['another size than the fixed one', fixed, { analysis: size, content: size }, 512 * 288 * 3],
    ['content off the output grid', dynamic, { analysis: size, content: { width: 510, height: 288 } }, 512 * 288 * 3],
    ['content beyond the plane', dynamic, { analysis: size, content: { width: 512, height: 320 } }, 512 * 288 * 3],
    ['too few bytes', dynamic, { analysis: size, content: size }, 512 * 288],
  ])('is refused: %s', (_, manifest, geometry, bytes) => {
    expect(() => requireAccepted(manifest, geometry, bytes)).toThrowError(/takes planes of/);
  });
});
