import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type ClassSetting, type ClassSettings, classWords, settingOf } from '../../../core/class-settings.js';
import { type ClassInfo, isBackground } from '../../../core/model.js';
import { cssColor } from '../../lib/color.js';
import type { LiveStream } from '../../state/live-stream.js';
import { notify } from '../../state/notices.js';
import { changeStream, models } from '../../state/streams.js';
import { ApiError } from '../../transport/api.js';
import { Switch } from './controls.js';

/** Which of the network's classes count in this stream, and how sure it must be: on the server, for everybody. */
export function LookedForPanel({ stream }: { readonly stream: LiveStream }) {
  const hello = stream.hello.value;
  const { settings, ask } = useClassSettings(stream);
  if (!hello) return null;
  const { model, mayControl } = hello;
  const words = classWords(settings);
  const labelsOnly = models.value.find(({ name }) => name === model.name)?.labelsOnly === true;
  return (
    <details class="panel looked-for">
      <summary class="panel-head">
        <h2>What is looked for</h2>
        <span class="tag">{words === '' ? 'All' : 'Chosen'}</span>
      </summary>
      <p class="hint">
        The server itself goes by this, for everybody who watches: what is off is not looked for, and its place goes to
        the next likely class. To hide a class from your own view only, use the eyes under <em>Classes</em>.
      </p>
      {!mayControl && <p class="hint">{words === '' ? 'All classes are looked for.' : `Now: ${words}.`}</p>}
      {mayControl && (
        <ul>
          {model.classes.map((info) => (
            <ClassRow
              key={info.id}
              info={info}
              setting={settingOf(settings, info.name)}
              sure={!labelsOnly && !isBackground(info)}
              onChange={(setting) => ask(changed(settings, info.name, setting))}
            />
          ))}
        </ul>
      )}
    </details>
  );
}

/** Percent between two marks; 0 asks for nothing. */
const STEP = 5;
const MOST = 95;

function ClassRow(props: {
  readonly info: ClassInfo;
  readonly setting: ClassSetting | undefined;
  /** Whether it can be asked for how sure the network is. */
  readonly sure: boolean;
  readonly onChange: (setting: ClassSetting | undefined) => void;
}) {
  const { info, setting, sure, onChange } = props;
  const on = setting !== 'off';
  const percent = setting === undefined || setting === 'off' ? 0 : Math.round(setting.threshold * 100);
  const words = percent === 0 ? 'any' : `${percent}%`;
  return (
    <li style={{ '--class-color': cssColor(info.color) }}>
      <Switch label={info.name} checked={on} onChange={(checked) => onChange(checked ? undefined : 'off')} />
      {on && sure && (
        <label class="sureness">
          <span>How sure</span>
          <input
            type="range"
            min="0"
            max={MOST}
            step={STEP}
            value={percent}
            style={{ '--part': `${(percent / MOST) * 100}%` }}
            aria-label={`${info.name}: how sure the network must be`}
            aria-valuetext={percent === 0 ? 'as the network says' : `at least ${percent} percent`}
            onInput={(event) => {
              const threshold = event.currentTarget.valueAsNumber / 100;
              onChange(threshold === 0 ? undefined : { threshold });
            }}
          />
          <span class="sureness-value">{words}</span>
        </label>
      )}
    </li>
  );
}

function changed(settings: ClassSettings, name: string, setting: ClassSetting | undefined): ClassSettings {
  const others = Object.entries(settings).filter(([key]) => key.toLowerCase() !== name.toLowerCase());
  return Object.fromEntries(setting === undefined ? others : [...others, [name, setting]]);
}

/** The stream's, or what was asked for and is not confirmed yet. One request at a time; a slider's last value counts. */
function useClassSettings(stream: LiveStream) {
  const wish = useSignal<ClassSettings | undefined>(undefined);
  const sending = useRef(false);
  const ask = async (classes: ClassSettings) => {
    wish.value = classes;
    if (sending.current) return;
    sending.current = true;
    try {
      for (let sent: ClassSettings | undefined; wish.value !== undefined && wish.value !== sent; ) {
        sent = wish.value;
        await changeStream(stream.id, { settings: { classes: sent } });
      }
    } catch (error) {
      notify('bad', error instanceof ApiError ? error.message : String(error));
    } finally {
      wish.value = undefined;
      sending.current = false;
    }
  };
  const settings = wish.value ?? stream.hello.value?.settings.classes ?? {};
  return { settings, ask: (classes: ClassSettings) => void ask(classes) };
}
