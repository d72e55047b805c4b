import type { Clock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import type { ModelInfo } from '../core/model.js';
import type { BorrowedNetwork, Network } from '../core/ports.js';
import { ms } from '../core/time.js';
import type { ModelView } from '../delivery/http/api-schema.js';
import { readCatalog } from '../inference/catalog.js';
import { toModelInfo } from '../inference/manifest.js';
import type { InferencePool } from '../inference/pool.js';
import type { Logger } from '../telemetry/logger.js';

export interface ModelRegistryParts {
  /** Folder with one folder a model. */
  readonly modelsDir: string;
  /** Folders of networks elsewhere, by name; they hide those of the models' folder. */
  readonly folders?: ReadonlyMap<string, string>;
  readonly defaultModel: string;
  readonly load: (model: string) => Promise<InferencePool>;
  /** Called when a network is gone: what its threads had allocated is of no use to anybody. Never rejects. */
  readonly freeMemory: () => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a network stays loaded after its last user has left: a stream that restarts shall not load it again. */
const LINGER = ms(5000);

interface Loaded {
  readonly pool: Promise<InferencePool>;
  users: number;
  cancelUnload: () => void;
}

/**
 * The networks of one server. In: their manifests on disk, and who wants to use them. Out: each one loaded once for all its users.
 * Always holds: a network is loaded while anybody has borrowed it, and gone some seconds after the last one gave it back.
 */
export class ModelRegistry {
  private readonly loads = new Map<string, Loaded>();
  private readonly running = new Map<string, InferencePool>();
  private readonly unloading = new Set<Promise<void>>();
  private known: readonly ModelInfo[] = [];
  private closed = false;

  constructor(private readonly parts: ModelRegistryParts) {}

  /** Reads the manifests. A broken one is logged and left out: the others go on. */
  async scan(): Promise<void> {
    const { modelsDir, folders, logger } = this.parts;
    const found: ModelInfo[] = [];
    for (const entry of await readCatalog(modelsDir, folders)) {
      if ('files' in entry) found.push(toModelInfo(entry.files.manifest));
      else logger.warn({ err: entry.error, model: entry.name }, 'a model is left out');
    }
    this.known = found;
  }

  list(): readonly ModelView[] {
    return this.known.map(({ name, licence, stride, classes, labelsOnly }) => ({
      name,
      licence,
      stride,
      classes: classes.map(({ id, name: label, color }) => ({ id, name: label, color: [...color] })),
      ...(labelsOnly ? { labelsOnly } : {}),
      default: name === this.parts.defaultModel,
      engine: this.running.get(name)?.engine,
    }));
  }

  /** @throws MaskcastError MODEL_NOT_FOUND with the models there are */
  require(name: string = this.parts.defaultModel): void {
    if (this.known.some((model) => model.name === name)) return;
    const names = this.known.map((model) => model.name).join(', ') || 'none';
    throw new MaskcastError('MODEL_NOT_FOUND', `there is no model "${name}"; there are: ${names}`);
  }

  /** Never fails: a network that isn't there has no classes, and says why when somebody borrows it. */
  network(name: string = this.parts.defaultModel): Network {
    const model = this.known.find((candidate) => candidate.name === name) ?? missing(name);
    return { model, borrow: () => this.borrow(name) };
  }

  /** @throws MaskcastError MODEL_NOT_FOUND, CLOSED, or what is wrong with this one */
  async borrow(name: string = this.parts.defaultModel): Promise<BorrowedNetwork> {
    if (this.closed) throw new MaskcastError('CLOSED', 'the server is stopping', { retryable: true });
    this.require(name);
    const loaded = this.loads.get(name) ?? this.load(name);
    loaded.users += 1;
    loaded.cancelUnload();
    let borrowed = true;
    const giveBack = () => {
      if (!borrowed) return;
      borrowed = false;
      loaded.users -= 1;
      if (loaded.users === 0) loaded.cancelUnload = this.parts.clock.after(LINGER, () => this.unload(name, loaded));
    };
    try {
      return { segmenter: await loaded.pool, giveBack };
    } catch (error) {
      // Whoever asks next tries anew.
      if (this.loads.get(name) === loaded) this.loads.delete(name);
      throw error;
    }
  }

  /** The networks that run. */
  get loaded(): readonly InferencePool[] {
    return [...this.running.values()];
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    for (const [name, loaded] of this.loads) {
      loaded.cancelUnload();
      this.unload(name, loaded);
    }
    while (this.unloading.size > 0) await Promise.all(this.unloading);
  }

  private load(name: string): Loaded {
    const pool = this.parts.load(name).then((ready) => {
      this.running.set(name, ready);
      return ready;
    });
    const loaded: Loaded = { pool, users: 0, cancelUnload: () => {} };
    this.loads.set(name, loaded);
    return loaded;
  }

  private unload(name: string, loaded: Loaded): void {
    if (this.loads.get(name) === loaded) this.loads.delete(name);
    const gone: Promise<void> = loaded.pool
      .then(async (pool) => {
        if (this.running.get(name) === pool) this.running.delete(name);
        await pool.close();
        await this.parts.freeMemory();
        this.parts.logger.info({ model: name }, 'network unloaded');
      })
      .catch((error: unknown) => this.parts.logger.debug({ err: error, model: name }, 'a network did not unload'))
      .finally(() => this.unloading.delete(gone));
    this.unloading.add(gone);
  }
}

const missing = (name: string): ModelInfo => ({
  name,
  classes: [],
  ignoreIndex: undefined,
  licence: 'unknown',
  stride: 1,
});
