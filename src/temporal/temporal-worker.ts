import { MaskcastError } from '../core/errors.js';
import { serveWorker } from '../flow/worker-server.js';
import { Price } from './decision/price.js';
import { Engine } from './engine.js';
import type { TemporalMethods } from './temporal-protocol.js';

/**
 * In: calls for many streams' engines. Out: their answers. Always holds: calls are answered one after the other in the order of
 * arrival, so that each engine sees the order in which the main thread called.
 */

const engines = new Map<number, Engine>();
/** The streams of a worker compete for the same pool. */
const price = new Price();

function engineOf(id: number): Engine {
  const engine = engines.get(id);
  if (!engine) throw new MaskcastError('CLOSED', `temporal engine ${id} is closed`);
  return engine;
}

serveWorker<TemporalMethods>({
  open: ({ engine, settings }) => void engines.set(engine, new Engine(settings, price)),
  configure: ({ engine, settings }) => engineOf(engine).configure(settings),
  observe: ({ engine, freeSlots, ...frame }) => engineOf(engine).observe(frame, freeSlots),
  apply: ({ engine, number, scores }) => engineOf(engine).apply(number, scores),
  late: ({ engine, number, scores }) => engineOf(engine).late(number, scores),
  close: ({ engine }) => {
    engines.get(engine)?.close();
    engines.delete(engine);
  },
});
