import { useEffect } from 'preact/hooks';
import { CameraDialog } from './components/camera-dialog.js';
import { GridPage } from './components/grid-page.js';
import { Header } from './components/header.js';
import { HelpDialog } from './components/help-dialog.js';
import { Alert, Check, Close, Mark } from './components/icons.js';
import { RemoveDialog } from './components/remove-dialog.js';
import { SignIn } from './components/sign-in.js';
import { StreamPage } from './components/stream-page.js';
import { sentence } from './lib/words.js';
import { dialog } from './state/dialogs.js';
import { dropAll } from './state/live-streams.js';
import { announcement, dismiss, notices } from './state/notices.js';
import { route } from './state/router.js';
import { loadSession, needsToken, session, sessionTrouble } from './state/session.js';
import { loadModels, watchStreams } from './state/streams.js';

export function App() {
  return (
    <>
      <Gate />
      <Notices />
      <p class="visually-hidden" role="status">
        {announcement}
      </p>
    </>
  );
}

/** First who this is, then what there is to see. */
function Gate() {
  if (session.value === undefined) return <Opening />;
  if (needsToken.value) return <SignIn />;
  return <Inside />;
}

function Opening() {
  useEffect(() => {
    const timer = setInterval(() => void loadSession(), 2_000);
    return () => clearInterval(timer);
  }, []);
  const trouble = sessionTrouble.value;
  return (
    <main class="opening">
      <Mark size={44} />
      <p role="status">{trouble ? `${sentence(trouble)} Trying again by itself.` : 'Opening'}</p>
    </main>
  );
}

function Inside() {
  useEffect(() => {
    void loadModels();
    const stop = watchStreams();
    return () => {
      stop();
      dropAll();
    };
  }, []);
  const { value: at } = route;
  const open = dialog.value;
  return (
    <>
      <Header />
      {at.page === 'grid' ? <GridPage /> : <StreamPage key={at.id} id={at.id} />}
      {open?.kind === 'add' && <CameraDialog stream={undefined} />}
      {open?.kind === 'edit' && <CameraDialog stream={open.stream} />}
      {open?.kind === 'remove' && <RemoveDialog stream={open.stream} />}
      {open?.kind === 'help' && <HelpDialog />}
    </>
  );
}

function Notices() {
  return (
    <div class="notices" role="log" aria-live="polite">
      {notices.value.map(({ id, tone, text }) => (
        <div key={id} class="notice" data-tone={tone}>
          {tone === 'good' ? <Check size={18} /> : <Alert size={18} />}
          <span>{text}</span>
          <button type="button" class="tool small" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Close size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
