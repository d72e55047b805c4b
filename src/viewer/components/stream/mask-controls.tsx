import { useEffect, useState } from 'preact/hooks';
import { compare, confidence, maskShown, motionShown, reference, remember, stored } from '../../state/preferences.js';
import { stageActions } from '../../state/stage-actions.js';
import { Expand, Eye, EyeOff, Fill, Heat, Hold, Motion, Outline, Overlay, Shrink, Side, Wipe } from '../icons.js';
import { Segmented, ToggleButton } from './controls.js';

/** How masks are drawn, for streams and recordings; `live` adds what only streams have. */
export function MaskControls({ live }: { readonly live?: { readonly hasConfidence: boolean } }) {
  const { fill, outline, opacity } = stored.value;
  const percent = Math.round(opacity * 100);
  return (
    <>
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
      {live && compare.value !== 'overlay' && (
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
        {live && (
          <>
            <ToggleButton
              pressed={confidence.value}
              onPress={() => (confidence.value = !confidence.value)}
              label="Confidence heat map"
              shortcut="H"
              disabled={!live.hasConfidence}
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
          </>
        )}
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
          disabled={!fill || (live !== undefined && confidence.value)}
          onInput={(event) => remember({ opacity: Number(event.currentTarget.value) / 100 })}
        />
        <span class="opacity-value">{percent}%</span>
      </label>
    </>
  );
}

/** Absent where the browser has no full screen. */
export function FullScreenButton() {
  const full = useFullScreen();
  if (!document.fullscreenEnabled) return null;
  return (
    <button
      type="button"
      class="tool"
      aria-label={full ? 'Leave full screen' : 'Full screen'}
      title="Full screen (F)"
      onClick={() => void stageActions.value?.toggleFullScreen()}
    >
      {full ? <Shrink /> : <Expand />}
    </button>
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
