import { useEffect, useRef, useState } from 'preact/hooks';
import type { JobView } from '../../../delivery/jobs-schema.js';
import { jobUrls } from '../../transport/jobs-api.js';
import { useOnScreen } from '../hooks.js';
import { Film } from '../icons.js';

const REFRESH_MS = 2_000;

/** A small picture of the job: its newest overlay, else a frame of the recording, else a sign. */
export function Thumbnail({ job }: { readonly job: JobView }) {
  const root = useRef<HTMLSpanElement>(null);
  const visible = useOnScreen(root);
  const [from, setFrom] = useState<'preview' | 'source' | 'none'>('preview');
  const round = useRounds(job.state === 'running' && visible && from === 'preview', REFRESH_MS);
  useEffect(() => setFrom('preview'), [job.state]);
  const middle = (job.video?.duration ?? 0) * 0.3;
  return (
    <span class="thumbnail" ref={root} aria-hidden="true">
      {from === 'preview' && (
        <img
          alt=""
          src={jobUrls.preview(job.id, round)}
          onError={() => setFrom(job.state === 'running' ? 'none' : 'source')}
        />
      )}
      {from === 'source' && visible && (
        <video
          muted
          playsInline
          tabIndex={-1}
          preload="metadata"
          src={`${jobUrls.source(job.id)}#t=${middle.toFixed(1)}`}
          onError={() => setFrom('none')}
        />
      )}
      {from === 'none' && <Film size={22} />}
    </span>
  );
}

/** Counts up every `interval` ms while `active` and the tab is seen. */
export function useRounds(active: boolean, interval: number): number {
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => {
      if (!document.hidden) setRound((value) => value + 1);
    }, interval);
    return () => clearInterval(timer);
  }, [active, interval]);
  return round;
}
