import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { SettingsInput } from '../../../delivery/http/api-schema.js';
import type { LiveStream } from '../../state/live-stream.js';
import { notify } from '../../state/notices.js';
import { changeStream, loadModels, models } from '../../state/streams.js';
import { ApiError } from '../../transport/api.js';
import { Segmented, Switch } from './controls.js';

type Kind = 'adaptive' | 'interval' | 'every';

/** What runs on the server for this stream: which frames the network sees, smoothing, resting. */
export function EnginePanel({ stream }: { readonly stream: LiveStream }) {
  const hello = stream.hello.value;
  const busy = useSignal(false);
  if (!hello) return null;
  const { settings, mayControl } = hello;
  const kind = (settings.policy.startsWith('interval') ? 'interval' : settings.policy) as Kind;
  const every = kind === 'interval' ? Number(settings.policy.split('=')[1]) : 5;
  const locked = !mayControl || busy.value;

  const change = async (values: SettingsInput) => {
    busy.value = true;
    try {
      await changeStream(stream.id, { settings: values });
    } catch (error) {
      notify('bad', error instanceof ApiError ? error.message : String(error));
    } finally {
      busy.value = false;
    }
  };
  const setPolicy = (policy: string) => {
    if (policy !== settings.policy) void change({ policy });
  };
  return (
    <section class="panel engine">
      <header class="panel-head">
        <h2>Segmentation</h2>
        <span class="tag" title={`Licence: ${hello.model.licence}`}>
          {hello.model.name}
        </span>
      </header>
      <RunBy model={hello.model.name} />
      {!mayControl && <p class="hint">Your token may watch, but not change these settings.</p>}
      <div class="field">
        <span class="field-name" id="policy-name">
          The network sees
        </span>
        <Segmented<Kind>
          label="The network sees"
          value={kind}
          disabled={locked}
          options={[
            {
              value: 'adaptive',
              label: 'Adaptive',
              title: 'Frames that have changed, never less often than the bound',
            },
            { value: 'interval', label: 'Interval', title: 'One frame in N' },
            { value: 'every', label: 'Every', title: 'Every frame that arrives' },
          ]}
          onChoose={(chosen) => setPolicy(chosen === 'interval' ? `interval=${every}` : chosen)}
        />
        {kind === 'interval' && (
          <label class="inline">
            One frame in
            <input
              type="number"
              min="1"
              max="9999"
              value={every}
              disabled={locked}
              onChange={(event) => {
                const frames = Math.round(event.currentTarget.valueAsNumber);
                if (frames >= 1 && frames <= 9999) setPolicy(`interval=${frames}`);
                else event.currentTarget.value = String(every);
              }}
            />
          </label>
        )}
      </div>
      <Switch
        label="Temporal smoothing"
        hint="Steadies class edges from frame to frame"
        checked={settings.smoothing}
        disabled={locked}
        onChange={(smoothing) => void change({ smoothing })}
      />
      <Switch
        label="On demand"
        hint="Rests while nobody watches or records"
        checked={settings.onDemand}
        disabled={locked}
        onChange={(onDemand) => void change({ onDemand })}
      />
    </section>
  );
}

const ENGINE_NAMES = { onnxruntime: 'ONNX Runtime', openvino: 'OpenVINO' } as const;

/** Which program runs the network; what the list says of a network that was loaded after it was fetched is fetched anew. */
function RunBy({ model }: { readonly model: string }) {
  useEffect(() => void loadModels(), [model]);
  const engine = models.value.find(({ name }) => name === model)?.engine;
  if (!engine) return null;
  const { name, version, device, precision } = engine;
  return (
    <p class="hint">
      Run by {ENGINE_NAMES[name]} {version} ({[device, precision].filter((part) => part !== '').join(', ')})
    </p>
  );
}
