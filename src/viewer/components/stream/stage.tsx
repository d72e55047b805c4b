import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatInstant } from '../../lib/format.js';
import { maskIndex, picturePoint } from '../../lib/layout.js';
import { now } from '../../state/clock.js';
import type { LiveStream } from '../../state/live-stream.js';
import { announce } from '../../state/notices.js';
import { compare, hiddenClasses, motionShown, reference, wipe } from '../../state/preferences.js';
import { ProbeLabel, type ProbeReading } from '../cameras/probe-label.js';
import { lookOf, useScreen } from '../hooks.js';
import { MotionOverlay } from './motion-overlay.js';
import { Spectrum } from './spectrum.js';
import { Veil } from './veil.js';
import { WipeHandle } from './wipe-handle.js';

/** A step of the crosshair by arrow key, as a part of the drawing. */
const STEP = 0.02;

/** The large picture: frames, probe, wipe, veil. */
export function Stage({ stream }: { readonly stream: LiveStream }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const screen = useScreen(stream, true, canvas, box, (shown) => lookOf(shown, compare.value, wipe.value));
  /** The pointer or crosshair as parts of the drawing, 0–1. */
  const point = useSignal<{ readonly x: number; readonly y: number; readonly byKey: boolean } | undefined>(undefined);

  const placement = screen?.placement.value;
  const model = stream.hello.value?.model;
  const classes = model?.classes ?? [];
  const painted = stream.painted.value; // a new frame may have another class under a pointer at rest
  const view = stream.view.value;
  const reading = placement && point.value && !view.stale ? readAt(stream, placement.stacked, point.value) : undefined;

  const track = (event: PointerEvent) => {
    const rect = canvas.current?.getBoundingClientRect();
    if (!rect || rect.width === 0) return;
    const at = {
      x: (event.clientX - rect.left) / rect.width,
      y: (event.clientY - rect.top) / rect.height,
      byKey: false,
    };
    point.value = at.x >= 0 && at.x < 1 && at.y >= 0 && at.y < 1 ? at : undefined;
  };
  const leave = (event: PointerEvent) => {
    // A finger that is lifted has not left: what it tapped stays readable until the next tap.
    if (event.pointerType === 'mouse') point.value = undefined;
  };
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by || event.target !== event.currentTarget) return;
    event.preventDefault();
    const from = point.value ?? { x: 0.5, y: 0.5 };
    const clamp = (value: number) => Math.min(0.999, Math.max(0, value));
    point.value = { x: clamp(from.x + (by[0] ?? 0) * STEP), y: clamp(from.y + (by[1] ?? 0) * STEP), byKey: true };
    const read = readAt(stream, placement?.stacked ?? false, point.value);
    if (read)
      announce(`${read.name}${read.confidence === undefined ? '' : `, ${Math.round(read.confidence * 100)} percent`}`);
  };
  useEffect(() => {
    point.value = undefined;
  }, [stream, compare.value]);

  return (
    <div class="stage-frame">
      <div
        class="stage"
        data-stale={view.stale}
        data-frozen={view.key === 'paused'}
        data-mode={compare.value}
        style={{ '--aspect': painted ? painted.picture.width / painted.picture.height : 16 / 9 }}
      >
        <div
          class="stage-box"
          ref={box}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move a crosshair over the picture
          tabIndex={0}
          role="application"
          aria-label="Picture. Arrow keys move a crosshair that reads class and confidence."
          data-arrows
          onPointerMove={track}
          onPointerDown={track}
          onPointerLeave={leave}
          onKeyDown={step}
          onBlur={() => {
            if (point.value?.byKey) point.value = undefined;
          }}
          onDblClick={() => void document.querySelector('.stage')?.requestFullscreen?.()}
        >
          <canvas ref={canvas} />
          {placement && motionShown.value && <MotionOverlay stream={stream} placement={placement} />}
          {placement && compare.value === 'wipe' && painted && <WipeHandle rect={placement.rect} />}
          {placement && point.value && reading && (
            <ProbeLabel rect={placement.rect} at={point.value} crosshair={point.value.byKey} reading={reading} />
          )}
        </div>
        {placement && compare.value !== 'overlay' && painted && !view.stale && (
          <PaneNames rect={placement.rect} stacked={placement.stacked} />
        )}
        <Veil stream={stream} />
        {view.key === 'paused' && painted && (
          <p class="stamp">Paused at {formatInstant(painted.capturedAt, now.value)}</p>
        )}
        {view.key === 'behind' && <p class="stamp warn">{view.detail}</p>}
      </div>
      <Spectrum
        classes={classes}
        shares={view.stale ? undefined : painted?.shares}
        hidden={hiddenClasses(model?.name ?? '', classes)}
      />
    </div>
  );
}

function PaneNames(props: {
  readonly rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly stacked: boolean;
}) {
  const { rect, stacked } = props;
  const second = stacked
    ? { left: `${rect.x}px`, top: `${rect.y + rect.height / 2}px` }
    : compare.value === 'wipe'
      ? { right: `calc(100% - ${rect.x + rect.width}px)`, top: `${rect.y}px` }
      : { left: `${rect.x + rect.width / 2}px`, top: `${rect.y}px` };
  return (
    <>
      <span class="pane-name" style={{ left: `${rect.x}px`, top: `${rect.y}px` }}>
        {reference.value === 'held' ? 'Mask held' : 'Raw'}
      </span>
      <span class="pane-name" style={second}>
        Mask
      </span>
    </>
  );
}

function readAt(
  stream: LiveStream,
  stacked: boolean,
  at: { readonly x: number; readonly y: number },
): ProbeReading | undefined {
  const frame = stream.current;
  const model = stream.hello.value?.model;
  if (!frame || !model) return undefined;
  const position = picturePoint(at, compare.value, stacked);
  if (!position) return undefined;
  const index = maskIndex(position, frame.message.maskSize);
  const label = frame.planes.labels[index];
  const found = model.classes.find(({ id }) => id === label);
  if (!found) return undefined;
  const sure = frame.planes.confidence?.[index];
  return {
    name: found.name,
    color: found.color,
    hidden: hiddenClasses(model.name, model.classes).has(found.id),
    confidence: sure === undefined ? undefined : sure / 255,
  };
}
