import type { RecordedFile } from '../../media/inspect.js';
import { TONE_MAPPED } from '../../media/tone-mapping.js';
import type { Recording } from '../file-output.js';

/**
 * How the videos of a recording hold its colours: by one matrix, which is always tagged. It is the source's own; where the source is
 * RGB or doesn't say, the one that players guess from its height; BT.709 for HDR that has been tone-mapped.
 */

type Colored = Pick<RecordedFile, 'color' | 'size' | 'toneMapping' | 'info'>;

const RGB = /^(rgb|bgr|gbr|argb|abgr|rgba|bgra|pal8|0rgb|0bgr|x2rgb|x2bgr|gray|ya|mono)/;

const isRgb = ({ info }: Pick<Colored, 'info'>): boolean => RGB.test(info.pixelFormat);

/** By its name in tags. */
function matrixOf(file: Colored): string {
  const { color, size, toneMapping } = file;
  const { matrix } = color;
  if (toneMapping.length > 0) return TONE_MAPPED;
  if (matrix !== undefined && !['unknown', 'reserved', 'gbr', 'rgb'].includes(matrix) && !isRgb(file)) return matrix;
  return size.height >= 720 ? 'bt709' : 'smpte170m';
}

/** swscale's name of the matrix, for what is drawn on the picture. */
export function colorMatrix(file: Colored): string {
  const matrix = matrixOf(file);
  if (matrix.startsWith('bt2020')) return 'bt2020';
  if (matrix === 'bt470bg') return 'bt470';
  if (matrix === 'bt709' || matrix === 'smpte240m' || matrix === 'fcc' || matrix === 'smpte170m') return matrix;
  return file.size.height >= 720 ? 'bt709' : 'smpte170m';
}

/** Filters, each followed by a comma, that make SDR of HDR, and video range of RGB and full range; what already is stays as it is. */
export function toVideoRange(file: Colored, { hdr }: { readonly hdr: 'kept' | 'mapped' }): string {
  if (file.toneMapping.length > 0 && hdr === 'mapped') return `${file.toneMapping.join(',')},`;
  if (isRgb(file)) return `scale=out_color_matrix=${colorMatrix(file)}:out_range=tv,`;
  const full = file.color.range === 'pc' || file.info.pixelFormat.startsWith('yuvj');
  return full ? 'scale=out_range=tv,' : '';
}

/** The last filter before an encoder: says by which matrix and range the picture is to be read, and in which ticks its times are. */
export function finish({ file, timeBase }: Recording, { hdr }: { readonly hdr: 'kept' | 'mapped' }): string {
  const sdr = ':color_primaries=bt709:color_trc=bt709';
  const mapped = file.toneMapping.length > 0 && hdr === 'mapped';
  const matrix = file.toneMapping.length > 0 && hdr === 'kept' ? file.color.matrix : matrixOf(file);
  const colorspace = matrix === undefined ? '' : `:colorspace=${matrix}`;
  return `setparams=range=tv${colorspace}${mapped ? sdr : ''},settb=${timeBase.num}/${timeBase.den}[out]`;
}
