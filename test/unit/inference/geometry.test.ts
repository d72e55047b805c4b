import { describe, expect, it } from 'vitest';
import { analysisGeometry, nativePlane, requireAccepted } from '../../../src/inference/geometry.js';
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
  it('is the picture scaled down to the longest side', () => {
    expect(plane(dynamic, 1920, 1080)).toEqual([512, 288, 512, 288]);
    expect(plane(dynamic, 1080, 1920)).toEqual([288, 512, 288, 512]);
    expect(plane(dynamic, 768, 576)).toEqual([512, 384, 512, 384]);
  });

  it('is filled by the picture where a small stretch will do', () => {
    expect(plane(dynamic, 480, 360)).toEqual([480, 352, 480, 352]);
    expect(plane(dynamic, 1280, 1024)).toEqual([512, 416, 512, 416]);
    expect(plane(dynamic, 353, 287)).toEqual([352, 288, 352, 288]);
  });

  it('is padded where the picture would be stretched by more than a tenth', () => {
    expect(plane(dynamic, 96, 56)).toEqual([96, 64, 96, 56]);
    expect(plane(dynamic, 1920, 400)).toEqual([512, 128, 512, 108]);
  });

  it('takes another longest side from the configuration, rounded down to what the network accepts', () => {
    expect(plane(dynamic, 1920, 1080, 768)).toEqual([768, 448, 768, 448]);
    expect(plane(dynamic, 1920, 1080, 400)).toEqual([384, 224, 384, 224]);
    expect(plane(dynamic, 1920, 1080, 8)).toEqual([32, 32, 32, 20]);
  });

  it('does not enlarge a picture beyond rounding where the manifest does not say so', () => {
    expect(plane(dynamic, 320, 240)).toEqual([320, 256, 320, 256]);
    expect(plane(dynamic, 16, 16)).toEqual([32, 32, 32, 32]);
  });

  it('enlarges a small picture where the manifest says so, twice at most and never beyond the longest side', () => {
    const enlarging = network({ kind: 'dynamic', multipleOf: 32, longestSide: 640, enlargeTo: 512 });
    expect(plane(enlarging, 352, 288)).toEqual([512, 416, 512, 416]);
    expect(plane(enlarging, 160, 128)).toEqual([320, 256, 320, 256]);
    expect(plane(enlarging, 576, 432)).toEqual([576, 448, 576, 448]);
    expect(plane(enlarging, 1920, 1080)).toEqual([640, 352, 640, 352]);
    expect(plane(enlarging, 352, 288, 384)).toEqual([384, 320, 384, 320]);
  });

  it('keeps at least one stride of a very thin picture', () => {
    expect(plane(dynamic, 7680, 16)).toEqual([512, 32, 512, 4]);
  });
});

describe('the plane for a network of fixed size', () => {
  it('is always that size, with the picture fitted in', () => {
    expect(plane(fixed, 1920, 1080)).toEqual([640, 480, 640, 360]);
    expect(plane(fixed, 1080, 1920)).toEqual([640, 480, 272, 480]);
    expect(plane(fixed, 320, 240)).toEqual([640, 480, 640, 480]);
  });

  it('is filled where a small stretch will do', () => {
    expect(plane(fixed, 1280, 1024)).toEqual([640, 480, 640, 480]);
  });

  it('does not look at the longest side of the configuration', () => {
    expect(plane(fixed, 1920, 1080, 128)).toEqual([640, 480, 640, 360]);
  });
});

describe('the plane for a network that answers more finely than scores are kept', () => {
  it('lies on the grid of the scores', () => {
    expect(plane(network({ kind: 'dynamic', multipleOf: 2 }, 1), 510, 286)).toEqual([512, 288, 512, 288]);
    expect(plane(network({ kind: 'fixed', width: 227, height: 227 }, 1), 640, 640)).toEqual([227, 227, 224, 224]);
    expect(plane(network({ kind: 'fixed', width: 227, height: 227 }, 1), 640, 320)).toEqual([227, 227, 224, 112]);
  });
});

describe('the plane that holds a picture pixel for pixel', () => {
  it('is the picture rounded up to what the network accepts', () => {
    expect(nativePlane(dynamic, { width: 480, height: 360 })).toEqual({ width: 480, height: 384 });
  });

  it('does not exist for a network of another fixed size', () => {
    expect(nativePlane(fixed, { width: 480, height: 360 })).toBeUndefined();
    expect(nativePlane(fixed, { width: 640, height: 480 })).toEqual({ width: 640, height: 480 });
    const odd = network({ kind: 'fixed', width: 227, height: 227 }, 1);
    expect(nativePlane(odd, { width: 227, height: 227 })).toBeUndefined();
  });
});

it('whatever the picture, the content fits into the plane, on the grids of input and output', () => {
  const others = [
    network({ kind: 'dynamic', multipleOf: 24 }, 8),
    network({ kind: 'dynamic', multipleOf: 14 }, 1),
    network({ kind: 'fixed', width: 227, height: 229 }, 1),
  ];
  for (const manifest of [dynamic, fixed, ...others]) {
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
