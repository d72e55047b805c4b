import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MaskcastError } from '../../core/errors.js';
import type { Recording, Segment } from '../file-output.js';
import { joinVideo } from './join.js';
import { soundFilter } from './jumping-sound.js';
import type { Muxer } from './segment.js';
import { convertedSound, lesserPlans, planTracks, type TrackPlan } from './tracks.js';

/** Seconds of the tracks that are tried before the work. */
const TRIED = 2;

/**
 * The source's sound and subtitles on their way into the overlay.
 *
 * Always holds: what ffmpeg can't write is found out before the work; where it fails after it all the same, for damage further
 * on, the picture is kept and people are told.
 */
export class OverlaySound {
  private readonly plans: TrackPlan[];
  /** The clock jumps back, and sound with it. */
  private readonly jumping: boolean;

  constructor(
    private readonly recording: Recording,
    muxer: Muxer,
  ) {
    const { file, range } = recording;
    const plan = planTracks(file, muxer, range !== undefined);
    const kept = plan.tracks.length > 0;
    this.jumping = file.jumps > 0 && kept;
    if (!this.jumping) this.plans = [plan, ...(kept ? lesserPlans(file, plan) : [])];
    // What a seek in such a file finds nobody knows.
    else this.plans = [...(range === undefined ? [convertedSound(file)] : []), WITHOUT_SOUND(plan)];
  }

  /** Leaves out what ffmpeg can't write. @param segments of one frame */
  async tried(segments: readonly Segment[], folder: string, signal: AbortSignal): Promise<void> {
    while (this.plan.tracks.length > 0) {
      const target = join(folder, `tracks.${this.plan.container}`);
      if (await this.written(segments, { target, seconds: TRIED }, signal)) return rm(target, { force: true });
    }
  }

  async join(segments: readonly Segment[], folder: string, signal: AbortSignal): Promise<void> {
    if (this.jumping && this.plan.tracks.length > 0) await this.retime(segments);
    const target = () => join(folder, `overlay.${this.plan.container}`);
    while (!(await this.written(segments, { target: target() }, signal)));
    for (const warning of this.plan.warnings) this.recording.warn(warning);
  }

  private async retime(segments: readonly Segment[]): Promise<void> {
    const sounds = this.plan.tracks.map(({ index }) => index);
    const filter = await soundFilter(this.recording, segments, 'overlay', sounds);
    const plan = this.plans.shift() as TrackPlan;
    if (filter !== undefined) this.plans.unshift({ ...plan, soundFilter: filter });
  }

  private get plan(): TrackPlan {
    return this.plans[0] as TrackPlan;
  }

  /** False where ffmpeg can't, and the next plan has taken this one's place. */
  private async written(
    segments: readonly Segment[],
    { target, seconds }: { readonly target: string; readonly seconds?: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const limit = seconds === undefined ? {} : { seconds };
    try {
      await joinVideo(this.recording, segments, { output: 'overlay', target, tracks: this.plan, ...limit }, signal);
      return true;
    } catch (error) {
      const failed = error instanceof MaskcastError && error.code === 'FFMPEG_FAILED';
      if (!failed || this.plans.length === 1) throw error;
      this.plans.shift();
      return false;
    }
  }
}

/** Sound that jumps otherwise than the pictures would lie on other frames than its own. */
const WITHOUT_SOUND = ({ container }: TrackPlan): TrackPlan => ({
  container,
  tracks: [],
  warnings: [
    "sound and subtitles are left out of the overlay: the recording's clock jumps back, and they can't be told to belong to its pictures",
  ],
});
