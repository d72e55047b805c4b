import { useEffect, useState } from 'preact/hooks';
import { statisticsOpen } from '../state/dialogs.js';
import type { LiveStream } from '../state/live-stream.js';
import { compare, confidence, maskShown, motionShown, reference, remember, stored } from '../state/preferences.js';
import { stageActions } from '../state/stage-actions.js';
import { Segmented, ToggleButton, withKey } from './controls.js';
import {
  Camera,
  Expand,
  Eye,
  EyeOff,
  Fill,
  Gauge,
  Heat,
  Hold,
  Motion,
  Outline,
  Overlay,
  Pause,
  Play,
  Shrink,
  Side,
  Wipe,
} from './icons.js';

/** Everything that changes how the picture looks, in one row below it. */
export function Toolbar({ stream }: { readonly stream: LiveStream }) {
  const actions = stageActions.value;
  const paused = stream.paused.value;
  const { fill, outline, opacity } = stored.value;
  const percent = Math.round(opacity * 100);
  const hasConfidence = stream.painted.value?.hasConfidence ?? true;
  const full = useFullScreen();
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
      <Segmented
        label="Comparison"
        value={compare.value}
        options={[
          { value: 'overlay', label: 'Overlay', icon: <Overlay /> },
          { value: 'wipe', label: 'Wipe', icon: <Wipe />, title: 'Wipe (W)' },
          { value: 'side', label: 'Side by side', icon: <Side />, title: 'Side by side (B)' },
        ]}
        onChoose={(mode) => (compare.value = mode)}
      />
      {compare.value !== 'overlay' && (
        <ToggleButton
          pressed={reference.value === 'held'}
          onPress={() => (reference.value = reference.value === 'held' ? 'raw' : 'held')}
          label="Compare with the last result's mask, held"
          shortcut="C"
        >
          <Hold />
        </ToggleButton>
      )}
      <div class="tool-group">
        <ToggleButton
          pressed={maskShown.value}
          onPress={() => (maskShown.value = !maskShown.value)}
          label="Mask"
          shortcut="M"
        >
          {maskShown.value ? <Eye /> : <EyeOff />}
        </ToggleButton>
        <ToggleButton pressed={fill} onPress={() => remember({ fill: !fill })} label="Fill" shortcut="L">
          <Fill />
        </ToggleButton>
        <ToggleButton pressed={outline} onPress={() => remember({ outline: !outline })} label="Outline" shortcut="O">
          <Outline />
        </ToggleButton>
        <ToggleButton
          pressed={confidence.value}
          onPress={() => (confidence.value = !confidence.value)}
          label="Confidence heat map"
          shortcut="H"
          disabled={!hasConfidence}
        >
          <Heat />
        </ToggleButton>
        <ToggleButton
          pressed={motionShown.value}
          onPress={() => (motionShown.value = !motionShown.value)}
          label="Motion vectors"
          shortcut="V"
        >
          <Motion />
        </ToggleButton>
      </div>
      <label class="opacity" title="Fill opacity (− and +)">
        <span>Opacity</span>
        <input
          type="range"
          min="0"
          max="100"
          step="5"
          value={percent}
          style={{ '--part': `${percent}%` }}
          disabled={!fill || confidence.value}
          onInput={(event) => remember({ opacity: Number(event.currentTarget.value) / 100 })}
        />
        <span class="opacity-value">{percent}%</span>
      </label>
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
        {document.fullscreenEnabled && (
          <button
            type="button"
            class="tool"
            aria-label={full ? 'Leave full screen' : 'Full screen'}
            title="Full screen (F)"
            onClick={() => void actions?.toggleFullScreen()}
          >
            {full ? <Shrink /> : <Expand />}
          </button>
        )}
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

function useFullScreen(): boolean {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const read = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', read);
    return () => document.removeEventListener('fullscreenchange', read);
  }, []);
  return full;
}
