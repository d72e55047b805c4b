import type { ClassInfo } from '../../../core/model.js';
import { cssColor } from '../../lib/color.js';
import { formatShare } from '../../lib/format.js';

/** The picture's classes as one line: each as wide as its share, in its colour; hidden ones are hatched. */
export function Spectrum(props: {
  readonly classes: readonly ClassInfo[];
  readonly shares: Float64Array | undefined;
  readonly hidden: ReadonlySet<number>;
}) {
  return (
    <div class="spectrum" aria-hidden="true">
      {props.shares &&
        props.classes.map(({ id, name, color }) => {
          const share = props.shares?.[id] ?? 0;
          if (share < 0.001) return null;
          return (
            <span
              key={id}
              title={`${name} ${formatShare(share)}`}
              data-hidden={props.hidden.has(id)}
              style={{ flexGrow: share, '--class-color': cssColor(color) }}
            />
          );
        })}
    </div>
  );
}
