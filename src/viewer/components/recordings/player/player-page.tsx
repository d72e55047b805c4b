import { useEffect, useMemo, useState } from 'preact/hooks';
import type { JobTimeline, JobTimes, JobView } from '../../../../delivery/http/jobs-schema.js';
import { type ClockOffset, FrameTimes } from '../../../lib/frame-times.js';
import { codecName } from '../../../lib/source-form.js';
import { canPlayWithMasks, type Player } from '../../../state/player.js';
import { models, modelsAsked } from '../../../state/streams.js';
import { jobsApi, jobUrls } from '../../../transport/jobs-api.js';
import { MaskPlayer } from './mask-player.js';
import { PlainPlayer } from './plain-player.js';

/** Points of the class timeline: about one a device pixel. */
const POINTS = 1200;

/** Where no table was asked for: time goes on all the same. */
const NO_SHARES: JobTimeline = { seconds: [], frame: [], shares: [], inferred: [] };

/** How the result can be watched, and why not better. */
type Way =
  | { readonly kind: 'masks'; readonly times: FrameTimes }
  | { readonly kind: 'plain'; readonly url: string; readonly note: string | undefined; readonly offsetOf: ClockOffset }
  | { readonly kind: 'none'; readonly note: string };

/** The result of a finished job: the recording with its masks where the browser can, the overlay video where it can't. */
export function PlayerPage(props: { readonly job: JobView; readonly onPlayer: (player: Player | undefined) => void }) {
  const { job } = props;
  const [times, setTimes] = useState<JobTimes | 'none' | undefined>();
  const [timeline, setTimeline] = useState<JobTimeline | undefined>();
  const [unplayable, setUnplayable] = useState(false);
  useEffect(() => {
    jobsApi.times(job.id).then(setTimes, () => setTimes('none'));
    jobsApi.timeline(job.id, POINTS).then(setTimeline, () => setTimeline(NO_SHARES));
  }, [job.id]);
  // One for all renderings: a player stays as long as what it plays is the same.
  const frameTimes = useMemo(() => (typeof times === 'object' ? new FrameTimes(times) : undefined), [times]);
  if (times === undefined || !modelsAsked.value) return <div class="player-shell" aria-busy="true" />;
  const way = wayOf(job, frameTimes, unplayable);
  const model = models.value.find(({ name }) => name === job.model);
  if (way.kind === 'masks' && model) {
    return (
      <MaskPlayer
        key={job.id}
        job={job}
        model={model}
        times={way.times}
        timeline={timeline}
        onPlayer={props.onPlayer}
        onUnplayable={() => setUnplayable(true)}
      />
    );
  }
  if (way.kind === 'plain') {
    // The browser's own controls wind.
    const shares = timeline === NO_SHARES ? undefined : timeline;
    return (
      <PlainPlayer {...way} job={job} timeline={shares} end={frameTimes?.end ?? 0} classes={model?.classes ?? []} />
    );
  }
  return <p class="player-note">{way.kind === 'none' ? way.note : ''}</p>;
}

function wayOf(job: JobView, times: FrameTimes | undefined, unplayable: boolean): Way {
  const why = whyNoMasks(job, times, unplayable);
  if (why === undefined && times) return { kind: 'masks', times };
  const overlay = job.files.find(({ path, kind }) => kind === 'file' && path.startsWith('overlay.'));
  if (overlay) {
    return {
      kind: 'plain',
      url: jobUrls.file(job.id, overlay.path, false),
      note: `${why} This is the overlay video: opacity and classes are burnt in.`,
      // It begins with the first frame that was processed.
      offsetOf: (shown) => shown - (times?.seconds[0] ?? shown),
    };
  }
  if (unplayable)
    return { kind: 'none', note: `${why} There is no overlay video either; the files can be downloaded.` };
  return {
    kind: 'plain',
    url: jobUrls.source(job.id),
    note: `${why} This is the recording as it came.`,
    offsetOf: (shown) => times?.clockOffset(shown) ?? 0,
  };
}

/** Why the player can't draw masks over the recording; undefined where it can. */
function whyNoMasks(job: JobView, times: FrameTimes | undefined, unplayable: boolean): string | undefined {
  if (!job.options.outputs.includes('masks')) return 'Mask pictures were not among the results asked for.';
  if (!times || times.length === 0) return 'The times of the masks cannot be read.';
  if (!canPlayWithMasks())
    return 'This browser cannot tell which frame it shows: Chrome, Edge, Safari or Firefox from 132 can.';
  if (!models.value.some(({ name }) => name === job.model)) return `The model ${job.model} is not installed any more.`;
  if (unplayable) {
    const codec = job.video ? ` (${codecName(job.video.codec)})` : '';
    return `This browser cannot play the recording${codec}.`;
  }
  return undefined;
}
