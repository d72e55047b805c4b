import type { Normalization } from '../../inference/adopt/draft.js';
import type { DraftKind } from '../../inference/adopt/draft-output.js';
import type { ModelsFlags } from './flags.js';
import type { PixelFlags } from './normalization.js';

/** What `maskcast models add` takes on the command line. */
export interface AddFlags extends ModelsFlags, PixelFlags {
  readonly name?: string;
  readonly classes?: string;
  readonly output?: string;
  readonly kind?: DraftKind;
  readonly colorOrder?: 'RGB' | 'BGR';
  readonly normalization?: Normalization;
  readonly longestSide?: string;
  readonly licence?: string;
  readonly data?: string;
  readonly yes?: true;
}
