import { useEffect, useRef, useState } from 'preact/hooks';
import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { formatCount, formatElapsed, formatRate } from '../../lib/format.js';
import { doneShare, isFinishing, jobAdvice, progressWords, speedWords, stateWords } from '../../lib/job-words.js';
import { sentence } from '../../lib/words.js';
import { announce } from '../../state/notices.js';
import { jobUrls } from '../../transport/jobs-api.js';
import { useOnScreen } from '../hooks.js';
import { Alert } from '../icons.js';
import { JobBar } from './job-bar.js';
import { useRounds } from './thumbnail.js';

const PREVIEW_MS = 1_000;

/** A job that is not done: its bar, its figures, and the picture that it works on. */
export function JobProgressPanel({ job }: { readonly job: JobView }) {
  useAnnouncement(job);
  const { state, error } = job;
  const share = doneShare(job);
  return (
    <section class="job-progress" aria-label="Progress">
      {error && state === 'failed' && (
        <div class="trouble" role="alert">
          <h2>
            <Alert size={18} /> It could not be finished
          </h2>
          <p>{sentence(error.message)}</p>
          {jobAdvice(error.code) && <p class="advice">{jobAdvice(error.code)}</p>}
          <p class="code">{error.code}</p>
        </div>
      )}
      {state !== 'failed' && (
        <>
          <div class="progress-head">
            {share !== undefined && <strong class="percent">{Math.floor(share * 100)}%</strong>}
            <span>{progressWords(job)}</span>
          </div>
          <JobBar job={job} />
        </>
      )}
      <Preview job={job} />
      {state === 'paused' && <p class="hint">What is done is kept. It goes on from there, also after a restart.</p>}
      {state === 'cancelled' && <p class="hint">Cancelled jobs have no results. Try again starts it anew.</p>}
    </section>
  );
}

/** How fast a running job is. */
export function JobFigures({ job }: { readonly job: JobView }) {
  const { progress, state } = job;
  if (state !== 'running' || isFinishing(job)) return null;
  return (
    <section class="panel" aria-label="Figures">
      <dl class="figures">
        <Figure
          term="Frames"
          value={formatCount(progress.frames)}
          note={progress.expected === undefined ? undefined : `of ${formatCount(progress.expected)}`}
        />
        <Figure term="Frames a second" value={formatRate(progress.fps)} />
        <Figure term="Speed" value={progress.speed === undefined ? '–' : speedWords(progress.speed)} />
        <Figure
          term="Time left"
          value={progress.secondsLeft === undefined ? '–' : formatElapsed(progress.secondsLeft * 1000)}
        />
      </dl>
    </section>
  );
}

function Figure(props: { readonly term: string; readonly value: string; readonly note?: string | undefined }) {
  return (
    <div>
      <dt>{props.term}</dt>
      <dd>
        {props.value} {props.note && <small>{props.note}</small>}
      </dd>
    </div>
  );
}

/** The newest picture with its masks, about once a second while it is seen. */
function Preview({ job }: { readonly job: JobView }) {
  const root = useRef<HTMLDivElement>(null);
  const visible = useOnScreen(root);
  const running = job.state === 'running';
  const round = useRounds(running && visible, PREVIEW_MS);
  const [shown, setShown] = useState<string | undefined>(undefined);
  // The next picture is loaded beside the one on screen, which so never blinks.
  useEffect(() => {
    if (!running && job.state !== 'paused') return;
    const next = new Image();
    next.onload = () => setShown(next.src);
    next.src = jobUrls.preview(job.id, round);
    return () => {
      next.onload = null;
    };
  }, [job.id, running, round]);
  if (job.state === 'failed' || job.state === 'cancelled') return null;
  const shape = job.video ? job.video.width / job.video.height : 16 / 9;
  return (
    <div class="preview" ref={root} style={{ '--aspect': shape }} data-still={!running}>
      {shown ? (
        <img src={shown} alt={`${job.name}, newest frame with its masks`} />
      ) : (
        <p>{running ? 'The first picture is on its way.' : 'It has not started yet.'}</p>
      )}
    </div>
  );
}

/** Tells screen readers about a new state, and now and then how far it is: not four times a second. */
function useAnnouncement(job: JobView): void {
  const quarter = Math.floor((doneShare(job) ?? 0) * 4);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    const words = stateWords(job.state).label;
    announce(job.state === 'running' ? `${job.name}: ${quarter * 25} percent done.` : `${job.name}: ${words}.`);
  }, [job.state, quarter]);
}
