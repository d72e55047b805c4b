import { serveWorker } from '../../flow/worker-server.js';
import { type PaintJob, paint } from './paint.js';

/** The painter's thread: full-size pixels are touched here and nowhere else in JavaScript. */
export type PainterMethods = { paint: (job: PaintJob) => Promise<Uint8Array> };

serveWorker<PainterMethods>({ paint });
