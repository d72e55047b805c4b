import { dialog } from '../state/dialogs.js';
import { announce, notify } from '../state/notices.js';
import { remember, type Theme, theme } from '../state/preferences.js';
import { gridLink, route } from '../state/router.js';
import { canSignOut, mayControl, session, signOut } from '../state/session.js';
import { streams } from '../state/streams.js';
import { Back, Display, Leave, Mark, Moon, Plus, Question, Sun } from './icons.js';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_WORDS: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' };

export function Header() {
  const { value: at } = route;
  const name = at.page === 'stream' ? (streams.value?.find(({ id }) => id === at.id)?.name ?? at.id) : undefined;
  return (
    <header class="bar">
      <a class="brand" href={gridLink} aria-label="Maskcast, all streams">
        <Mark />
        <span>maskcast</span>
      </a>
      {name !== undefined && (
        <nav class="crumbs" aria-label="Where you are">
          <a href={gridLink}>
            <Back size={16} />
            Streams
          </a>
          <span aria-current="page">{name}</span>
        </nav>
      )}
      <div class="bar-end">
        {mayControl.value && (
          <button
            type="button"
            class="button add"
            onClick={() => (dialog.value = { kind: 'add' })}
            title="Add a camera (A)"
          >
            <Plus size={18} />
            <span>Add camera</span>
          </button>
        )}
        {session.value?.role === 'viewer' && (
          <span class="tag" title="Your token may watch, but not change anything">
            View only
          </span>
        )}
        <ThemeButton />
        <button
          type="button"
          class="tool"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => (dialog.value = { kind: 'help' })}
        >
          <Question />
        </button>
        {canSignOut.value && (
          <button type="button" class="tool" aria-label="Sign out" title="Sign out" onClick={leave}>
            <Leave />
          </button>
        )}
      </div>
    </header>
  );
}

function ThemeButton() {
  const { value } = theme;
  const words = `Theme: ${THEME_WORDS[value]}`;
  const change = () => {
    remember({ theme: NEXT[value] });
    announce(`Theme: ${THEME_WORDS[NEXT[value]]}`);
  };
  return (
    <button type="button" class="tool" aria-label={words} title={words} onClick={change}>
      {value === 'light' ? <Sun /> : value === 'dark' ? <Moon /> : <Display />}
    </button>
  );
}

function leave(): void {
  signOut().catch((error: Error) => notify('bad', error.message));
}
