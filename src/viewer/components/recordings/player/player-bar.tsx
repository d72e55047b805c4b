import { formatCount, formatSeconds } from '../../../lib/format.js';
import { type Player, SPEEDS } from '../../../state/player.js';
import { stageActions } from '../../../state/stage-actions.js';
import { Camera, FrameNext, FramePrevious, Pause, Play, Sound, SoundOff } from '../../icons.js';
import { withKey } from '../../stream/controls.js';
import { FullScreenButton, MaskControls } from '../../stream/mask-controls.js';

/** What moves the playhead, and how the masks look. */
export function PlayerBar({ player }: { readonly player: Player }) {
  const playing = player.playing.value;
  const muted = player.muted.value;
  return (
    <>
      <div class="toolbar player-bar" role="toolbar" aria-label="Player">
        <div class="tool-group">
          <button
            type="button"
            class="tool play"
            aria-label={playing ? 'Pause' : 'Play'}
            title={withKey(playing ? 'Pause' : 'Play', 'Space')}
            onClick={() => player.togglePlay()}
          >
            {playing ? <Pause /> : <Play />}
          </button>
          <button
            type="button"
            class="tool"
            aria-label="One frame back"
            title={withKey('One frame back', ',')}
            onClick={() => player.stepFrame(-1)}
          >
            <FramePrevious />
          </button>
          <button
            type="button"
            class="tool"
            aria-label="One frame on"
            title={withKey('One frame on', '.')}
            onClick={() => player.stepFrame(1)}
          >
            <FrameNext />
          </button>
          <button
            type="button"
            class="tool"
            aria-label={muted ? 'Sound on' : 'Sound off'}
            title={muted ? 'Sound on' : 'Sound off'}
            onClick={() => player.toggleMute()}
          >
            {muted ? <SoundOff /> : <Sound />}
          </button>
        </div>
        <Clock player={player} />
        <div class="tool-group end">
          <label class="speed" title="Speed (< and >)">
            <span class="visually-hidden">Speed</span>
            <select
              value={String(player.speed.value)}
              onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}
            >
              {SPEEDS.map((speed) => (
                <option key={speed} value={String(speed)} selected={speed === player.speed.value}>
                  {speed}×
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="tool"
            aria-label="Save a snapshot"
            title="Save a snapshot (S)"
            onClick={() => void stageActions.value?.takeSnapshot()}
          >
            <Camera />
          </button>
          <FullScreenButton />
        </div>
      </div>
      <div class="toolbar" role="toolbar" aria-label="Masks">
        <MaskControls />
      </div>
    </>
  );
}

/** Time and frame number; it follows every frame, so nothing else is in it. */
function Clock({ player }: { readonly player: Player }) {
  const place = player.place.value;
  const number = place.kind === 'frame' ? player.times.numberOf(place.index) : undefined;
  return (
    <p class="player-clock">
      <span class="now">{formatSeconds(player.time.value, 2)}</span>
      <small>
        {' / '}
        {formatSeconds(player.duration.value, 1)}
        {number !== undefined && <span class="frame-number"> · frame {formatCount(number)}</span>}
      </small>
    </p>
  );
}
