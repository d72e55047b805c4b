import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamView } from '../../../delivery/http/api-schema.js';
import { dialog } from '../../state/dialogs.js';
import { notify } from '../../state/notices.js';
import { changeStream } from '../../state/streams.js';
import { Dots, Pencil, Play, Stop, Trash } from '../icons.js';

/** What can be done to a stream: edit, stop or start, remove. */
export function StreamMenu({ stream }: { readonly stream: StreamView }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);

  const stopped = stream.status.state === 'stopped';
  const toggle = () => {
    setOpen(false);
    changeStream(stream.id, { enabled: stopped }).then(
      () => notify('good', stopped ? `${stream.name} starts.` : `${stream.name} is stopped.`),
      (error: Error) => notify('bad', error.message),
    );
  };
  const pick = (kind: 'edit' | 'remove') => {
    setOpen(false);
    dialog.value = { kind, stream };
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      setOpen(false);
      button.current?.focus();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const items = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
      const at = items.indexOf(document.activeElement as HTMLElement);
      items[(at + (event.key === 'ArrowDown' ? 1 : -1) + items.length) % items.length]?.focus();
    } else return;
    event.preventDefault();
  };
  return (
    <div class="menu" ref={root}>
      <button
        ref={button}
        type="button"
        class="tool"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={`Actions for ${stream.name}`}
        title="Actions"
        onClick={() => setOpen(!open)}
      >
        <Dots />
      </button>
      {open && (
        <div class="menu-list" role="menu" tabIndex={-1} onKeyDown={onKey}>
          <button type="button" role="menuitem" onClick={() => pick('edit')}>
            <Pencil size={18} />
            Edit
          </button>
          <button type="button" role="menuitem" onClick={toggle}>
            {stopped ? <Play size={18} /> : <Stop size={18} />}
            {stopped ? 'Start' : 'Stop'}
          </button>
          <button type="button" role="menuitem" class="danger" onClick={() => pick('remove')}>
            <Trash size={18} />
            Remove
          </button>
        </div>
      )}
    </div>
  );
}
