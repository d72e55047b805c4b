import { formatRate, formatSpan } from '../../lib/format.js';
import type { LiveStream } from '../../state/live-stream.js';

/** The four figures that tell at a glance how well a stream runs. */
export function Readouts({ stream }: { readonly stream: LiveStream }) {
  const painted = stream.painted.value;
  const statistics = stream.statistics.value?.statistics;
  const live = stream.view.value.tone === 'live' || stream.view.value.key === 'behind';
  return (
    <dl class="readouts">
      <Readout term="Shown" value={live ? formatRate(painted?.fps) : '–'} unit="fps" />
      <Readout term="Network" value={live ? formatRate(statistics?.inferredFps) : '–'} unit="fps" />
      <Readout
        term="Latency"
        value={live ? (formatSpan(painted?.p50).split('\u00a0')[0] ?? '–') : '–'}
        unit={live ? unitOf(painted?.p50) : 'ms'}
      />
      <Readout
        term="Mask age"
        value={live && painted && painted.origin !== 'unknown' ? String(painted.age) : '–'}
        unit={painted?.age === 1 ? 'frame' : 'frames'}
      />
    </dl>
  );
}

const unitOf = (ms: number | undefined): string => formatSpan(ms).split('\u00a0')[1] ?? 'ms';

function Readout({ term, value, unit }: { readonly term: string; readonly value: string; readonly unit: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        {value}
        <small> {unit}</small>
      </dd>
    </div>
  );
}
