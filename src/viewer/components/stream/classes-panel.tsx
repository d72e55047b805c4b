import { settingOf } from '../../../core/class-settings.js';
import type { ClassInfo } from '../../../core/model.js';
import { cssColor } from '../../lib/color.js';
import { formatShare } from '../../lib/format.js';
import type { LiveStream } from '../../state/live-stream.js';
import { hiddenClasses, hideClasses } from '../../state/preferences.js';
import { Eye, EyeOff } from '../icons.js';

/** The classes of a stream, with their live shares. */
export function ClassesPanel({ stream }: { readonly stream: LiveStream }) {
  const hello = stream.hello.value;
  if (!hello) return null;
  const { model, settings } = hello;
  const off = model.classes.filter(({ name }) => settingOf(settings.classes, name) === 'off').map(({ id }) => id);
  const shares = stream.view.value.stale ? undefined : stream.painted.value?.shares;
  return <ClassList model={model} shares={shares} off={new Set(off)} />;
}

/** A model's classes: colour, name, share of the picture; each can be hidden, or shown alone. */
export function ClassList(props: {
  readonly model: { readonly name: string; readonly classes: readonly ClassInfo[] };
  /** By class id, 0–1; absent while there is no picture. */
  readonly shares: Float64Array | undefined;
  /** Classes that the server does not look for. */
  readonly off?: ReadonlySet<number>;
}) {
  const { model, shares, off } = props;
  const hidden = hiddenClasses(model.name, model.classes);
  const toggle = (id: number) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    hideClasses(model.name, next);
  };
  const only = (id: number) =>
    hideClasses(model.name, new Set(model.classes.map((c) => c.id).filter((other) => other !== id)));
  const alone = (id: number) => !hidden.has(id) && hidden.size === model.classes.length - 1;
  return (
    <section class="panel classes">
      <header class="panel-head">
        <h2>Classes</h2>
        <button
          type="button"
          class="link"
          disabled={hidden.size === 0}
          onClick={() => hideClasses(model.name, new Set())}
        >
          Show all
        </button>
      </header>
      <ul>
        {model.classes.map(({ id, name, color }) => {
          const share = shares?.[id];
          return (
            <li
              key={id}
              data-hidden={hidden.has(id)}
              style={{ '--class-color': cssColor(color), '--share': share ?? 0 }}
            >
              <button type="button" class="class-row" aria-pressed={!hidden.has(id)} onClick={() => toggle(id)}>
                <span class="swatch" data-hidden={hidden.has(id)} />
                <span class="class-name">
                  <span class="visually-hidden">Show </span>
                  {name}
                </span>
                {off?.has(id) ? (
                  <span class="class-share" title="The server does not look for it: see What is looked for">
                    off
                  </span>
                ) : (
                  <span class="class-share">{formatShare(share)}</span>
                )}
                {hidden.has(id) ? <EyeOff size={16} /> : <Eye size={16} />}
                <span class="class-bar" aria-hidden="true" />
              </button>
              <button
                type="button"
                class="link only"
                aria-label={alone(id) ? `Show all classes again` : `Show only ${name}`}
                onClick={() => (alone(id) ? hideClasses(model.name, new Set()) : only(id))}
              >
                {alone(id) ? 'All' : 'Only'}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
