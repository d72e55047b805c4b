import type { LiveStream } from '../../state/live-stream.js';
import { hiddenClasses, remember, stored } from '../../state/preferences.js';
import { Segmented } from './controls.js';
import { SharesChart } from './shares-chart.js';

/** Shares of the classes over the last minutes. */
export function SharesPanel({ stream }: { readonly stream: LiveStream }) {
  const model = stream.hello.value?.model;
  if (!model) return null;
  const scale = stored.value.chartScale;
  return (
    <section class="panel shares">
      <header class="panel-head">
        <h2>Share of the picture</h2>
        <Segmented
          label="Scale"
          value={scale}
          options={[
            { value: 'linear', label: 'Linear' },
            { value: 'log', label: 'Log', title: 'Logarithmic: shows small objects beside large areas' },
          ]}
          onChoose={(chartScale) => remember({ chartScale })}
        />
      </header>
      <SharesChart
        key={`${model.name} ${scale}`}
        stream={stream}
        classes={model.classes}
        hidden={hiddenClasses(model.name, model.classes)}
        scale={scale}
      />
    </section>
  );
}
