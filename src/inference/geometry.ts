import { MaskcastError } from '../core/errors.js';
import { type Size, sameSize } from '../core/geometry.js';
import type { Manifest } from './manifest.js';

/** The RGB plane to give to a network (`analysis`) and the part of it, anchored top left, that the picture fills. */
export interface AnalysisGeometry {
  readonly analysis: Size;
  readonly content: Size;
}

/**
 * The plane for a picture of `source` pixels. Always holds: `content` is a multiple of the output's stride and at least one
 * stride, so that its scores can be cut out exactly; `analysis` is what the network accepts; the aspect ratio is kept up to
 * that rounding.
 *
 * A network of fixed size gets the picture fitted into its plane. One of dynamic size gets it scaled down to
 * `longestSide`, never up: enlarging adds work and no detail.
 */
export function analysisGeometry(manifest: Manifest, source: Size, longestSide?: number): AnalysisGeometry {
  const { size } = manifest.input;
  const { stride } = manifest.output;
  if (size.kind === 'fixed') {
    const scale = Math.min(size.width / source.width, size.height / source.height);
    const bound = (length: number, limit: number) => Math.min(toMultiple(length * scale, stride), limit);
    return {
      analysis: { width: size.width, height: size.height },
      content: { width: bound(source.width, size.width), height: bound(source.height, size.height) },
    };
  }
  const limit = longestSide ?? size.longestSide;
  const scale = Math.min(1, limit / Math.max(source.width, source.height));
  const content = {
    width: toMultiple(source.width * scale, stride),
    height: toMultiple(source.height * scale, stride),
  };
  return {
    analysis: { width: roundUp(content.width, size.multipleOf), height: roundUp(content.height, size.multipleOf) },
    content,
  };
}

const toMultiple = (length: number, step: number) => Math.max(step, Math.round(length / step) * step);

const roundUp = (length: number, step: number) => Math.ceil(length / step) * step;

/**
 * Holds a caller to what `analysisGeometry` promises.
 * @param bytes of the RGB plane
 * @throws MaskcastError INTERNAL
 */
export function requireAccepted(manifest: Manifest, { analysis, content }: AnalysisGeometry, bytes: number): void {
  const { size } = manifest.input;
  const accepted =
    size.kind === 'fixed'
      ? sameSize(size, analysis)
      : analysis.width % size.multipleOf === 0 && analysis.height % size.multipleOf === 0;
  const { stride } = manifest.output;
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
