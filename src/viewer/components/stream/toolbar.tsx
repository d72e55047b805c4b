import { statisticsOpen } from '../../state/dialogs.js';
import type { LiveStream } from '../../state/live-stream.js';
import { stageActions } from '../../state/stage-actions.js';
import { Camera, Gauge, Pause, Play } from '../icons.js';
import { ToggleButton, withKey } from './controls.js';
import { FullScreenButton, MaskControls } from './mask-controls.js';

/** Everything that changes how the picture looks, in one row below it. */
export function Toolbar({ stream }: { readonly stream: LiveStream }) {
  const actions = stageActions.value;
  const paused = stream.paused.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="Picture">
      <button
        type="button"
        class="tool pause"
        aria-pressed={paused}
        aria-label={paused ? 'Go on' : 'Pause'}
        title={withKey(paused ? 'Go on' : 'Pause', 'Space')}
        onClick={() => stream.togglePause()}
      >
        {paused ? <Play /> : <Pause />}
      </button>
      <MaskControls live={{ hasConfidence: stream.painted.value?.hasConfidence ?? true }} />
      <div class="tool-group end">
        <button
          type="button"
          class="tool"
          aria-label="Save a snapshot"
          title="Save a snapshot (S)"
          onClick={() => void actions?.takeSnapshot()}
        >
          <Camera />
        </button>
        <FullScreenButton />
        <ToggleButton
          pressed={statisticsOpen.value}
          onPress={() => (statisticsOpen.value = !statisticsOpen.value)}
          label="Statistics"
          shortcut="D"
        >
          <Gauge />
        </ToggleButton>
      </div>
    </div>
  );
}
