import { effect, useSignal } from '@preact/signals';
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ModelView } from '../../../../delivery/http/api-schema.js';
import type { JobTimeline, JobView } from '../../../../delivery/http/jobs-schema.js';
import type { FrameTimes } from '../../../lib/frame-times.js';
import { maskIndex, picturePoint } from '../../../lib/layout.js';
import { Screen } from '../../../render/screen.js';
import { download } from '../../../render/snapshot.js';
import { notify } from '../../../state/notices.js';
import { Player } from '../../../state/player.js';
import { compare, hiddenClasses, hideClasses, maskShown, overlayStyle, wipe } from '../../../state/preferences.js';
import { type StageActions, stageActions } from '../../../state/stage-actions.js';
import { jobUrls } from '../../../transport/jobs-api.js';
import { ProbeLabel, type ProbeReading } from '../../cameras/probe-label.js';
import { WipeHandle } from '../../stream/wipe-handle.js';
import { PlayerBar } from './player-bar.js';
import { Timeline } from './timeline.js';

/** Seconds that the arrow keys go. */
const STEP = 5;

/** The recording with its masks over it, and everything that can be done to them. */
export function MaskPlayer(props: {
  readonly job: JobView;
  readonly model: ModelView;
  readonly times: FrameTimes;
  readonly timeline: JobTimeline | undefined;
  readonly onPlayer: (player: Player | undefined) => void;
  readonly onUnplayable: () => void;
}) {
  const { job, model, times, timeline } = props;
  const shell = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [player, setPlayer] = useState<Player>();
  const [screen, setScreen] = useState<Screen>();

  useEffect(() => {
    if (!video.current || !canvas.current || !box.current) return;
    const made = new Screen(canvas.current, box.current);
    const playing = new Player({
      id: job.id,
      video: video.current,
      screen: made,
      times,
      classes: model.classes.length,
    });
    setScreen(made);
    setPlayer(playing);
    props.onPlayer(playing);
    stageActions.value = actionsFor(playing, job, model, shell.current, canvas.current);
    const stop = effect(() => {
      const style = overlayStyle(model.name, model.classes);
      made.look = { classes: model.classes, style, mode: compare.value, wipe: wipe.value, reference: 'raw' };
      playing.showMasks = style.fill || style.outline;
    });
    return () => {
      stop();
      stageActions.value = undefined;
      props.onPlayer(undefined);
      playing.close();
      made.close();
    };
  }, [job.id, model, times]);

  const shape = job.video ? job.video.width / job.video.height : 16 / 9;
  return (
    <div class="player-shell" ref={shell}>
      <div class="stage-frame">
        <div class="stage player-stage" data-mode={compare.value} style={{ '--aspect': shape }}>
          <PlayerBox player={player} screen={screen} model={model} box={box}>
            {/* biome-ignore lint/a11y/useMediaCaption: what a camera saw has no captions; subtitles of the file are kept in the overlay video */}
            <video
              ref={video}
              src={jobUrls.source(job.id)}
              preload="auto"
              playsInline
              tabIndex={-1}
              aria-hidden="true"
              onError={props.onUnplayable}
            />
            <canvas ref={canvas} />
          </PlayerBox>
          {player && <PlayerStamp player={player} />}
        </div>
      </div>
      {player && timeline && (
        <Timeline
          timeline={timeline}
          classes={model.classes}
          hidden={hiddenClasses(model.name, model.classes)}
          duration={player.duration.value}
          time={player.time}
          slowTime={player.slowTime}
          onSeek={(time) => player.seek(time)}
          onStep={(by) => player.seekBy(by)}
          onStepFrame={(by) => player.stepFrame(by)}
          onToggle={() => player.togglePlay()}
        />
      )}
      {player && <PlayerBar player={player} />}
    </div>
  );
}

/** The picture: click plays and pauses, pointer and crosshair read classes. */
function PlayerBox(props: {
  readonly player: Player | undefined;
  readonly screen: Screen | undefined;
  readonly model: ModelView;
  readonly box: RefObject<HTMLDivElement | null>;
  readonly children: ComponentChildren;
}) {
  const { player, screen, model } = props;
  const point = useSignal<{ readonly x: number; readonly y: number } | undefined>(undefined);
  const placement = screen?.placement.value;
  const track = (event: PointerEvent) => {
    const rect = props.box.current?.querySelector('canvas')?.getBoundingClientRect();
    if (!rect || rect.width === 0) return;
    const at = { x: (event.clientX - rect.left) / rect.width, y: (event.clientY - rect.top) / rect.height };
    point.value = at.x >= 0 && at.x < 1 && at.y >= 0 && at.y < 1 ? at : undefined;
  };
  player?.slowTime.value; // a new frame may have another class under a pointer at rest
  const reading = player && placement && point.value && readAt(player, model, placement.stacked, point.value);
  return (
    <div
      class="stage-box"
      ref={props.box}
      onPointerMove={track}
      onPointerDown={track}
      onPointerLeave={(event) => {
        if (event.pointerType === 'mouse') point.value = undefined;
      }}
      onPointerUp={(event) => {
        if (event.pointerType === 'mouse' && event.button === 0 && !(event.target as Element).closest('.wipe')) {
          player?.togglePlay();
        }
      }}
    >
      {props.children}
      {placement && compare.value === 'wipe' && <WipeHandle rect={placement.rect} />}
      {placement && point.value && reading && (
        <ProbeLabel rect={placement.rect} at={point.value} crosshair={false} reading={reading} />
      )}
    </div>
  );
}

/** Why there is no mask over the picture, where there is none. */
function PlayerStamp({ player }: { readonly player: Player }) {
  if (player.waiting.value) {
    return (
      <p class="stamp" role="status">
        <span class="spinner" aria-hidden="true" /> Masks are on their way
      </p>
    );
  }
  if (player.maskFailed.value) return <p class="stamp warn">The mask of this frame cannot be read</p>;
  if (player.place.value.kind === 'outside' && maskShown.value && player.duration.value > 0 && player.current) {
    return <p class="stamp">Outside the part that was processed</p>;
  }
  return null;
}

function readAt(
  player: Player,
  model: ModelView,
  stacked: boolean,
  at: { readonly x: number; readonly y: number },
): ProbeReading | undefined {
  const drawn = player.current;
  const position = picturePoint(at, compare.value, stacked);
  if (!drawn || !position) return undefined;
  const label = drawn.planes.labels[maskIndex(position, drawn.message.maskSize)];
  const found = model.classes.find(({ id }) => id === label);
  if (!found) return undefined;
  const hidden = hiddenClasses(model.name, model.classes).has(found.id);
  return { name: found.name, color: found.color, hidden, confidence: undefined };
}

function actionsFor(
  player: Player,
  job: JobView,
  model: ModelView,
  shell: HTMLElement | null,
  canvas: HTMLCanvasElement | null,
): StageActions {
  return {
    togglePause: () => player.togglePlay(),
    async takeSnapshot() {
      const number = player.current?.message.number;
      const blob = await new Promise<Blob | null>((resolve) => {
        if (canvas) canvas.toBlob(resolve, 'image/png');
        else resolve(null);
      });
      if (!blob || number === undefined) return notify('bad', 'There is no picture to save yet.');
      const name = `${job.id}_f${number}.png`;
      download(blob, name);
      notify('good', `Saved ${name}`);
    },
    async toggleFullScreen() {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await shell?.requestFullscreen();
    },
    toggleClass(index) {
      const picked = model.classes[index];
      if (!picked) return;
      const hidden = new Set(hiddenClasses(model.name, model.classes));
      if (!hidden.delete(picked.id)) hidden.add(picked.id);
      hideClasses(model.name, hidden);
    },
    showAllClasses: () => hideClasses(model.name, new Set()),
    step: (by) => player.seekBy(by * STEP),
    stepFrame: (by) => player.stepFrame(by),
    stepSpeed: (by) => player.stepSpeed(by),
  };
}
