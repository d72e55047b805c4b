import { useEffect } from 'preact/hooks';
import { CameraDialog } from './components/cameras/camera-dialog.js';
import { GridPage } from './components/cameras/grid-page.js';
import { RemoveDialog } from './components/cameras/remove-dialog.js';
import { Header } from './components/header.js';
import { HelpDialog } from './components/help-dialog.js';
import { Alert, Check, Close, Mark } from './components/icons.js';
import { DatasetDialog } from './components/recordings/dataset-dialog.js';
import { NewJobDialog } from './components/recordings/new-job-dialog.js';
import { RecordingPage } from './components/recordings/recording-page.js';
import { RecordingsPage } from './components/recordings/recordings-page.js';
import { RemoveJobDialog } from './components/recordings/remove-job-dialog.js';
import { SignIn } from './components/sign-in.js';
import { StreamPage } from './components/stream/stream-page.js';
import { sentence } from './lib/words.js';
import { dialog } from './state/dialogs.js';
import { watchJobs } from './state/jobs.js';
import { dropAll } from './state/live-streams.js';
import { announcement, dismiss, notices } from './state/notices.js';
import { type Route, route } from './state/router.js';
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
    const stops = [watchStreams(), watchJobs()];
    return () => {
      for (const stop of stops) stop();
      dropAll();
    };
  }, []);
  const open = dialog.value;
  return (
    <>
      <Header />
      <Page at={route.value} />
      {open?.kind === 'add' && <CameraDialog stream={undefined} />}
      {open?.kind === 'edit' && <CameraDialog stream={open.stream} />}
      {open?.kind === 'remove' && <RemoveDialog stream={open.stream} />}
      {open?.kind === 'new-job' && <NewJobDialog dropped={open.files} />}
      {open?.kind === 'remove-job' && <RemoveJobDialog job={open.job} />}
      {open?.kind === 'dataset' && <DatasetDialog />}
      {open?.kind === 'help' && <HelpDialog />}
    </>
  );
}

function Page({ at }: { readonly at: Route }) {
  switch (at.page) {
    case 'grid':
      return <GridPage />;
    case 'stream':
      return <StreamPage key={at.id} id={at.id} />;
    case 'recordings':
      return <RecordingsPage />;
    case 'recording':
      return <RecordingPage key={at.id} id={at.id} />;
  }
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
