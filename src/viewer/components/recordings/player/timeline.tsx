import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { ClassInfo } from '../../../../core/model.js';
import type { JobTimeline } from '../../../../delivery/http/jobs-schema.js';
import { cssColor } from '../../../lib/color.js';
import { formatSeconds, formatShare } from '../../../lib/format.js';
import {
  HEIGHT,
  inferredMarks,
  pointAt,
  readPoint,
  timelineShape,
  timeMarks,
  WIDTH,
} from '../../../lib/timeline-shape.js';

const MARKS = 8;
/** Classes that the read-out lists. */
const READ = 6;
const ARROW_SECONDS = 5;
const PAGE_SECONDS = 30;

/**
 * Class shares over the whole recording, stacked, with the playhead: hover reads, click and drag seek, and with the focus the
 * arrow keys do. A timeline without points is a place to seek only.
 */
export function Timeline(props: {
  readonly timeline: JobTimeline;
  readonly classes: readonly ClassInfo[];
  readonly hidden: ReadonlySet<number>;
  /** Seconds. */
  readonly duration: number;
  readonly time: ReadonlySignal<number>;
  readonly slowTime: ReadonlySignal<number>;
  readonly onSeek: (time: number) => void;
  /** By seconds. */
  readonly onStep: (by: number) => void;
  readonly onStepFrame: (by: -1 | 1) => void;
  readonly onToggle: () => void;
}) {
  const { timeline, classes, hidden, duration, slowTime } = props;
  const plot = useRef<HTMLDivElement>(null);
  const hover = useSignal<number | undefined>(undefined);
  const hiddenKey = [...hidden].join();
  const shape = useMemo(() => {
    const shown = classes.filter(({ id }) => !hidden.has(id)).map(({ name }) => name);
    return timelineShape(timeline, shown, duration);
  }, [timeline, classes, hiddenKey, duration]);
  const marks = useMemo(() => inferredMarks(timeline, duration), [timeline, duration]);
  if (!(duration > 0)) return null;

  const timeAt = (event: PointerEvent): number | undefined => {
    const rect = plot.current?.getBoundingClientRect();
    if (!rect || rect.width === 0) return undefined;
    return Math.min(1, Math.max(0, (event.clientX - rect.left) / rect.width)) * duration;
  };
  const move = (event: PointerEvent) => {
    hover.value = timeAt(event);
    const held = plot.current?.hasPointerCapture(event.pointerId);
    if (held && hover.value !== undefined) props.onSeek(hover.value);
  };
  const key = (event: KeyboardEvent) => {
    const act = {
      ArrowLeft: () => (event.shiftKey ? props.onStepFrame(-1) : props.onStep(-ARROW_SECONDS)),
      ArrowDown: () => props.onStep(-ARROW_SECONDS),
      ArrowRight: () => (event.shiftKey ? props.onStepFrame(1) : props.onStep(ARROW_SECONDS)),
      ArrowUp: () => props.onStep(ARROW_SECONDS),
      PageDown: () => props.onStep(-PAGE_SECONDS),
      PageUp: () => props.onStep(PAGE_SECONDS),
      Home: () => props.onSeek(0),
      End: () => props.onSeek(duration),
      ' ': () => props.onToggle(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const now = Math.min(duration, slowTime.value);
  const empty = timeline.frame.length === 0;
  return (
    <div class="timeline" data-empty={empty}>
      <div class="timeline-scale" aria-hidden="true">
        {!empty && <span>{formatShare(shape.top).replace('.0', '')}</span>}
        {!empty && <span>0%</span>}
      </div>
      <div
        class="timeline-plot"
        ref={plot}
        role="slider"
        tabIndex={0}
        aria-label={empty ? 'Position in the recording' : 'Position in the recording, with the shares of the classes'}
        aria-valuemin={0}
        aria-valuemax={Math.round(duration * 10) / 10}
        aria-valuenow={Math.round(now * 10) / 10}
        aria-valuetext={spoken(timeline, now, duration)}
        onPointerMove={move}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          move(event);
        }}
        onPointerLeave={() => {
          hover.value = undefined;
        }}
        onKeyDown={key}
      >
        {empty && <p class="timeline-note">Class shares are part of the table, which this job did not make</p>}
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {shape.bands.map(({ name, path }) => (
            <path key={name} d={path} fill={colorOf(classes, name)} />
          ))}
        </svg>
        {marks !== '' && (
          <svg class="inferred" viewBox={`0 0 ${WIDTH} 1`} preserveAspectRatio="none" aria-hidden="true">
            <title>Where the network looked</title>
            <path d={marks} />
          </svg>
        )}
        <Playhead time={props.time} duration={duration} />
        {hover.value !== undefined && <ReadOut {...props} at={hover.value} />}
      </div>
      <div class="timeline-axis" aria-hidden="true">
        {timeMarks(duration, MARKS).map((mark) => (
          <span key={mark} style={{ left: `${(mark / duration) * 100}%` }}>
            {formatSeconds(mark, mark % 1 === 0 ? 0 : 1)}
          </span>
        ))}
      </div>
    </div>
  );
}

function Playhead({ time, duration }: { readonly time: ReadonlySignal<number>; readonly duration: number }) {
  return <span class="playhead" style={{ left: `${Math.min(1, time.value / duration) * 100}%` }} />;
}

function ReadOut(props: {
  readonly timeline: JobTimeline;
  readonly classes: readonly ClassInfo[];
  readonly hidden: ReadonlySet<number>;
  readonly duration: number;
  readonly at: number;
}) {
  const { timeline, classes, hidden, duration, at } = props;
  const point = pointAt(timeline, at);
  const rows = point === undefined ? [] : readPoint(timeline, point);
  const left = (at / duration) * 100;
  return (
    <>
      <span class="hover-line" style={{ left: `${left}%` }} />
      <div class="read-out" data-flip={left > 60} style={{ left: `${left}%` }}>
        <strong>
          {formatSeconds(at, 1)}
          {point !== undefined && <small> frame {timeline.frame[point]}</small>}
        </strong>
        {rows.slice(0, READ).map(({ name, share }) => (
          <span key={name} class="read-row" style={{ '--class-color': colorOf(classes, name) }}>
            <span class="swatch" data-hidden={classes.some((info) => info.name === name && hidden.has(info.id))} />
            <span>{name}</span>
            <span class="read-share">{formatShare(share)}</span>
          </span>
        ))}
        {rows.length > READ && <small>and {rows.length - READ} more</small>}
      </div>
    </>
  );
}

const colorOf = (classes: readonly ClassInfo[], name: string): string => {
  const found = classes.find((info) => info.name === name);
  return found ? cssColor(found.color) : 'currentColor';
};

function spoken(timeline: JobTimeline, time: number, duration: number): string {
  const point = pointAt(timeline, time);
  const largest = point === undefined ? [] : readPoint(timeline, point).slice(0, 3);
  const shares = largest.map(({ name, share }) => `${name} ${formatShare(share)}`).join(', ');
  return `${formatSeconds(time, 1)} of ${formatSeconds(duration, 1)}${shares && `: ${shares}`}`;
}
