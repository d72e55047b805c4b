import type { Config } from '../config/load.js';
import { parsePolicy } from '../core/policy.js';
import { slug } from '../core/slug.js';
import type { StreamSettings } from '../core/stream.js';
import { modelNameOf } from '../inference/model-names.js';
import { type StreamDefinition, sourceTimes } from '../live/stream-definition.js';
import { nameOfSource } from '../media/address/source.js';

/** Of streams that say nothing else. */
export function defaultSettings(config: Config): StreamSettings {
  const { policy, smoothing, maxStaleness } = config.temporal;
  return { policy: parsePolicy(policy, maxStaleness), smoothing, onDemand: config.onDemand, classes: {} };
}

/** The streams of the configuration file and the command line. */
export function configured(config: Config): readonly StreamDefinition[] {
  const defaults = defaultSettings(config);
  const taken = new Set(config.streams.flatMap(({ id }) => id ?? []));
  return config.streams.map((stream) => {
    const { url, user, password, transport, policy } = stream;
    const name = stream.name ?? nameOfSource(url);
    return {
      id: stream.id ?? unusedId(slug(name), taken),
      name,
      source: {
        url,
        transport,
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password }),
        ...sourceTimes(stream),
      },
      model: stream.model === undefined ? undefined : modelNameOf(stream.model),
      settings: {
        policy: policy === undefined ? defaults.policy : parsePolicy(policy, config.temporal.maxStaleness),
        smoothing: stream.smoothing ?? defaults.smoothing,
        onDemand: stream.onDemand ?? defaults.onDemand,
        classes: stream.classes ?? defaults.classes,
      },
      enabled: true,
      persistent: false,
    };
  });
}

function unusedId(base: string, taken: Set<string>): string {
  let id = base;
  for (let n = 2; taken.has(id); n++) id = `${base}-${n}`;
  taken.add(id);
  return id;
}
