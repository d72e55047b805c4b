import { MaskcastError } from '../core/errors.js';
import { type Size, sameSize } from '../core/geometry.js';
import type { Manifest } from './manifest.js';
import { leastCommonMultiple, nearest, roundDown, roundUp } from './multiples.js';
import { scoreGrid } from './score-grid.js';

/** The RGB plane to give to a network (`analysis`) and the part of it, anchored top left, that the picture fills. */
export interface AnalysisGeometry {
  readonly analysis: Size;
  readonly content: Size;
}

/**
 * By how much a side may be stretched against the other one so that the picture fills the plane. Networks are trained on
 * pictures at many scales and don't notice; padding costs them half a point of mIoU and more (docs/models.md).
 */
const MOST_STRETCH = 1.1;

/** By how much a small picture is enlarged at most: what was measured to pay (docs/training.md, "Size of the plane"). */
const MOST_ENLARGED = 2;

/**
 * The plane for a picture of `source` pixels. Always holds: `content` is a multiple of the scores' stride and at least one
 * stride, so that its scores can be cut out exactly; `analysis` is what the network accepts.
 *
 * A network of dynamic size gets the picture scaled down to `longestSide`. A smaller one is enlarged to the manifest's
 * `enlargeTo`, twice at most: no detail is added, but things come to sizes that the network knows better. Without `enlargeTo`
 * it goes up only as far as rounding wants it. The picture fills the plane where that stretches it by at most a tenth. A
 * network of fixed size gets the picture fitted in.
 *
 * @param longestSide pixels; the manifest's where absent
 * @param finest see `scoreGrid`
 */
export function analysisGeometry(
  manifest: Manifest,
  source: Size,
  longestSide?: number,
  finest?: number,
): AnalysisGeometry {
  const { size } = manifest.input;
  const { stride } = scoreGrid(manifest.output.stride, finest);
  if (size.kind === 'fixed') {
    const scale = Math.min(size.width / source.width, size.height / source.height);
    const wanted = eachSide(source, (length) => length * scale);
    const full = eachSide(size, (length) => roundDown(length, stride));
    const fitted = {
      width: Math.min(nearest(wanted.width, stride), full.width),
      height: Math.min(nearest(wanted.height, stride), full.height),
    };
    const content = stretch(wanted, full) <= MOST_STRETCH ? full : fitted;
    return { analysis: { width: size.width, height: size.height }, content };
  }
  const step = leastCommonMultiple(size.multipleOf, stride);
  const limit = Math.max(step, roundDown(longestSide ?? size.longestSide, step));
  const longest = Math.max(source.width, source.height);
  const enlarged = Math.min(size.enlargeTo ?? 0, MOST_ENLARGED * longest);
  const scale = Math.min(limit, Math.max(longest, enlarged)) / longest;
  const wanted = eachSide(source, (length) => length * scale);
  const filled = eachSide(wanted, (length) => nearest(length, step));
  if (stretch(wanted, filled) <= MOST_STRETCH) return { analysis: filled, content: filled };
  const content = eachSide(wanted, (length) => nearest(length, stride));
  return { analysis: eachSide(content, (length) => roundUp(length, step)), content };
}

/** How much more one side is scaled than the other, at least 1. */
function stretch(from: Size, to: Size): number {
  const ratio = (to.width * from.height) / (to.height * from.width);
  return Math.max(ratio, 1 / ratio);
}

/**
 * The smallest plane that holds a picture pixel for pixel, as an evaluation against labels wants it. Undefined where a network
 * of fixed size has another one: it can only get its pictures scaled.
 */
export function nativePlane(manifest: Manifest, source: Size, finest?: number): Size | undefined {
  const { size } = manifest.input;
  const { stride } = scoreGrid(manifest.output.stride, finest);
  if (size.kind === 'fixed') {
    return sameSize(size, source) &&
      sameSize(
        size,
        eachSide(size, (length) => roundDown(length, stride)),
      )
      ? source
      : undefined;
  }
  const step = leastCommonMultiple(size.multipleOf, stride);
  return eachSide(source, (length) => roundUp(length, step));
}

const eachSide = ({ width, height }: Size, change: (length: number) => number): Size => ({
  width: change(width),
  height: change(height),
});

/**
 * Holds a caller to what `analysisGeometry` promises.
 * @param bytes of the RGB plane
 * @throws MaskcastError INTERNAL
 */
export function requireAccepted(
  manifest: Manifest,
  { analysis, content }: AnalysisGeometry,
  bytes: number,
  finest?: number,
): void {
  const { size } = manifest.input;
  const accepted =
    size.kind === 'fixed'
      ? sameSize(size, analysis)
      : analysis.width % size.multipleOf === 0 && analysis.height % size.multipleOf === 0;
  const { stride } = scoreGrid(manifest.output.stride, finest);
  const cut =
    content.width % stride === 0 &&
    content.height % stride === 0 &&
    content.width <= analysis.width &&
    content.height <= analysis.height;
  if (accepted && cut && bytes === analysis.width * analysis.height * 3) return;
  const wanted = size.kind === 'fixed' ? `${size.width}×${size.height}` : `multiples of ${size.multipleOf}`;
  throw new MaskcastError(
    'INTERNAL',
    `${manifest.name} takes planes of ${wanted} with content in multiples of ${stride}; received ${text(analysis)} with ` +
      `${text(content)} of content in ${bytes} bytes`,
  );
}

const text = ({ width, height }: Size) => `${width}×${height}`;
