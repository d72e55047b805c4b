import type { IncomingMessage } from 'node:http';
import { type Clock, sleep } from '../../core/clock.js';
import { type ErrorCode, MaskcastError } from '../../core/errors.js';
import { type Milliseconds, ms } from '../../core/time.js';
import { sourceError } from '../classify.js';
import { JpegCutter } from './jpeg-cutter.js';
import { isPng, PngAnswer } from './png.js';
import { WebClient, type WebSource } from './web-client.js';

export interface PictureCameraOptions {
  readonly clock: Clock;
  /** For the first picture, and for the answer to each later request. */
  readonly connectTimeout: Milliseconds;
  /** From one request to the next, where each answer is a single picture. */
  readonly refresh?: Milliseconds;
  readonly signal: AbortSignal;
}

/** Fast enough to see somebody pass, and nothing that a small camera minds. */
const DEFAULT_REFRESH = ms(1000);
/** Bytes without a picture after which an answer is taken for something else. */
const PATIENCE_BYTES = 2 * 1024 * 1024;

/**
 * A camera that sends pictures over HTTP: JPEGs without end in one answer, however they are framed, or one an answer, JPEG or PNG, which is
 * asked for again and again.
 *
 * In: an address. Out: pictures, each as soon as its last byte has come. Always holds: when `close` returns, no connection is left;
 * an answer that is something else is not read on.
 */
export class PictureCamera {
  private readonly cutter = new JpegCutter();
  /** Of the present answer, where that is a PNG. */
  private png: PngAnswer | undefined;
  private readonly client: WebClient;
  private readonly closing = new AbortController();
  private readonly ready: Buffer[] = [];
  private body: AsyncIterator<Uint8Array> | undefined;
  private answer: IncomingMessage | undefined;
  private newest: Buffer | undefined;
  /** Pictures in the present answer. */
  private count = 0;
  private single = false;

  private constructor(
    private readonly source: WebSource,
    private readonly options: PictureCameraOptions,
  ) {
    options.signal.addEventListener('abort', () => this.close(), { once: true });
    if (options.signal.aborted) this.closing.abort();
    this.client = new WebClient(source, this.closing.signal);
  }

  /**
   * @returns undefined where the address answers with something else, which ffmpeg may know
   * @throws MaskcastError AUTH_FAILED, NOT_FOUND, TIMEOUT, TLS, CONNECTION_FAILED; CLOSED when the signal aborts
   */
  static async open(source: WebSource, options: PictureCameraOptions): Promise<PictureCamera | undefined> {
    const camera = new PictureCamera(source, options);
    let found = false;
    try {
      found = await camera.within(() => camera.begin());
      return found ? camera : undefined;
    } finally {
      if (!found) camera.close();
    }
  }

  /** Whether each answer is a single picture, as far as is known by now. */
  get still(): boolean {
    return this.single;
  }

  /** The picture that came last, and before `pictures` is called the first. */
  get picture(): Buffer {
    if (!this.newest) throw new MaskcastError('INTERNAL', 'the camera has not sent a picture yet');
    return this.newest;
  }

  /**
   * From the first one on, for ever. Where a camera says that nothing is new the last one is given again: it is alive.
   * @throws MaskcastError why no more come
   */
  async *pictures(): AsyncGenerator<Buffer, never, undefined> {
    yield this.picture;
    for (;;) {
      for (let next = await this.next(); next; next = await this.next()) yield next;
      if (!this.single) throw sourceError(this.source, 'SOURCE_ENDED', 'the camera ended the series of pictures');
      const begin = this.options.clock.now();
      const next = await this.within(() => this.again());
      yield next;
      const left = (this.options.refresh ?? DEFAULT_REFRESH) - (this.options.clock.now() - begin);
      if (left > 0) await sleep(this.options.clock, ms(left), this.closing.signal);
    }
  }

  close(): void {
    this.closing.abort();
    this.answer?.destroy();
    this.client.close();
  }

  /** Reads up to the first picture. @returns false where there is none in sight */
  private async begin(): Promise<boolean> {
    const answer = await this.client.get();
    this.take(answer);
    if (!mayBePictures(answer)) return false;
    if ((await this.next(PATIENCE_BYTES)) === undefined) return false;
    this.single = isImage(answer);
    return true;
  }

  /** One more picture of a camera that has a single one an answer. */
  private async again(): Promise<Buffer> {
    const etag = this.answer?.headers.etag;
    const modified = this.answer?.headers['last-modified'];
    const answer = await this.client.get({
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
      ...(modified === undefined ? {} : { 'If-Modified-Since': modified }),
    });
    if (answer.statusCode === 304) {
      answer.resume();
      return this.picture;
    }
    this.take(answer);
    const before = this.picture;
    const picture = await this.next();
    if (!picture) throw sourceError(this.source, 'CORRUPT', 'the answer holds no whole picture');
    if (isPng(picture) !== isPng(before)) {
      throw sourceError(this.source, 'SOURCE_ENDED', 'the camera gives pictures of another kind now');
    }
    return picture;
  }

  private take(answer: IncomingMessage): void {
    const { statusCode = 0 } = answer;
    if (statusCode !== 200) {
      answer.resume();
      throw sourceError(this.source, statusCodes(statusCode), `it answers ${statusCode}`);
    }
    this.answer = answer;
    this.body = answer[Symbol.asyncIterator]();
    this.png = undefined;
    this.count = 0;
  }

  /** The next picture of the present answer, or undefined at its end, or after `most` bytes without one. */
  private async next(most = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    for (let bytes = 0; this.ready.length === 0; ) {
      const chunk = await this.read();
      if (chunk === undefined) {
        const whole = this.png?.whole();
        if (whole) this.ready.push(whole);
        this.png = undefined;
        break;
      }
      if (bytes === 0 && this.count === 0 && isPng(chunk)) this.png = new PngAnswer();
      bytes += chunk.length;
      if (this.png) this.png.push(chunk);
      else if (bytes > most) break;
      else this.ready.push(...this.cutter.push(chunk));
    }
    const picture = this.ready.shift();
    if (picture) {
      this.newest = picture;
      this.count += 1;
    }
    // Some send pictures without end and call them one; others give a single one no type.
    if (this.count > 1) this.single = false;
    else if (!picture && this.count === 1 && this.answer && !isMultipart(this.answer)) this.single = true;
    return picture;
  }

  private async read(): Promise<Uint8Array | undefined> {
    try {
      const result = await this.body?.next();
      return result && !result.done ? result.value : undefined;
    } catch (cause) {
      if (this.closing.signal.aborted) throw new MaskcastError('CLOSED', 'the camera was closed', { cause });
      throw sourceError(this.source, 'CONNECTION_FAILED', (cause as Error).message);
    }
  }

  private async within<T>(action: () => Promise<T>): Promise<T> {
    const { clock, connectTimeout } = this.options;
    let timedOut = false;
    const cancel = clock.after(connectTimeout, () => {
      timedOut = true;
      this.close();
    });
    try {
      return await action();
    } catch (error) {
      throw timedOut ? sourceError(this.source, 'TIMEOUT', `no picture within ${connectTimeout / 1000} s`) : error;
    } finally {
      cancel();
    }
  }
}

const typeOf = (answer: IncomingMessage): string => (answer.headers['content-type'] ?? '').toLowerCase();
const isMultipart = (answer: IncomingMessage): boolean => typeOf(answer).startsWith('multipart/');
const isImage = (answer: IncomingMessage): boolean => /^image\/(?:p?jpe?g|png)/.test(typeOf(answer));

/** Cameras that give no type, or a wrong one, are read on; what is plainly something else is not. */
function mayBePictures(answer: IncomingMessage): boolean {
  const type = typeOf(answer);
  return type === '' || isImage(answer) || /^multipart\/|^application\/octet-stream|motion-?jpe?g|mjpe?g/.test(type);
}

function statusCodes(status: number): ErrorCode {
  if (status === 403) return 'AUTH_FAILED';
  return status === 404 || status === 410 ? 'NOT_FOUND' : 'CONNECTION_FAILED';
}
