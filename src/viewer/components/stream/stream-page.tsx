import { useEffect } from 'preact/hooks';
import { snapshotName } from '../../lib/format.js';
import { download, snapshot } from '../../render/snapshot.js';
import { statisticsOpen } from '../../state/dialogs.js';
import type { LiveStream } from '../../state/live-stream.js';
import { notify } from '../../state/notices.js';
import { compare, hiddenClasses, hideClasses, wipe } from '../../state/preferences.js';
import { navigate, streamLink } from '../../state/router.js';
import { mayControl } from '../../state/session.js';
import { stageActions } from '../../state/stage-actions.js';
import { streams } from '../../state/streams.js';
import { lookOf, useLiveStream, useStateAnnouncement } from '../hooks.js';
import { StateBadge } from '../state-badge.js';
import { ClassesPanel } from './classes-panel.js';
import { EnginePanel } from './engine-panel.js';
import { LookedForPanel } from './looked-for-panel.js';
import { Readouts } from './readouts.js';
import { SharesPanel } from './shares-panel.js';
import { Stage } from './stage.js';
import { StatisticsDrawer } from './statistics-drawer.js';
import { StreamMenu } from './stream-menu.js';
import { Toolbar } from './toolbar.js';

/** One stream, large, with everything that can be done to it. */
export function StreamPage({ id }: { readonly id: string }) {
  const stream = useLiveStream(id);
  const listed = streams.value?.find((candidate) => candidate.id === id);
  const name = stream?.hello.value?.stream.name ?? listed?.name ?? id;
  useStateAnnouncement(stream, name);
  useEffect(() => {
    document.title = `${name} – Maskcast`;
  }, [name]);
  useEffect(() => {
    if (!stream) return;
    stageActions.value = actionsFor(stream);
    return () => {
      stageActions.value = undefined;
    };
  }, [stream]);
  return (
    <main class="page stream-page">
      <section class="stage-column" aria-label="Picture">
        <div class="page-head">
          <h1>{name}</h1>
          {stream && <StateBadge view={stream.view.value} />}
          {mayControl.value && listed && <StreamMenu stream={listed} />}
          {stream && <Readouts stream={stream} />}
        </div>
        {stream && <Stage stream={stream} />}
        {stream && <Toolbar stream={stream} />}
      </section>
      {stream && (
        <aside class="rail" aria-label="Classes and settings">
          <ClassesPanel stream={stream} />
          <SharesPanel stream={stream} />
          <LookedForPanel stream={stream} />
          <EnginePanel stream={stream} />
        </aside>
      )}
      {stream && statisticsOpen.value && <StatisticsDrawer stream={stream} />}
    </main>
  );
}

function actionsFor(stream: LiveStream) {
  return {
    togglePause: () => stream.togglePause(),
    async takeSnapshot() {
      const frame = stream.current;
      if (!frame) return notify('bad', 'There is no picture to save yet.');
      try {
        const blob = await snapshot(frame, lookOf(stream, compare.value, wipe.value));
        const name = snapshotName(stream.id, frame.message.capturedAt - stream.clock.value, frame.message.number);
        download(blob, name);
        notify('good', `Saved ${name}`);
      } catch (error) {
        notify('bad', `The snapshot failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    async toggleFullScreen() {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await document.querySelector('.stage')?.requestFullscreen();
    },
    toggleClass(index: number) {
      const model = stream.hello.value?.model;
      const picked = model?.classes[index];
      if (!model || !picked) return;
      const hidden = new Set(hiddenClasses(model.name, model.classes));
      if (!hidden.delete(picked.id)) hidden.add(picked.id);
      hideClasses(model.name, hidden);
    },
    showAllClasses() {
      const model = stream.hello.value?.model;
      if (model) hideClasses(model.name, new Set());
    },
    step(by: -1 | 1) {
      const list = streams.value ?? [];
      const at = list.findIndex(({ id }) => id === stream.id);
      const next = list[(at + by + list.length) % list.length];
      if (at >= 0 && next) navigate(streamLink(next.id));
    },
  };
}
