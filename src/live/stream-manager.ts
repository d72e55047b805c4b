import type { StoredStream } from '../config/stream-store.js';
import { MaskcastError } from '../core/errors.js';
import { formatPolicy, parsePolicy } from '../core/policy.js';
import type { Segmenter } from '../core/ports.js';
import { slug } from '../core/slug.js';
import type { StreamSettings } from '../core/stream.js';
import type { Milliseconds } from '../core/time.js';
import type {
  ModelView,
  SettingsInput,
  SourceInfoView,
  SourceInput,
  StreamChange,
  StreamInput,
  StreamView,
} from '../delivery/http/api-schema.js';
import type { StreamFeed, StreamService } from '../delivery/services.js';
import type { LiveStream } from './live-stream.js';

/** What a stream is made from; secrets included. */
export interface StreamDefinition {
  readonly id: string;
  readonly name: string;
  readonly source: SourceInput;
  /** The server's default where absent. */
  readonly model: string | undefined;
  readonly settings: StreamSettings;
  readonly enabled: boolean;
  /** Kept in the store. Streams of the config file and the command line are not. */
  readonly persistent: boolean;
}

export interface StreamManagerParts {
  readonly defaults: StreamSettings;
  /** Of every adaptive policy; the API names policies by text. */
  readonly maxStaleness: Milliseconds;
  readonly segmenter: (model: string | undefined) => Promise<Segmenter>;
  readonly models: () => readonly ModelView[];
  /** Checks the address and makes the stream; does not start it. @throws MaskcastError SOURCE_INVALID */
  readonly createStream: (definition: StreamDefinition, segmenter: Segmenter) => LiveStream;
  /** How a source may be shown. @throws MaskcastError SOURCE_INVALID */
  readonly displaySource: (source: SourceInput) => string;
  readonly probe: (source: SourceInput, signal: AbortSignal) => Promise<SourceInfoView>;
  readonly save: (streams: readonly StoredStream[]) => Promise<void>;
}

interface Entry {
  definition: StreamDefinition;
  stream: LiveStream;
}

/** All streams of the server: added, changed and removed while others run. */
export class StreamManager implements StreamService {
  private readonly entries = new Map<string, Entry>();
  /** Ids whose stream is being made: two requests can't take one id. */
  private readonly reserved = new Set<string>();

  constructor(private readonly parts: StreamManagerParts) {}

  list(): readonly StreamView[] {
    return [...this.entries.values()].map((entry) => this.view(entry));
  }

  get(id: string): StreamView {
    return this.view(this.entry(id));
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
    const entry = await this.open({
      id: input.id ?? this.freeId(input.name),
      name: input.name,
      source: input.source,
      model: input.model,
      settings: withInput(this.parts.defaults, input.settings, this.parts.maxStaleness),
      enabled: true,
      persistent: true,
    });
    await this.save();
    return this.view(entry);
  }

  /** Adds a stream that is already defined: from the store, the config file or the command line. */
  async open(definition: StreamDefinition): Promise<Entry> {
    const { id } = definition;
    if (this.entries.has(id) || this.reserved.has(id)) {
      throw new MaskcastError('CONFLICT', `a stream with the id "${id}" exists; choose another id`);
    }
    this.reserved.add(id);
    try {
      const segmenter = await this.parts.segmenter(definition.model);
      const entry = { definition, stream: this.parts.createStream(definition, segmenter) };
      this.entries.set(id, entry);
      if (definition.enabled) entry.stream.start();
      else await entry.stream.stop();
      return entry;
    } finally {
      this.reserved.delete(id);
    }
  }

  async change(id: string, change: StreamChange): Promise<StreamView> {
    const entry = this.entry(id);
    const before = entry.definition;
    const source = change.source ?? before.source;
    this.parts.displaySource(source);
    const segmenter = await this.parts.segmenter(change.model ?? before.model);
    const definition: StreamDefinition = {
      ...before,
      name: change.name ?? before.name,
      source: keepPassword(source, before.source),
      model: change.model ?? before.model,
      settings: withInput(before.settings, change.settings ?? {}, this.parts.maxStaleness),
      enabled: change.enabled ?? before.enabled,
    };
    entry.definition = definition;
    await entry.stream.change({ name: definition.name, segmenter, settings: definition.settings });
    if (change.source) await entry.stream.restart();
    if (definition.enabled && !before.enabled) entry.stream.start();
    if (!definition.enabled && before.enabled) await entry.stream.stop();
    await this.save();
    return this.view(entry);
  }

  async remove(id: string): Promise<void> {
    const entry = this.entry(id);
    this.entries.delete(id);
    await entry.stream.close();
    await this.save();
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

  private view({ definition, stream }: Entry): StreamView {
    return {
      id: definition.id,
      name: definition.name,
      source: this.parts.displaySource(definition.source),
      model: stream.model.name,
      settings: { ...stream.settings, policy: formatPolicy(stream.settings.policy) },
      status: stream.status,
      viewers: stream.viewers,
      persistent: definition.persistent,
    };
  }

  private freeId(name: string): string {
    const base = slug(name);
    let id = base;
    for (let n = 2; this.entries.has(id) || this.reserved.has(id); n++) id = `${base}-${n}`;
    return id;
  }

  private save(): Promise<void> {
    const kept = [...this.entries.values()].filter(({ definition }) => definition.persistent);
    return this.parts.save(kept.map(({ definition }) => toStored(definition)));
  }
}

function withInput(settings: StreamSettings, input: SettingsInput, maxStaleness: Milliseconds): StreamSettings {
  return {
    policy: input.policy === undefined ? settings.policy : parsePolicy(input.policy, maxStaleness),
    smoothing: input.smoothing ?? settings.smoothing,
    onDemand: input.onDemand ?? settings.onDemand,
  };
}

/**
 * The page never gets the password, so editing an address would lose it: the old one stays where user and host stay. Another
 * host never gets it.
 */
function keepPassword(source: SourceInput, before: SourceInput): SourceInput {
  const same = source.user === before.user && hostOf(source.url) === hostOf(before.url);
  if (source.password !== undefined || before.password === undefined || !same) return source;
  return { ...source, password: before.password };
}

const hostOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).host : undefined);

function toStored({ id, name, source, model, settings, enabled }: StreamDefinition): StoredStream {
  return {
    id,
    name,
    ...source,
    ...(model === undefined ? {} : { model }),
    policy: formatPolicy(settings.policy),
    smoothing: settings.smoothing,
    onDemand: settings.onDemand,
    enabled,
  };
}

export function fromStored(stored: StoredStream, maxStaleness: Milliseconds): StreamDefinition {
  const { id, name, url, user, password, transport, model, policy, smoothing, onDemand, enabled } = stored;
  return {
    id,
    name,
    source: {
      url,
      transport,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
    },
    model,
    settings: { policy: parsePolicy(policy, maxStaleness), smoothing, onDemand },
    enabled,
    persistent: true,
  };
}
