import { formatPolicy, type InferencePolicy } from '../../core/policy.js';
import type { VideoClip } from '../../evaluate/video-clip.js';
import { type Playback, playClip } from '../../evaluate/video-play.js';
import { VideoJudge } from '../../evaluate/video-scores.js';
import { Price } from '../../temporal/decision/price.js';
import { Engine } from '../../temporal/engine.js';
import type { VideoRow } from './video-report.js';

/** In: a clip and the policies that a person asks about. Out: their scores beside every frame inferred and the last mask held. */
export interface Comparison {
  readonly rows: readonly VideoRow[];
  /** Frames in still stretches. */
  readonly stillFrames: number;
  /** Every frame raw; then, of the last policy, hold and what the engine makes of it. */
  readonly shown: readonly ShownPlayback[];
}

export interface ShownPlayback extends Playback {
  readonly title: string;
}

export interface CompareOptions {
  readonly policies: readonly InferencePolicy[];
  /** Adaptive policies are played at each of these multiples of what a run of the network costs. */
  readonly prices: readonly number[];
  /** Both with and without where absent. */
  readonly smooth: boolean | undefined;
}

interface Contestant {
  readonly policy: InferencePolicy;
  readonly price: number;
}

export function comparePolicies(clip: VideoClip, { policies, prices, smooth }: CompareOptions): Comparison {
  const every: Contestant = { policy: { kind: 'every' }, price: 1 };
  const reference = play(clip, every, 'raw');
  const judge = new VideoJudge(clip, reference.masks);
  const rows = [rowOf(judge, every, 'raw', reference, reference)];
  let shown: ShownPlayback[] = [{ ...reference, title: 'every frame' }];
  for (const contestant of contestants(policies, prices)) {
    const isReference = contestant.policy.kind === 'every';
    const raw = isReference ? reference : play(clip, contestant, 'raw');
    const smoothed = smooth === false ? undefined : play(clip, contestant, 'smooth');
    const hold = isReference ? undefined : play(clip, contestant, 'hold');
    if (hold) rows.push(rowOf(judge, contestant, 'hold', hold, raw));
    if (smooth !== true && !isReference) rows.push(rowOf(judge, contestant, 'raw', raw, raw));
    if (smoothed) rows.push(rowOf(judge, contestant, 'smooth', smoothed, raw));
    shown = [
      shown[0] as ShownPlayback,
      ...(hold ? [{ ...hold, title: `${nameOf(contestant)}, last mask held` }] : []),
      { ...(smoothed ?? raw), title: nameOf(contestant) },
    ];
  }
  return { rows, stillFrames: judge.still.filter(Boolean).length, shown };
}

const contestants = (policies: readonly InferencePolicy[], prices: readonly number[]): readonly Contestant[] =>
  policies.flatMap((policy) => (policy.kind === 'adaptive' ? prices : [1]).map((price) => ({ policy, price })));

function play(clip: VideoClip, { policy, price }: Contestant, kind: VideoRow['kind']): Playback {
  const engine = new Engine({ policy, smoothing: kind === 'smooth' }, new ScaledPrice(price));
  try {
    return playClip(clip, engine, { hold: kind === 'hold' });
  } finally {
    engine.close();
  }
}

/** @param raw the same policy without smoothing: what smoothing adds is what it takes longer */
function rowOf(
  judge: VideoJudge,
  contestant: Contestant,
  kind: VideoRow['kind'],
  playback: Playback,
  raw: Playback,
): VideoRow {
  const times = {
    decide: playback.observeTime,
    propagate: Math.min(raw.applyTime, playback.applyTime),
    smooth: Math.max(0, playback.applyTime - raw.applyTime),
  };
  return {
    policy: nameOf(contestant),
    kind,
    times: kind === 'hold' ? undefined : times,
    scores: judge.judge(playback),
  };
}

const nameOf = ({ policy, price }: Contestant): string =>
  price === 1 ? formatPolicy(policy) : `${formatPolicy(policy)} ×${price}`;

class ScaledPrice extends Price {
  constructor(private readonly scale: number) {
    super();
  }

  override of(...args: Parameters<Price['of']>): number {
    return this.scale * super.of(...args);
  }
}
