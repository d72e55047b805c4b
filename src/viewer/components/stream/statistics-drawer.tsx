import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount, formatElapsed, formatInstant, formatRate, formatSize, formatSpan } from '../../lib/format.js';
import { DROP_WORDS, policyWords, STAGE_WORDS } from '../../lib/words.js';
import { rendererKind } from '../../render/studio.js';
import { now } from '../../state/clock.js';
import { statisticsOpen } from '../../state/dialogs.js';
import type { LiveStream } from '../../state/live-stream.js';
import { notify } from '../../state/notices.js';
import { Close } from '../icons.js';

/** How the stream runs, measured here and on the server. */
export function StatisticsDrawer({ stream }: { readonly stream: LiveStream }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const message = stream.statistics.value;
  const statistics = message?.statistics;
  const painted = stream.painted.value;
  const status = stream.status.value;
  const copy = () => {
    const facts = { stream: stream.id, status, painted: { ...painted, shares: undefined }, ...message };
    navigator.clipboard?.writeText(JSON.stringify(facts, null, 2)).then(
      () => notify('good', 'Statistics copied.'),
      () => notify('bad', 'The browser does not allow copying here.'),
    );
  };
  return (
    <aside class="drawer" aria-labelledby="statistics-title">
      <header class="panel-head">
        <h2 id="statistics-title" tabIndex={-1} ref={head}>
          Statistics
        </h2>
        {isSecureContext && (
          <button type="button" class="link" onClick={copy}>
            Copy as JSON
          </button>
        )}
        <button
          type="button"
          class="tool"
          aria-label="Close statistics"
          title="Close (D)"
          onClick={() => (statisticsOpen.value = false)}
        >
          <Close />
        </button>
      </header>

      <Block title="Rate" note="frames a second">
        <Row term="Source" value={formatRate(statistics?.sourceFps)} />
        <Row term="Network" value={formatRate(statistics?.inferredFps)} />
        <Row term="Sent" value={formatRate(statistics?.shownFps)} />
        <Row term="Painted here" value={formatRate(painted?.fps)} />
      </Block>

      <Block title="Latency" note="capture to paint">
        <Row term="Half of the frames (p50)" value={formatSpan(painted?.p50)} />
        <Row term="Nearly all (p95)" value={formatSpan(painted?.p95)} />
        <Row
          term="Server clock"
          value={stream.clock.known ? `${stream.clock.value >= 0 ? '+' : ''}${formatSpan(stream.clock.value)}` : '–'}
          title="Ahead of this device's clock; taken out of the latency"
        />
        <Row term="Received" value={painted ? `${(painted.bytesPerSecond / 125_000).toFixed(1)}\u00a0Mbit/s` : '–'} />
      </Block>

      <Block title="Mask">
        <Row term="Origin" value={painted ? painted.origin : '–'} />
        <Row
          term="Age"
          value={painted ? `${painted.age} ${painted.age === 1 ? 'frame' : 'frames'}` : '–'}
          title="Frames since the network last saw the stream"
        />
        <Row term="Policy" value={statistics ? policyWords(statistics.policy) : '–'} />
        <Row term="Smoothing" value={statistics ? (statistics.smoothing ? 'on' : 'off') : '–'} />
      </Block>

      <Block title="Dropped frames" note="since the start">
        {Object.entries(statistics?.drops ?? {}).map(([cause, count]) => (
          <Row
            key={cause}
            term={DROP_WORDS[cause] ?? cause}
            value={formatCount(count)}
            alert={count > 0 && cause !== 'inference-busy'}
          />
        ))}
        <Row term="Slow viewers, this page" value={message ? formatCount(message.viewerDrops) : '–'} />
        <Row term="Could not be shown here" value={formatCount(stream.broken.value)} alert={stream.broken.value > 0} />
      </Block>

      <Stages of={statistics?.stages ?? {}} />

      <Block title="Queues">
        <Row term="Before the pipeline" value={statistics ? formatCount(statistics.queued) : '–'} />
        <Row term="At the network" value={statistics ? formatCount(statistics.inFlight) : '–'} />
        <Row term="Viewers" value={statistics ? formatCount(statistics.viewers) : '–'} />
      </Block>

      <Block title="Sizes">
        <Row term="Source" value={formatSize(statistics?.geometry?.source)} />
        <Row term="Picture" value={formatSize(painted?.picture ?? statistics?.geometry?.picture)} />
        <Row term="Network" value={formatSize(statistics?.geometry?.analysis)} />
        <Row term="Mask" value={formatSize(painted?.mask)} />
      </Block>

      <StreamFacts stream={stream} />
    </aside>
  );
}

function Stages({ of }: { readonly of: Readonly<Record<string, { readonly p50: number; readonly p95: number }>> }) {
  return (
    <section class="stat-block">
      <h3>
        Stages <small>ms a frame</small>
      </h3>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Stage</span>
            </th>
            <th scope="col">p50</th>
            <th scope="col">p95</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(of).map(([stage, { p50, p95 }]) => (
            <tr key={stage}>
              <th scope="row">{STAGE_WORDS[stage] ?? stage}</th>
              <td>{p50.toFixed(1)}</td>
              <td>{p95.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function StreamFacts({ stream }: { readonly stream: LiveStream }) {
  const painted = stream.painted.value;
  const status = stream.status.value;
  const hello = stream.hello.value;
  const view = stream.view.value;
  const at = now.value;
  return (
    <Block title="Stream">
      <Row
        term="State"
        value={status ? `${view.label}, ${formatElapsed(at - (status.since - stream.clock.value))}` : view.label}
      />
      <Row term="Last frame" value={painted ? formatInstant(painted.capturedAt, at) : '–'} />
      <Row term="Lost so far" value={status ? `${formatCount(status.losses)} ×` : '–'} />
      <Row term="Frame" value={painted ? formatCount(painted.number) : '–'} />
      <Row term="Model" value={hello?.model.name ?? '–'} />
      <Row term="Licence" value={hello?.model.licence ?? '–'} />
      <Row term="Drawn with" value={rendererKind() === 'webgl2' ? 'WebGL 2' : 'Canvas 2D'} />
    </Block>
  );
}

function Block(props: { readonly title: string; readonly note?: string; readonly children: ComponentChildren }) {
  return (
    <section class="stat-block">
      <h3>
        {props.title} {props.note && <small>{props.note}</small>}
      </h3>
      <dl>{props.children}</dl>
    </section>
  );
}

function Row(props: {
  readonly term: string;
  readonly value: string;
  readonly title?: string;
  readonly alert?: boolean;
}) {
  return (
    <div title={props.title} data-alert={props.alert ?? false}>
      <dt>{props.term}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}
