import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Close } from './icons.js';

/** Controls that more than one part of the page uses. */

/** Compared texts may be long; names in `aria-label` stay the same in every state. */
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

/** One choice of few, as a row. Arrow keys move the choice, as in any group of radio buttons. */
export function Segmented<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly icon?: ComponentChildren; readonly title?: string }[];
  readonly onChoose: (value: T) => void;
  readonly disabled?: boolean;
  /** Show icons only; the labels then are for screen readers. */
  readonly compact?: boolean;
}) {
  const choose = (event: KeyboardEvent, index: number) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = props.options[(index + by + props.options.length) % props.options.length];
    if (!next) return;
    props.onChoose(next.value);
    const row = (event.currentTarget as HTMLElement).parentElement;
    row?.querySelector<HTMLElement>(`[data-value="${next.value}"]`)?.focus();
  };
  return (
    <div class="segmented" role="radiogroup" aria-label={props.label}>
      {props.options.map((option, index) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          data-value={option.value}
          aria-checked={option.value === props.value}
          aria-label={option.label}
          title={option.title ?? option.label}
          tabIndex={option.value === props.value ? 0 : -1}
          disabled={props.disabled ?? false}
          onClick={() => props.onChoose(option.value)}
          onKeyDown={(event) => choose(event, index)}
        >
          {option.icon}
          {props.compact ? null : <span>{option.label}</span>}
        </button>
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
        role="switch"
        checked={props.checked}
        disabled={props.disabled ?? false}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
    </label>
  );
}
