import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Close } from '../icons.js';

/** Controls that more than one part of the page uses. */

/** A button that is on or off; its name stays the same in both states. */
export function ToggleButton(props: {
  readonly pressed: boolean;
  readonly onPress: () => void;
  readonly label: string;
  readonly shortcut?: string;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="tool"
      aria-pressed={props.pressed}
      aria-label={props.label}
      title={withKey(props.label, props.shortcut)}
      disabled={props.disabled ?? false}
      onClick={props.onPress}
    >
      {props.children}
    </button>
  );
}

export const withKey = (label: string, shortcut: string | undefined): string =>
  shortcut ? `${label} (${shortcut})` : label;

/** One choice of few, as a row of radio buttons. */
export function Segmented<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly {
    readonly value: T;
    readonly label: string;
    readonly icon?: ComponentChildren;
    readonly title?: string;
  }[];
  readonly onChoose: (value: T) => void;
  readonly disabled?: boolean;
}) {
  const group = useId();
  return (
    <div class="segmented" role="radiogroup" aria-label={props.label}>
      {props.options.map(({ value, label, icon, title }) => (
        <label key={value} title={title ?? label}>
          <input
            type="radio"
            class="visually-hidden"
            name={group}
            checked={value === props.value}
            disabled={props.disabled ?? false}
            onChange={() => props.onChoose(value)}
          />
          {icon}
          <span>{label}</span>
        </label>
      ))}
    </div>
  );
}

/** A modal dialog of the browser's own: focus stays inside, Escape closes, focus returns. */
export function Modal(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    element.showModal();
    element.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={ref}
      class={props.wide ? 'modal wide' : 'modal'}
      aria-labelledby="modal-title"
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) props.onClose();
      }}
    >
      <div class="modal-body">
        <header class="modal-head">
          <h2 id="modal-title">{props.title}</h2>
          <button type="button" class="tool" aria-label="Close" title="Close (Esc)" onClick={props.onClose}>
            <Close />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

export function Switch(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly hint?: string;
  readonly onChange: (checked: boolean) => void;
}) {
  return (
    <label class="switch">
      <span class="switch-text">
        <span>{props.label}</span>
        {props.hint && <small>{props.hint}</small>}
      </span>
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled ?? false}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
    </label>
  );
}
