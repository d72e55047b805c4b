import { cssColor, type Rgb } from '../../lib/color.js';
import type { Rect } from '../../lib/layout.js';

export interface ProbeReading {
  readonly name: string;
  readonly color: Rgb;
  /** The class is not drawn now. */
  readonly hidden: boolean;
  /** 0–1; absent where the server sends none. */
  readonly confidence: number | undefined;
}

/** Class and confidence under the pointer, beside it, never outside the picture. */
export function ProbeLabel(props: {
  readonly rect: Rect;
  readonly at: { readonly x: number; readonly y: number };
  readonly crosshair: boolean;
  readonly reading: ProbeReading;
}) {
  const { rect, at, reading } = props;
  const left = rect.x + at.x * rect.width;
  const top = rect.y + at.y * rect.height;
  return (
    <>
      {props.crosshair && <span class="crosshair" style={{ left: `${left}px`, top: `${top}px` }} />}
      <span
        class="probe"
        data-flip-x={at.x > 0.7}
        data-flip-y={at.y > 0.8}
        style={{ left: `${left}px`, top: `${top}px`, '--class-color': cssColor(reading.color) }}
      >
        <span class="swatch" data-hidden={reading.hidden} />
        <span class="probe-name">{reading.name}</span>
        {reading.confidence !== undefined && <span class="probe-sure">{Math.round(reading.confidence * 100)}%</span>}
      </span>
    </>
  );
}
