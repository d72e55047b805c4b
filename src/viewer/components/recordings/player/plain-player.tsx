import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ClassInfo } from '../../../../core/model.js';
import type { JobTimeline, JobView } from '../../../../delivery/http/jobs-schema.js';
import type { ClockOffset } from '../../../lib/frame-times.js';
import { hiddenClasses } from '../../../state/preferences.js';
import { type StageActions, stageActions } from '../../../state/stage-actions.js';
import { Timeline } from './timeline.js';

const STEP = 5;

/** A video as it is, with the browser's own controls, and the timeline below it. */
export function PlainPlayer(props: {
  readonly job: JobView;
  readonly url: string;
  readonly note: string | undefined;
  readonly offsetOf: ClockOffset;
  readonly timeline: JobTimeline | undefined;
  /** Seconds at which the last processed frame is over; 0 where that is not known. */
  readonly end: number;
  readonly classes: readonly ClassInfo[];
}) {
  const { job, timeline } = props;
  const video = useRef<HTMLVideoElement>(null);
  const time = useSignal(0);
  const duration = useSignal(Math.max(job.video?.duration ?? 0, props.end));
  const offset = useRef(0);
  const broken = useSignal(false);
  const seek = (to: number) => {
    if (video.current) video.current.currentTime = Math.min(Math.max(0, to), duration.value) + offset.current;
  };
  const toggle = () => {
    if (video.current?.paused) void video.current.play().catch(() => {});
    else video.current?.pause();
  };
  const readDuration = () => {
    const told = video.current?.duration ?? Number.NaN;
    if (Number.isFinite(told)) duration.value = Math.max(told - offset.current, props.end);
  };
  useEffect(() => {
    stageActions.value = plainActions(
      toggle,
      (by) => seek((video.current?.currentTime ?? 0) - offset.current + by * STEP),
      video.current,
    );
    // Browsers that don't tell a picture's time are taken to begin at 0.
    video.current?.requestVideoFrameCallback?.((_, { mediaTime }) => {
      offset.current = props.offsetOf(mediaTime);
      readDuration();
    });
    return () => {
      stageActions.value = undefined;
    };
  }, []);
  const read = () => {
    time.value = Math.max(0, (video.current?.currentTime ?? 0) - offset.current);
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
          onDurationChange={readDuration}
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
