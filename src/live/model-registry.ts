import { MaskcastError } from '../core/errors.js';
import type { ModelInfo } from '../core/model.js';
import type { ModelView } from '../delivery/http/api-schema.js';
import { readCatalog } from '../inference/catalog.js';
import { toModelInfo } from '../inference/manifest.js';
import type { InferencePool } from '../inference/pool.js';
import type { Logger } from '../telemetry/logger.js';

export interface ModelRegistryParts {
  /** Folder with one folder a model. */
  readonly modelsDir: string;
  readonly defaultModel: string;
  readonly load: (model: string) => Promise<InferencePool>;
  readonly logger: Logger;
}

/** The networks of one server: listed from disk, each loaded once when the first stream asks for it, shared by all. */
export class ModelRegistry {
  private readonly pools = new Map<string, Promise<InferencePool>>();
  private readonly loadedPools = new Set<InferencePool>();
  private known: readonly ModelInfo[] = [];
  private closed = false;

  constructor(private readonly parts: ModelRegistryParts) {}

  /** Reads the manifests. A broken one is logged and left out: the others go on. */
  async scan(): Promise<void> {
    const { modelsDir, logger } = this.parts;
    const found: ModelInfo[] = [];
    for (const entry of await readCatalog(modelsDir)) {
      if ('files' in entry) found.push(toModelInfo(entry.files.manifest));
      else logger.warn({ err: entry.error, model: entry.name }, 'a model is left out');
    }
    this.known = found;
  }

  list(): readonly ModelView[] {
    return this.known.map(({ name, licence, stride, classes }) => ({
      name,
      licence,
      stride,
      classes: classes.map(({ id, name: label, color }) => ({ id, name: label, color: [...color] })),
      default: name === this.parts.defaultModel,
    }));
  }

  /** @throws MaskcastError MODEL_NOT_FOUND with the models there are, or what is wrong with this one */
  get(name: string = this.parts.defaultModel): Promise<InferencePool> {
    if (this.closed) return Promise.reject(new MaskcastError('CLOSED', 'the server is stopping', { retryable: true }));
    const existing = this.pools.get(name);
    if (existing) return existing;
    if (!this.known.some((model) => model.name === name)) {
      const names = this.known.map((model) => model.name).join(', ') || 'none';
      return Promise.reject(new MaskcastError('MODEL_NOT_FOUND', `there is no model "${name}"; there are: ${names}`));
    }
    const loading = this.parts.load(name).then((pool) => {
      this.loadedPools.add(pool);
      return pool;
    });
    this.pools.set(name, loading);
    loading.catch(() => this.pools.delete(name));
    return loading;
  }

  /** The networks that run. */
  get loaded(): readonly InferencePool[] {
    return [...this.loadedPools];
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    const settled = await Promise.allSettled(this.pools.values());
    await Promise.all(settled.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
  }
}
