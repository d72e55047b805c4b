import { useEffect, useRef, useState } from 'preact/hooks';
import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { jobUrls } from '../../transport/jobs-api.js';
import { useOnScreen } from '../hooks.js';
import { Film } from '../icons.js';

const REFRESH_MS = 2_000;

/** A small picture of the job: its newest overlay while it runs, else a frame of the recording, else a sign. */
export function Thumbnail({ job }: { readonly job: JobView }) {
  const root = useRef<HTMLSpanElement>(null);
  const visible = useOnScreen(root);
  const running = job.state === 'running';
  const round = useRounds(running && visible, REFRESH_MS);
  /** What could not be had last: the newest overlay is made when somebody asks, so the first request comes too early. */
  const [missing, setMissing] = useState({ preview: false, source: false });
  const middle = (job.video?.duration ?? 0) * 0.3;
  return (
    <span class="thumbnail" ref={root} aria-hidden="true">
      {(!visible || (running ? missing.preview : missing.source)) && <Film size={22} />}
      {visible && running && (
        <img
          alt=""
          src={jobUrls.preview(job.id, round)}
          hidden={missing.preview}
          onLoad={() => setMissing({ ...missing, preview: false })}
          onError={() => setMissing({ ...missing, preview: true })}
        />
      )}
      {visible && !running && !missing.source && (
        <video
          muted
          playsInline
          tabIndex={-1}
          preload="metadata"
          src={`${jobUrls.source(job.id)}#t=${middle.toFixed(1)}`}
          onError={() => setMissing({ ...missing, source: true })}
        />
      )}
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
