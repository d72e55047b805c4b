import type { StoredEntry, StoredStream } from '../config/stream-store.js';
import { asMaskcastError, MaskcastError } from '../core/errors.js';
import { formatPolicy, parsePolicy } from '../core/policy.js';
import type { StreamSettings } from '../core/stream.js';
import type { Milliseconds } from '../core/time.js';
import type { SourceInput } from '../delivery/http/api-schema.js';

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
  /** Why it can't run as it is stored: it is listed as failed, and the entry stays as it stands until somebody changes the stream. */
  readonly unusable?: { readonly reason: MaskcastError; readonly entry: unknown } | undefined;
}

/** The entry of the store that stands for a stream. */
export function toStored(definition: StreamDefinition): unknown {
  const { id, name, source, model, settings, enabled, unusable } = definition;
  if (unusable) return unusable.entry;
  const stored: StoredStream = {
    id,
    name,
    ...source,
    ...(model === undefined ? {} : { model }),
    policy: formatPolicy(settings.policy),
    smoothing: settings.smoothing,
    onDemand: settings.onDemand,
    ...(Object.keys(settings.classes).length > 0 ? { classes: settings.classes } : {}),
    enabled,
  };
  return stored;
}

type SourceTimes = Pick<SourceInput, 'connectTimeout' | 'stallTimeout' | 'refresh'>;

/** The times of a source that were set for it alone. */
export function sourceTimes({
  connectTimeout,
  stallTimeout,
  refresh,
}: { readonly [Key in keyof SourceTimes]?: number | undefined }): SourceTimes {
  return {
    ...(connectTimeout === undefined ? {} : { connectTimeout }),
    ...(stallTimeout === undefined ? {} : { stallTimeout }),
    ...(refresh === undefined ? {} : { refresh }),
  };
}

export interface FromStoredOptions {
  /** For what an entry lacks. */
  readonly defaults: StreamSettings;
  readonly maxStaleness: Milliseconds;
  /** @throws MaskcastError SOURCE_INVALID, FORBIDDEN */
  readonly checkSource: (source: SourceInput) => void;
  /** Name of the file, for whoever wonders where a bad value comes from. */
  readonly file: string;
}

/** Never fails: what is wrong with an entry is part of the definition. @returns undefined where the entry has no id to go by */
export function fromStored(stored: StoredEntry, options: FromStoredOptions): StreamDefinition | undefined {
  const { defaults, maxStaleness, checkSource, file } = options;
  const entry: Legible = 'stream' in stored ? stored.stream : stored.legible;
  const { id, name, url, user, password, transport, model, policy, smoothing, onDemand, classes, enabled } = entry;
  if (id === undefined) return undefined;
  const source: SourceInput = {
    url: url ?? '',
    transport: transport ?? 'tcp',
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...sourceTimes(entry),
  };
  const parsed = attempt(() => (policy === undefined ? defaults.policy : parsePolicy(policy, maxStaleness)));
  const address = attempt(() => checkSource(source));
  const wrong = parsed.error ?? address.error;
  const found = wrong && new MaskcastError(wrong.code, `${wrong.message} (stored in ${file})`, { cause: wrong });
  const reason = 'reason' in stored ? stored.reason : found;
  return {
    id,
    name: name ?? id,
    source,
    model,
    settings: {
      policy: parsed.value ?? defaults.policy,
      smoothing: smoothing ?? defaults.smoothing,
      onDemand: onDemand ?? defaults.onDemand,
      classes: classes ?? defaults.classes,
    },
    enabled: enabled ?? true,
    persistent: true,
    unusable: reason && { reason, entry: 'stream' in stored ? stored.stream : stored.damaged },
  };
}

type Legible = { readonly [Key in keyof StoredStream]?: StoredStream[Key] | undefined };

function attempt<T>(action: () => T): { readonly value?: T; readonly error?: MaskcastError } {
  try {
    return { value: action() };
  } catch (error) {
    return { error: asMaskcastError(error) };
  }
}
