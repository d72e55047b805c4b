import { basename } from 'node:path';
import type { StoredEntry } from '../config/stream-store.js';
import { requireClasses } from '../core/class-settings.js';
import { MaskcastError } from '../core/errors.js';
import { formatPolicy, parsePolicy } from '../core/policy.js';
import type { Network } from '../core/ports.js';
import { slug } from '../core/slug.js';
import type { StreamSettings } from '../core/stream.js';
import type { Milliseconds } from '../core/time.js';
import type {
  ModelView,
  Role,
  SettingsInput,
  SourceInfoView,
  SourceInput,
  StreamChange,
  StreamInput,
  StreamView,
} from '../delivery/http/api-schema.js';
import type { StreamFeed, StreamService } from '../delivery/services.js';
import { Turns } from '../flow/turns.js';
import { mayKeepPassword } from '../media/address/source.js';
import type { Logger } from '../telemetry/logger.js';
import type { LiveStream } from './live-stream.js';
import { fromStored, type StreamDefinition, toStored } from './stream-definition.js';

export interface StreamManagerParts {
  readonly defaults: StreamSettings;
  /** Of every adaptive policy; the API names policies by text. */
  readonly maxStaleness: Milliseconds;
  /** Never fails: what is wrong with a network shows when it is borrowed. */
  readonly network: (model: string | undefined) => Network;
  readonly models: () => readonly ModelView[];
  /** Makes the stream; does not start it. */
  readonly createStream: (definition: StreamDefinition, network: Network) => LiveStream;
  /** How a source may be shown to `role`. @throws MaskcastError SOURCE_INVALID */
  readonly displaySource: (source: SourceInput, role: Role) => string;
  /** Whether people may name it. @throws MaskcastError SOURCE_INVALID, FORBIDDEN */
  readonly checkSource: (source: SourceInput) => void;
  readonly probe: (source: SourceInput, signal: AbortSignal) => Promise<SourceInfoView>;
  /** Called one at a time. @throws MaskcastError DISK_FULL, OUTPUT_UNWRITABLE */
  readonly save: (entries: readonly unknown[]) => Promise<void>;
  /** Where they are saved, for the log. */
  readonly store: string;
  readonly logger: Logger;
}

interface Entry {
  definition: StreamDefinition;
  stream: LiveStream;
}

/** The turn of whoever writes the store; no stream has an id like it. */
const STORE = '(store)';
const NO_ADDRESS = '(invalid address)';

/**
 * All streams of the server: added, changed and removed while others run. Always holds: changes of one stream are made one after
 * the other; one that can't be saved is not made; an entry of the store that can't be used keeps no other from running, and
 * stays in the store.
 */
export class StreamManager implements StreamService {
  private readonly entries = new Map<string, Entry>();
  /** Ids whose stream is being made: two requests can't take one id. */
  private readonly reserved = new Set<string>();
  /** Entries of the store that have no id, or one that is taken. */
  private readonly leftOut: unknown[] = [];
  private readonly turns = new Turns();

  constructor(private readonly parts: StreamManagerParts) {}

  list(role: Role): readonly StreamView[] {
    return [...this.entries.values()].map((entry) => this.view(entry, role));
  }

  get(id: string, role: Role): StreamView {
    return this.view(this.entry(id), role);
  }

  feed(id: string): StreamFeed {
    return this.entry(id).stream;
  }

  feeds(): readonly StreamFeed[] {
    return [...this.entries.values()].map(({ stream }) => stream);
  }

  models(): readonly ModelView[] {
    return this.parts.models();
  }

  probe(source: SourceInput, signal: AbortSignal): Promise<SourceInfoView> {
    return this.parts.probe(source, signal);
  }

  async add(input: StreamInput): Promise<StreamView> {
    const id = input.id ?? this.freeId(input.name);
    this.requireFree(id);
    this.reserved.add(id);
    try {
      return await this.turns.run(id, () => this.addNow(id, input));
    } finally {
      this.reserved.delete(id);
    }
  }

  /** Starts a stream of the config file or the command line. @throws MaskcastError CONFLICT, SOURCE_INVALID, CONFIG_INVALID */
  open(definition: StreamDefinition): void {
    this.requireFree(definition.id);
    this.parts.displaySource(definition.source, 'admin');
    const { model } = this.parts.network(definition.model);
    // Of a network that can't be read nothing is known; why shows when it is borrowed.
    if (model.classes.length > 0) requireClasses(definition.settings.classes, model, 'CONFIG_INVALID');
    this.place(definition);
  }

  /** Starts what was stored; what can't be used is `failed` with the reason, or left out with a word in the log. */
  restore(stored: readonly StoredEntry[]): void {
    const { defaults, maxStaleness, checkSource, logger, store } = this.parts;
    for (const entry of stored) {
      const definition = fromStored(entry, {
        defaults,
        maxStaleness,
        checkSource,
        file: basename(store),
      });
      if (definition?.unusable) {
        logger.error({ file: store, stream: definition.id, err: definition.unusable.reason }, 'a stored stream fails');
      }
      if (definition && !this.entries.has(definition.id)) {
        this.place(definition);
        continue;
      }
      this.leftOut.push('stream' in entry ? entry.stream : entry.damaged);
      const why = definition ? `another stream has the id "${definition.id}"` : 'it has no valid id';
      logger.error(
        { file: store, stream: definition?.id },
        `a stored stream is left out: ${why}; change it in the file`,
      );
    }
  }

  change(id: string, change: StreamChange): Promise<StreamView> {
    return this.turns.run(id, () => this.changeNow(id, change));
  }

  remove(id: string): Promise<void> {
    return this.turns.run(id, async () => {
      const entry = this.entry(id);
      await this.commit(entry.definition, undefined, () => this.entries.delete(id));
      await entry.stream.close();
    });
  }

  /** The definition as it is now; a stream asks for it whenever it opens its source. */
  definition(id: string): StreamDefinition {
    return this.entry(id).definition;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const entries = [...this.entries.values()];
    this.entries.clear();
    await Promise.all(entries.map(({ stream }) => stream.close()));
  }

  private entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) {
      throw new MaskcastError(
        'NOT_FOUND',
        `there is no stream "${id}"; there are: ${[...this.entries.keys()].join(', ') || 'none'}`,
      );
    }
    return entry;
  }

  private view({ definition, stream }: Entry, role: Role): StreamView {
    return {
      id: definition.id,
      name: definition.name,
      source: definition.unusable
        ? this.displayIfValid(definition.source, role)
        : this.parts.displaySource(definition.source, role),
      model: stream.model.name,
      settings: { ...stream.settings, policy: formatPolicy(stream.settings.policy) },
      status: stream.status,
      viewers: stream.viewers,
      persistent: definition.persistent,
    };
  }

  private displayIfValid(source: SourceInput, role: Role): string {
    try {
      return this.parts.displaySource(source, role);
    } catch {
      return NO_ADDRESS;
    }
  }

  private async addNow(id: string, input: StreamInput): Promise<StreamView> {
    this.parts.checkSource(input.source);
    const definition: StreamDefinition = {
      id,
      name: input.name,
      source: input.source,
      model: input.model,
      settings: withInput(this.parts.defaults, input.settings, this.parts.maxStaleness),
      enabled: true,
      persistent: true,
    };
    const network = await this.parts.network(definition.model).borrow();
    try {
      requireClasses(definition.settings.classes, network.segmenter.model, 'BAD_REQUEST');
      await this.commit(undefined, definition, () => this.place(definition));
    } finally {
      network.giveBack();
    }
    return this.get(id, 'admin');
  }

  private async changeNow(id: string, change: StreamChange): Promise<StreamView> {
    const entry = this.entry(id);
    const before = entry.definition;
    const source = change.source ? keepPassword(change.source, before.source) : before.source;
    // The configuration file and the command line may name any file.
    if (change.source || before.persistent) this.parts.checkSource(source);
    const definition: StreamDefinition = {
      ...before,
      name: change.name ?? before.name,
      source,
      model: change.model ?? before.model,
      settings: withInput(before.settings, change.settings ?? {}, this.parts.maxStaleness),
      enabled: change.enabled ?? before.enabled,
      unusable: undefined,
    };
    const network = this.parts.network(definition.model);
    const borrowed = change.model === undefined ? undefined : await network.borrow();
    try {
      if (change.settings?.classes) requireClasses(change.settings.classes, network.model, 'BAD_REQUEST');
      await this.commit(before, definition, () => {
        entry.definition = definition;
      });
      const { name, settings } = definition;
      const anew = change.source !== undefined || before.unusable !== undefined;
      if (change.enabled === false) await entry.stream.stop();
      await entry.stream.change({ name, network, settings }, { anew });
      if (change.enabled === true) entry.stream.start();
    } finally {
      borrowed?.giveBack();
    }
    return this.view(entry, 'admin');
  }

  /** Takes a stream into the list and lets it run. */
  private place(definition: StreamDefinition): void {
    const { unusable, model } = definition;
    const network = this.parts.network(model);
    const usable = unusable ? { ...network, borrow: () => Promise.reject(unusable.reason) } : network;
    const stream = this.parts.createStream(definition, usable);
    this.entries.set(definition.id, { definition, stream });
    if (definition.enabled) stream.start();
    else void stream.stop();
  }

  /**
   * Saves the list as it will be, then makes it so.
   * @param before absent where `after` is new
   * @param after absent where `before` goes
   */
  private commit(
    before: StreamDefinition | undefined,
    after: StreamDefinition | undefined,
    make: () => void,
  ): Promise<void> {
    return this.turns.run(STORE, async () => {
      const definitions = [...this.entries.values()].map(({ definition }) => definition);
      const next = before
        ? definitions.flatMap((definition) => (definition !== before ? [definition] : after ? [after] : []))
        : [...definitions, ...(after ? [after] : [])];
      if (before?.persistent || after?.persistent) {
        await this.parts.save([...next.filter(({ persistent }) => persistent).map(toStored), ...this.leftOut]);
      }
      make();
    });
  }

  private requireFree(id: string): void {
    if (!this.entries.has(id) && !this.reserved.has(id)) return;
    throw new MaskcastError('CONFLICT', `a stream with the id "${id}" exists; choose another id`);
  }

  private freeId(name: string): string {
    const base = slug(name);
    let id = base;
    for (let n = 2; this.entries.has(id) || this.reserved.has(id); n++) id = `${base}-${n}`;
    return id;
  }
}

function withInput(settings: StreamSettings, input: SettingsInput, maxStaleness: Milliseconds): StreamSettings {
  return {
    policy: input.policy === undefined ? settings.policy : parsePolicy(input.policy, maxStaleness),
    smoothing: input.smoothing ?? settings.smoothing,
    onDemand: input.onDemand ?? settings.onDemand,
    classes: input.classes ?? settings.classes,
  };
}

/** The page never gets the password, so editing an address would lose it: the old one stays where place and user stay. */
function keepPassword(source: SourceInput, before: SourceInput): SourceInput {
  const { password } = before;
  return password !== undefined && mayKeepPassword(source, before) ? { ...source, password } : source;
}
