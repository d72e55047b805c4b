import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Drawable } from '../../../src/viewer/render/compositor.js';
import type { Screen } from '../../../src/viewer/render/screen.js';
import { Player } from '../../../src/viewer/state/player.js';
import { ApiError } from '../../../src/viewer/transport/api.js';
import { settle } from '../../support/fakes/manual-clock.js';
import { MaskRequests, timesOf } from './masks.js';

const FPS = 25;

/** A video element that shows what the test says, when it says so. */
class ScriptedVideo extends EventTarget {
  readonly seeks: number[] = [];
  plays = 0;
  paused = true;
  ended = false;
  seeking = false;
  duration = 40;
  readyState = 0;
  playbackRate = 1;
  muted = false;
  /** Seconds, of the picture on it. */
  shown = 0;
  callback: (() => void) | undefined;

  get currentTime(): number {
    return this.shown;
  }

  set currentTime(seconds: number) {
    this.seeks.push(seconds);
    this.seeking = true;
  }

  async play(): Promise<void> {
    this.plays++;
    this.paused = false;
  }

  pause(): void {
    this.paused = true;
    this.dispatchEvent(new Event('pause'));
  }

  requestVideoFrameCallback(callback: () => void): number {
    this.callback = callback;
    return 1;
  }

  cancelVideoFrameCallback(): void {
    this.callback = undefined;
  }

  /** The seek that is under way has come to its end; the picture there follows. */
  arrive(): void {
    this.seeking = false;
    this.dispatchEvent(new Event('seeked'));
  }

  show(frame: number): void {
    this.shown = frame / FPS;
    this.callback?.();
  }
}

/** A picture as browsers hand it out; it has to be closed. */
class Picture {
  static readonly open = new Set<Picture>();
  readonly timestamp: number;
  readonly displayWidth = 320;
  readonly displayHeight = 192;

  constructor({ shown }: ScriptedVideo) {
    this.timestamp = Math.round(shown * 1e6);
    Picture.open.add(this);
  }

  close(): void {
    Picture.open.delete(this);
  }
}

let video: ScriptedVideo;
let requests: MaskRequests;
/** Number and label of what was drawn; 255 where there is no mask. */
let drawn: [number: number, label: number | undefined][];
let animationFrames: (() => void)[];
let player: Player;

const open = (times = timesOf(1000)) => {
  const screen = {
    show: ({ message, planes }: Drawable) => drawn.push([message.number, planes.labels[0]]),
    forgetFrame: () => {},
  };
  player = new Player({
    ...{ id: 'walk', times, classes: 256 },
    video: video as unknown as HTMLVideoElement,
    screen: screen as unknown as Screen,
  });
};

/** The first picture is on screen, with its mask, and so many masks after it are there. */
const begun = async (ahead = 0) => {
  open();
  video.show(0);
  for (let number = 0; number <= ahead; number++) await requests.answer(number);
  drawn.length = 0;
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('window', {});
  vi.stubGlobal('VideoFrame', Picture);
  vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
  animationFrames = [];
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => animationFrames.push(callback));
  video = new ScriptedVideo();
  requests = new MaskRequests();
  drawn = [];
});
afterEach(() => {
  player.close();
  expect([Picture.open.size, video.callback]).toEqual([0, undefined]);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('a picture', () => {
  it('is drawn together with the mask of its own time, and waits for it', async () => {
    open();
    video.show(0);
    expect(drawn).toEqual([]);
    await requests.answer(1);
    expect(drawn).toEqual([]);
    await requests.answer(0);
    expect(drawn).toEqual([[0, 0]]);
    video.show(1);
    expect(drawn.at(-1)).toEqual([1, 1]);
    expect([player.place.value, player.index]).toEqual([{ kind: 'frame', index: 1 }, 1]);
  });

  it('that was waiting goes where a newer one comes', async () => {
    await begun();
    video.show(2);
    video.show(3);
    expect(Picture.open.size).toBe(2);
    await requests.answer(2);
    expect(drawn).toEqual([]);
    await requests.answer(3);
    expect(drawn).toEqual([[3, 3]]);
  });

  it('whose mask can not be had is drawn without, and that is said', async () => {
    await begun();
    video.show(1);
    await requests.refuse(1, new ApiError('NOT_FOUND', 'there is none', 404));
    expect([drawn, player.maskFailed.value]).toEqual([[[1, 255]], true]);
  });

  it('waits for nothing while masks are off, and for its own mask again when they are on', async () => {
    await begun();
    player.showMasks = false;
    video.show(7);
    expect(drawn.at(-1)).toEqual([7, 255]);
    player.showMasks = true;
    expect(drawn.at(-1)).toEqual([7, 255]);
    await requests.answerUntil(7);
    expect(drawn.at(-1)).toEqual([7, 7]);
  });

  it('that has no mask of its own between sampled ones is not drawn', async () => {
    open(timesOf(1000, { step: 10 }));
    video.show(0);
    await requests.answer(0);
    video.show(4);
    expect(drawn).toEqual([[0, 0]]);
    expect(Picture.open.size).toBe(1);
    video.show(10);
    await requests.answer(10);
    expect(drawn.at(-1)).toEqual([10, 10]);
  });

  it('is fetched by the second animation frame where the browser says nothing of it', async () => {
    await begun();
    player.seek(1);
    video.shown = 1;
    video.arrive();
    for (let turn = 0; turn < 2; turn++) animationFrames.splice(0).forEach((callback) => void callback());
    await requests.answerUntil(25);
    expect(drawn).toEqual([[25, 25]]);
  });
});

describe('a video that plays', () => {
  it('is held back while masks are missing, says so after a while, and goes on when twenty are there', async () => {
    await begun();
    player.togglePlay();
    expect([video.paused, video.plays]).toEqual([false, 1]);
    video.show(1);
    expect([video.paused, player.playing.value, player.waiting.value]).toEqual([true, true, false]);
    await vi.advanceTimersByTimeAsync(350);
    expect(player.waiting.value).toBe(true);
    for (let number = 1; number < 20; number++) await requests.answer(number);
    expect([drawn, player.waiting.value, video.paused]).toEqual([[[1, 1]], false, true]);
    await requests.answer(20);
    expect([video.paused, video.plays, player.playing.value]).toEqual([false, 2, true]);
  });

  it('stays where it is when masks come after the person has paused it', async () => {
    await begun();
    player.togglePlay();
    video.show(1);
    player.togglePlay();
    for (let number = 1; number <= 30; number++) await requests.answer(number);
    expect([player.playing.value, video.paused, video.plays]).toEqual([false, true, 1]);
  });

  it('goes on without masks when they are switched off', async () => {
    await begun();
    player.togglePlay();
    video.show(1);
    player.showMasks = false;
    expect([video.paused, drawn]).toEqual([false, [[1, 255]]]);
  });

  it('that the browser itself pauses is paused, and one that it refuses to play, too', async () => {
    await begun(20);
    player.togglePlay();
    video.pause();
    expect(player.playing.value).toBe(false);
    video.play = () => Promise.reject(new DOMException('no gesture', 'NotAllowedError'));
    player.togglePlay();
    await settle();
    expect(player.playing.value).toBe(false);
  });
});

describe('a seek', () => {
  it('goes into the middle of the frame, and of many in a row the last one counts', async () => {
    await begun();
    for (const seconds of [1, 2, 3]) player.seek(seconds);
    expect(video.seeks).toEqual([1.02]);
    expect(player.time.value).toBe(3);
    video.arrive();
    expect(video.seeks).toEqual([1.02, 3.02]);
    video.arrive();
    video.show(75);
    await requests.answerUntil(75);
    expect([video.seeks.length, drawn]).toEqual([2, [[75, 75]]]);
  });

  it('before the first picture waits for it: only that tells how the video counts', async () => {
    open();
    player.seek(2);
    expect(video.seeks).toEqual([]);
    video.show(0);
    expect(video.seeks).toEqual([2.02]);
  });

  it('by frames counts from where it is going, not from what is on screen', async () => {
    await begun();
    for (let key = 0; key < 5; key++) player.stepFrame(1);
    player.stepFrame(-1);
    expect(player.index).toBe(4);
    video.arrive();
    expect(video.seeks.at(-1)).toBeCloseTo(4 / FPS + 0.02);
  });

  it('stays within the recording', async () => {
    await begun();
    player.seek(-5);
    player.seek(1e6);
    expect(player.time.value).toBe(40);
    video.arrive();
    expect(video.seeks.map((seconds) => Math.round(seconds))).toEqual([0, 40]);
  });
});
