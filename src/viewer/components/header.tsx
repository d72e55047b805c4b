import { dialog } from '../state/dialogs.js';
import { jobOf, runningJobs } from '../state/jobs.js';
import { announce, notify } from '../state/notices.js';
import { remember, type Theme, theme } from '../state/preferences.js';
import { gridLink, isRecorded, type Route, recordingsLink, route } from '../state/router.js';
import { canSignOut, mayControl, session, signOut } from '../state/session.js';
import { streams } from '../state/streams.js';
import { Display, Leave, Mark, Moon, Plus, Question, Sun } from './icons.js';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_WORDS: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' };

export function Header() {
  const { value: at } = route;
  const recorded = isRecorded(at);
  const name = nameOf(at);
  const running = runningJobs.value;
  return (
    <header class="bar">
      <a class="brand" href={gridLink} aria-label="Maskcast, all streams">
        <Mark />
        <span>maskcast</span>
      </a>
      <nav class="places" aria-label="Where you are">
        <a href={gridLink} aria-current={current(at.page === 'grid', !recorded)}>
          Streams
        </a>
        <a href={recordingsLink} aria-current={current(at.page === 'recordings', recorded)}>
          Recordings
          {running > 0 && (
            <span class="count" title={`${running} running`}>
              {running}
              <span class="visually-hidden"> running</span>
            </span>
          )}
        </a>
        {name !== undefined && (
          <span class="place-name" aria-current="page">
            {name}
          </span>
        )}
      </nav>
      <div class="bar-end">
        {mayControl.value && (
          <button
            type="button"
            class="button add"
            onClick={() => (dialog.value = recorded ? { kind: 'new-job', files: [] } : { kind: 'add' })}
            title={recorded ? 'Process a recording (A)' : 'Add a camera (A)'}
          >
            <Plus size={18} />
            <span>{recorded ? 'New job' : 'Add camera'}</span>
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

/** The page itself, or a page below it. */
const current = (here: boolean, below: boolean) => (here ? 'page' : below ? 'true' : undefined);

function nameOf(at: Route): string | undefined {
  if (at.page === 'stream') return streams.value?.find(({ id }) => id === at.id)?.name ?? at.id;
  return at.page === 'recording' ? (jobOf(at.id)?.name ?? at.id) : undefined;
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
