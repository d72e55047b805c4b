import { vi } from 'vitest';
import { FrameTimes } from '../../../src/viewer/lib/frame-times.js';
import * as maskImage from '../../../src/viewer/lib/mask-image.js';
import { ApiError } from '../../../src/viewer/transport/api.js';
import { jobsApi } from '../../../src/viewer/transport/jobs-api.js';
import { settle } from '../../support/fakes/manual-clock.js';

/** A recording of `frames` frames, of which every `step`-th has a mask. */
export function timesOf(frames: number, { fps = 25, step = 1 } = {}): FrameTimes {
  const numbers = Array.from({ length: Math.ceil(frames / step) }, (_, index) => index * step);
  return new FrameTimes({ numbers, seconds: numbers.map((number) => number / fps), start: 0, first: 0 });
}

const ONE_PIXEL = { width: 1, height: 1 };

interface Request {
  readonly number: number;
  readonly resolve: (png: Uint8Array<ArrayBuffer>) => void;
  readonly reject: (error: ApiError) => void;
}

/** What the page asks of the server's mask pictures, answered by the test: mask n is one pixel of class n, up to 255. How they are packed is not of interest here. */
export class MaskRequests {
  readonly aborted: number[] = [];
  private requests: Request[] = [];

  constructor() {
    vi.spyOn(maskImage, 'readMaskImage').mockImplementation(async (labels) => ({ size: ONE_PIXEL, labels }));
    vi.spyOn(jobsApi, 'mask').mockImplementation((_job, number, signal) => {
      return new Promise((resolve, reject) => {
        this.requests.push({ number, resolve, reject });
        signal.addEventListener('abort', () => {
          if (!this.take(number)) return;
          this.aborted.push(number);
          reject(new ApiError('ABORTED', 'the request was given up', 0));
        });
      });
    });
  }

  /** Frames whose masks are asked for and not answered. */
  get open(): number[] {
    return this.requests.map(({ number }) => number);
  }

  async answer(number: number): Promise<void> {
    this.take(number)?.resolve(Uint8Array.of(number % 256));
    await settle();
  }

  /** Answers what is asked for, in its order, until `number` is among it, and that. */
  async answerUntil(number: number): Promise<void> {
    await settle();
    for (let next = this.open[0]; next !== undefined && !this.open.includes(number); next = this.open[0]) {
      await this.answer(next);
    }
    await this.answer(number);
  }

  async refuse(number: number, error: ApiError): Promise<void> {
    this.take(number)?.reject(error);
    await settle();
  }

  private take(number: number): Request | undefined {
    const found = this.requests.find((request) => request.number === number);
    this.requests = this.requests.filter((request) => request !== found);
    return found;
  }
}
