import { useEffect, useRef, useState } from 'preact/hooks';
import { STRETCH } from '../../lib/motion-arrows.js';
import { MotionScreen } from '../../render/motion-screen.js';
import type { Placement } from '../../render/screen.js';
import type { LiveStream, Painted } from '../../state/live-stream.js';
import { compare } from '../../state/preferences.js';

/** How the mask came about, over the picture; the server inspects the stream while this is on screen. */
export function MotionOverlay({ stream, placement }: { readonly stream: LiveStream; readonly placement: Placement }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [screen, setScreen] = useState<MotionScreen>();
  const mode = compare.value;
  useEffect(() => {
    if (!canvas.current) return;
    const made = new MotionScreen(canvas.current);
    setScreen(made);
    stream.inspect(true);
    const detach = stream.attach(made);
    return () => {
      detach();
      stream.inspect(false);
    };
  }, [stream]);
  useEffect(() => {
    if (screen) screen.place = { placement, mode };
  }, [screen, placement, mode]);
  const painted = stream.painted.value;
  return (
    <>
      <canvas class="motion" ref={canvas} />
      {painted && (
        <p class="motion-legend">
          <span>{originOf(painted)}</span>
          <span>arrows: {STRETCH} frames of motion</span>
          <span>
            <i />
            moved mask not trusted
          </span>
        </p>
      )}
    </>
  );
}

function originOf({ origin, age }: Painted): string {
  if (origin === 'unknown') return 'nothing known yet';
  return origin === 'inferred' ? 'seen by the network' : `moved over ${age} ${age === 1 ? 'frame' : 'frames'}`;
}
