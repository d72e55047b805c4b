import { type ClassSetting, type ClassSettings, settingOf } from '../../core/class-settings.js';
import { type ClassInfo, isBackground } from '../../core/model.js';
import { cssColor } from '../lib/color.js';
import { Switch } from './stream/controls.js';

/** What is wanted of a network's classes: each on or off, and how sure the network must be of it. */
export function ClassSettingsList(props: {
  readonly classes: readonly ClassInfo[];
  /** The network says nothing of how sure it is. */
  readonly labelsOnly: boolean;
  readonly settings: ClassSettings;
  readonly onChange: (settings: ClassSettings) => void;
}) {
  const { classes, labelsOnly, settings, onChange } = props;
  return (
    <ul>
      {classes.map((info) => (
        <ClassRow
          key={info.id}
          info={info}
          setting={settingOf(settings, info.name)}
          sure={!labelsOnly && !isBackground(info)}
          onChange={(setting) => onChange(changed(settings, info.name, setting))}
        />
      ))}
    </ul>
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
