import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ClassInfo } from '../../../core/model.js';
import type { JobTimeline, JobView } from '../../../delivery/http/jobs-schema.js';
import { hiddenClasses } from '../../state/preferences.js';
import { type StageActions, stageActions } from '../../state/stage-actions.js';
import { Timeline } from './timeline.js';

const STEP = 5;

/** A video as it is, with the browser's own controls, and the timeline below it. */
export function PlainPlayer(props: {
  readonly job: JobView;
  readonly url: string;
  readonly note: string | undefined;
  readonly timeline: JobTimeline | undefined;
  readonly classes: readonly ClassInfo[];
}) {
  const { job, timeline } = props;
  const video = useRef<HTMLVideoElement>(null);
  const time = useSignal(0);
  const duration = useSignal(job.video?.duration ?? 0);
  const broken = useSignal(false);
  const seek = (to: number) => {
    if (video.current) video.current.currentTime = Math.min(Math.max(0, to), duration.value);
  };
  const toggle = () => {
    if (video.current?.paused) void video.current.play().catch(() => {});
    else video.current?.pause();
  };
  useEffect(() => {
    stageActions.value = plainActions(
      toggle,
      (by) => seek((video.current?.currentTime ?? 0) + by * STEP),
      video.current,
    );
    return () => {
      stageActions.value = undefined;
    };
  }, []);
  const read = () => {
    time.value = video.current?.currentTime ?? 0;
  };
  return (
    <div class="player-shell">
      {props.note && <p class="player-note">{props.note}</p>}
      {broken.value ? (
        <p class="player-note" role="alert">
          This browser cannot play it. Download it to watch it elsewhere.
        </p>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: what a camera saw has no captions
        <video
          ref={video}
          class="plain-video"
          controls
          playsInline
          preload="metadata"
          src={props.url}
          aria-label={job.name}
          onTimeUpdate={read}
          onSeeking={read}
          onDurationChange={(event) => {
            if (Number.isFinite(event.currentTarget.duration)) duration.value = event.currentTarget.duration;
          }}
          onError={() => {
            broken.value = true;
          }}
        />
      )}
      {timeline && (
        <Timeline
          timeline={timeline}
          classes={props.classes}
          hidden={hiddenClasses(job.model, props.classes)}
          duration={duration.value}
          time={time}
          slowTime={time}
          onSeek={seek}
          onStep={(by) => seek(time.value + by)}
          onStepFrame={(by) => seek(time.value + by / 25)}
          onToggle={toggle}
        />
      )}
    </div>
  );
}

/** The browser's controls do the rest. */
function plainActions(toggle: () => void, step: (by: -1 | 1) => void, video: HTMLVideoElement | null): StageActions {
  return {
    togglePause: toggle,
    step,
    takeSnapshot: () => Promise.resolve(),
    toggleFullScreen: async () => video?.requestFullscreen(),
    toggleClass: () => {},
    showAllClasses: () => {},
  };
}
