import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What comes along with the package. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

export const MODELS = join(PACKAGE, 'models');
export const PUBLIC = join(PACKAGE, 'public');
export const SAMPLE = join(PACKAGE, 'samples', 'pedestrians.mp4');
