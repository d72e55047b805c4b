import { type Signal, signal } from '@preact/signals';
import type { Size } from '../../core/geometry.js';
import type { FrameTimes, TimePlace } from '../lib/frame-times.js';
import { classShares } from '../lib/shares.js';
import type { Drawable } from '../render/compositor.js';
import type { Screen } from '../render/screen.js';
import { reportPaint } from './debug.js';
import { MaskStore } from './mask-store.js';

/** What the player needs of a browser: a picture together with its time, and word of every new one. */
export const canPlayWithMasks = (): boolean =>
  typeof VideoFrame === 'function' && 'requestVideoFrameCallback' in HTMLVideoElement.prototype;

/** Playing goes on when so many masks are there. */
const READY_AHEAD = 20;
/** A wait that is shorter is not worth a sign. */
const PATIENCE_MS = 350;
/** The playhead and the read-out follow every frame; what screen readers and panels show, less often. */
const REPORT_MS = 250;
export const SPEEDS = [0.25, 0.5, 1, 1.5, 2] as const;

const NO_MASK: Size = { width: 1, height: 1 };
const NO_LABELS = { labels: Uint8Array.of(255), confidence: undefined };

interface Picture {
  readonly frame: VideoFrame;
  /** Seconds from the beginning of the video, as the masks' times are. */
  readonly time: number;
  readonly place: TimePlace;
}

/**
 * Plays a recording with its masks.
 *
 * In: a video element, the times of the masks, what the person wants. Out: frames on a screen, and signals. Always: picture and mask
 * are drawn together and belong to one frame, by the picture's own timestamp; where the mask is not there yet, the picture waits,
 * and a video that plays waits with it; while masks are switched off, nothing waits.
 */
export class Player {
  readonly time: Signal<number> = signal(0);
  /** As `time`, a few times a second. */
  readonly slowTime: Signal<number> = signal(0);
  readonly playing: Signal<boolean> = signal(false);
  /** The picture waits for its mask, and has for a while. */
  readonly waiting: Signal<boolean> = signal(false);
  readonly place: Signal<TimePlace> = signal({ kind: 'outside' });
  /** The mask on screen could not be had. */
  readonly maskFailed: Signal<boolean> = signal(false);
  readonly shares: Signal<Float64Array | undefined> = signal(undefined);
  readonly duration: Signal<number> = signal(0);
  readonly speed: Signal<number> = signal(1);
  readonly muted: Signal<boolean> = signal(false);
  readonly times: FrameTimes;

  readonly #id: string;
  readonly #video: HTMLVideoElement;
  readonly #screen: Screen;
  readonly #masks: MaskStore;
  readonly #classes: number;
  readonly #stop = new AbortController();
  #showMasks = true;
  #callback = 0;
  /** On screen. */
  #shown: Picture | undefined;
  #drawn: Drawable | undefined;
  /** Waits for its mask. */
  #pending: Picture | undefined;
  /** The video is held back until masks are there; the person wants it to play. */
  #held = false;
  /** The time that was asked for last, until a picture has come: a frame's own time where one was meant. */
  #target: number | undefined;
  /** Where the playhead goes once it has come to where it is going now. */
  #queuedSeek: number | undefined;
  /** Where the playhead could not go yet: the video turns out to be longer while the browser reads it. */
  #beyond: number | undefined;
  /** Pictures taken from the video so far. */
  #pictures = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #reportedAt = 0;
  /** The video element's time of what the masks call 0; the first picture tells it, and until then the video stays where it is. */
  #offset: number | undefined;

  /** @param classes of the model, for shares */
  constructor(parts: {
    readonly id: string;
    readonly video: HTMLVideoElement;
    readonly screen: Screen;
    readonly times: FrameTimes;
    readonly classes: number;
  }) {
    this.#id = parts.id;
    this.#video = parts.video;
    this.#screen = parts.screen;
    this.times = parts.times;
    this.#classes = parts.classes;
    this.#masks = new MaskStore(parts.id, parts.times, (index) => this.#onMask(index));
    this.#listen();
    this.#masks.aim(0, false);
    this.#request();
  }

  /** Index among the masks of what is on screen, or will be. */
  get index(): number {
    if (this.#target !== undefined) return this.times.nearest(this.#target);
    const place = (this.#pending ?? this.#shown)?.place;
    return place?.kind === 'frame' ? place.index : this.times.nearest(this.time.value);
  }

  /** For reading labels under a pointer and for snapshots. */
  get current(): Drawable | undefined {
    return this.#drawn;
  }

  set showMasks(shown: boolean) {
    this.#showMasks = shown;
    const newest = this.#pending ?? this.#shown;
    if (!newest) return;
    if (shown && newest.place.kind === 'between') this.seek(newest.time);
    else this.#present(newest);
    if (!shown && this.#held) this.#play();
  }

  togglePlay(): void {
    if (this.playing.value) {
      this.#held = false;
      this.playing.value = false;
      this.#video.pause();
      this.#masks.aim(this.index, false);
      return;
    }
    if (this.#video.ended) this.seek(0);
    this.playing.value = true;
    this.#masks.aim(this.index, true);
    if (this.#pending || this.#offset === undefined) this.#held = true;
    else this.#play();
  }

  /** @param time seconds; with sampled masks, the nearest frame that has one */
  seek(time: number): void {
    const within = Math.min(Math.max(0, time), this.duration.value || Number.POSITIVE_INFINITY);
    const nearest = this.times.nearest(within);
    const place = this.times.at(within);
    const snap = place.kind === 'frame' || this.times.atEdge(within) || (place.kind === 'between' && this.#showMasks);
    // Not where the playhead goes, which is as near to the next frame.
    this.#target = snap ? this.times.seconds[nearest] : within;
    const playhead = snap ? this.times.seekTarget(nearest) : within;
    this.time.value = this.slowTime.value = within;
    this.#masks.aim(nearest, this.playing.value);
    // A video that is asked for many places in a row, as by dragging, is given the last one only.
    this.#beyond = undefined;
    if (this.#video.seeking || this.#offset === undefined) this.#queuedSeek = playhead;
    else this.#move(playhead, this.#offset);
  }

  #move(playhead: number, offset: number): void {
    const wanted = playhead + offset;
    // The browser goes to the end that it knows of.
    this.#beyond = wanted > this.#video.duration ? playhead : undefined;
    this.#video.currentTime = wanted;
  }

  seekBy(seconds: number): void {
    this.seek((this.#target ?? this.time.value) + seconds);
  }

  stepFrame(by: -1 | 1): void {
    if (this.playing.value) this.togglePlay();
    const next = this.times.step(this.index, by);
    this.seek(this.times.seconds[next] ?? 0);
  }

  stepSpeed(by: -1 | 1): void {
    const at = SPEEDS.findIndex((speed) => speed >= this.speed.value);
    this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + by))] ?? 1);
  }

  setSpeed(speed: number): void {
    this.speed.value = speed;
    this.#video.playbackRate = speed;
  }

  toggleMute(): void {
    this.muted.value = !this.muted.value;
    this.#video.muted = this.muted.value;
  }

  #dropPending(): void {
    // While masks are being switched on, the picture on screen itself waits for its mask.
    if (this.#pending?.frame !== this.#shown?.frame) this.#pending?.frame.close();
    this.#pending = undefined;
  }

  close(): void {
    this.#stop.abort();
    this.#video.cancelVideoFrameCallback(this.#callback);
    clearTimeout(this.#patience);
    this.#masks.close();
    this.#screen.forgetFrame();
    this.#dropPending();
    this.#shown?.frame.close();
  }

  #listen(): void {
    const video = this.#video;
    const { signal: stopped } = this.#stop;
    const on = (name: string, listener: () => void) => video.addEventListener(name, listener, { signal: stopped });
    on('durationchange', () => {
      this.#readDuration();
      this.#queuedSeek ??= this.#beyond;
      this.#beyond = undefined;
      if (!video.seeking) this.#seekQueued();
    });
    on('loadedmetadata', () => this.#readDuration());
    on('pause', () => {
      // By the browser: the end, or another page that wants to sound. What is held back is paused by ourselves.
      if (video.paused && !this.#held) this.playing.value = false;
    });
    on('seeked', () => {
      if (!this.#seekQueued()) this.#expectPicture();
    });
    on('loadeddata', () => this.#expectPicture());
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) this.#expectPicture();
    this.#readDuration();
  }

  /** Goes where the playhead was sent meanwhile. @returns false where it was sent nowhere */
  #seekQueued(): boolean {
    const queued = this.#queuedSeek;
    if (queued === undefined || this.#offset === undefined) return false;
    this.#queuedSeek = undefined;
    this.#move(queued, this.#offset);
    return true;
  }

  /** Files that were written as they came have no length in their header, and some tell theirs without what comes before the picture. */
  #readDuration(): void {
    const { duration } = this.#video;
    const told = Number.isFinite(duration) ? duration - (this.#offset ?? 0) : 0;
    this.duration.value = Math.max(told, this.times.end);
  }

  #play(): void {
    this.#held = false;
    this.#video.play().catch((error: DOMException) => {
      // A pause cut it short: the person's has been seen to, and what is held back still means to play.
      if (error.name !== 'AbortError') this.playing.value = false;
    });
  }

  #request(): void {
    this.#callback = this.#video.requestVideoFrameCallback(() => {
      this.#request();
      this.#onPicture();
    });
  }

  /**
   * Browsers promise no callback for every picture, none for what they showed before they were asked, and a video at rest shows no
   * other: where none has come by the second animation frame after the first picture or a seek, it is fetched.
   */
  #expectPicture(): void {
    const count = this.#pictures;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const none = this.#pictures === count && !this.#video.seeking;
        if (none && !this.#stop.signal.aborted) this.#onPicture();
      }),
    );
  }

  /** In: the picture that the video shows. Its own timestamp says which it is; the callback's may be one behind. */
  #onPicture(): void {
    this.#pictures++;
    const frame = new VideoFrame(this.#video);
    const own = frame.timestamp / 1e6;
    const isFirst = this.#offset === undefined;
    const offset = this.#offset ?? this.times.clockOffset(own);
    this.#offset = offset;
    if (isFirst) this.#readDuration();
    const time = own - offset;
    if (!this.#video.seeking && this.#queuedSeek === undefined) this.#target = undefined;
    this.#present({ frame, time, place: this.times.at(time) });
    if (isFirst) this.#seekQueued();
  }

  /** Draws the picture with its mask, or keeps it until the mask is there. */
  #present(picture: Picture): void {
    if (this.#pending === picture) this.#pending = undefined;
    else this.#dropPending();
    const { place } = picture;
    if (!this.#showMasks || place.kind === 'outside') {
      this.#draw(picture, undefined);
    } else if (place.kind === 'between') {
      // The last sampled frame stays, whole, until the next: a picture without its mask would flicker between them.
      picture.frame.close();
    } else {
      this.#masks.aim(place.index, this.playing.value);
      const mask = this.#masks.get(place.index);
      if (mask) this.#draw(picture, mask === 'failed' ? undefined : mask);
      else this.#wait(picture);
    }
  }

  /** Keeps the picture until its mask is there; a video that plays is held back. */
  #wait(picture: Picture): void {
    this.#pending = picture;
    this.#patience ??= setTimeout(() => {
      this.waiting.value = true;
    }, PATIENCE_MS);
    if (this.playing.value && !this.#held) {
      this.#held = true;
      this.#video.pause();
    }
  }

  #onMask(index: number): void {
    const pending = this.#pending;
    if (pending?.place.kind === 'frame' && pending.place.index === index) this.#present(pending);
    this.#resume();
  }

  /** Lets a video that was held back play, once it need not stop again soon. */
  #resume(): void {
    const place = this.#shown?.place;
    if (!this.#held || this.#pending || !place) return;
    if (place.kind !== 'frame' || this.#masks.ahead(place.index, READY_AHEAD) >= READY_AHEAD) this.#play();
  }

  #draw(picture: Picture, mask: { readonly size: Size; readonly labels: Uint8Array } | undefined): void {
    const { frame, time, place } = picture;
    const number = place.kind === 'frame' ? (this.times.numberOf(place.index) ?? -1) : -1;
    const drawable: Drawable = {
      message: {
        number,
        picture: { width: frame.displayWidth, height: frame.displayHeight },
        maskSize: mask?.size ?? NO_MASK,
      },
      bitmap: frame,
      planes: mask ? { labels: mask.labels, confidence: undefined } : NO_LABELS,
    };
    this.#screen.show(drawable);
    if (this.#shown?.frame !== frame) this.#shown?.frame.close();
    this.#shown = picture;
    this.#drawn = drawable;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.waiting.value = false;
    this.maskFailed.value = this.#showMasks && place.kind === 'frame' && mask === undefined;
    this.place.value = place;
    if (this.#target === undefined) this.time.value = time;
    this.#report(mask?.labels);
    reportPaint({ stream: this.#id, number, latency: Number.NaN });
    this.#resume();
  }

  #report(labels: Uint8Array | undefined): void {
    const now = performance.now();
    if (this.playing.value && now - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = now;
    this.slowTime.value = this.time.value;
    this.shares.value = labels && classShares(labels, this.#classes);
  }
}
