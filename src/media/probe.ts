import { access, constants, stat } from 'node:fs/promises';
import type { Clock } from '../core/clock.js';
import { type ErrorCode, isShortage, MaskcastError } from '../core/errors.js';
import type { SourceSpec } from '../core/source.js';
import { type Milliseconds, ms } from '../core/time.js';
import { fieldsOf } from './address/fields.js';
import { displaySource } from './address/redact.js';
import { explainRefusal } from './auth-challenge.js';
import { failureOf, sourceError } from './classify.js';
import { type MediaFacts, type ProbeReport, readFacts } from './facts.js';
import { type LogLine, parseLogLine } from './ffmpeg-log.js';
import { inputFor, isRecording } from './input.js';
import { LineSplitter } from './lines.js';
import { MediaProcess } from './media-process.js';
import { pictureFacts } from './picture-camera/facts.js';
import { PictureCamera } from './picture-camera/picture-camera.js';
import type { WebSource } from './picture-camera/web-client.js';
import { isVideoName } from './video-names.js';

export interface ProbeOptions {
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly connectTimeout: Milliseconds;
}

const MAX_REPORT_BYTES = 4 * 1024 * 1024;
const LOG_LINES = 200;

/** Asks ffprobe what a source is, and ffmpeg what its frames look like where ffprobe can't tell. @throws the typed reason why it cannot be read; CLOSED when `signal` aborts */
export async function probe(source: SourceSpec, options: ProbeOptions): Promise<MediaFacts> {
  if (source.kind === 'device' || (source.kind === 'file' && !source.images)) await checkPath(source);
  if (options.signal.aborted) throw new MaskcastError('CLOSED', 'the probe was cancelled');
  const pictures = source.kind === 'http' && mayBePictures(source) ? await lookForPictures(source, options) : undefined;
  if (pictures) return pictures;
  if (source.kind === 'http' && mayBePictures(source)) {
    const found = await askFfprobe(source, options, true).catch((error: unknown) => {
      if (error instanceof MaskcastError && TOO_BRIEF.has(error.code)) return undefined;
      throw error;
    });
    if (found) return watchable(source, found.facts);
  }
  const { facts, fieldsTold } = await askFfprobe(source, options, false);
  if (source.kind === 'http') watchable(source, facts);
  return fieldsTold || source.kind !== 'file' ? facts : { ...facts, ...(await fieldsOf(source, facts, options)) };
}

const STILL = /_pipe$|^(?:gif|apng)$/;

/** ffmpeg takes a picture that it is given once for the first of 25 a second. @throws MaskcastError NOT_VIDEO */
function watchable(source: WebSource, facts: MediaFacts): MediaFacts {
  const { container, codec, frames } = facts.info;
  if (!STILL.test(container) || (frames ?? 1) > 1) return facts;
  throw sourceError(source, 'NOT_VIDEO', `it is a single picture, ${codec}; such cameras are watched by JPEG or PNG`);
}

/** What a longer look may find after all. */
const TOO_BRIEF: ReadonlySet<ErrorCode> = new Set(['NOT_VIDEO', 'CORRUPT', 'CODEC_UNSUPPORTED']);

const PHOTO = /\.(jpe?g|png|webp|tiff?)$/i;
const FIRST_FRAME = ['-show_frames', '-read_intervals', '%+#1'];

async function askFfprobe(source: SourceSpec, options: ProbeOptions, brief: boolean): Promise<ProbeReport> {
  const input = inputFor(source, { purpose: 'probe', brief, patience: ms(options.connectTimeout + 5000) });
  const process = new MediaProcess({
    program: options.ffprobePath,
    // Only debug messages tell the container behind the script.
    args: [
      ...['-hide_banner', '-loglevel', input.script === undefined ? 'repeat+level+warning' : 'repeat+level+debug'],
      ...input.options,
      // The picture's own data say how a photo was held; nothing in the container does.
      ...(source.kind === 'file' && (source.images || PHOTO.test(source.path)) ? FIRST_FRAME : []),
      ...['-show_format', '-show_streams', '-of', 'json', '-i', input.url],
    ],
    script: input.script,
    outputs: [1],
    clock: options.clock,
  });
  let timedOut = false;
  const stop = () => void process.stop();
  const cancel = options.clock.after(options.connectTimeout, () => {
    timedOut = true;
    stop();
  });
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    const log: LogLine[] = [];
    const [report] = await Promise.all([readReport(process), readLog(process, log)]);
    const exit = await process.exited;
    if (options.signal.aborted) throw new MaskcastError('CLOSED', 'the probe was cancelled');
    if (timedOut) throw sourceError(source, 'TIMEOUT', `nothing within ${options.connectTimeout / 1000} s`);
    const complaints = log.filter(({ level }) => level !== 'debug' && level !== 'verbose' && level !== 'info');
    if (exit.code !== 0) {
      const failure = failureOf(source, complaints, exit.signal ? 'FFMPEG_FAILED' : 'NOT_VIDEO');
      throw await explainRefusal(source, failure);
    }
    return readFacts(source, report, log);
  } finally {
    cancel();
    options.signal.removeEventListener('abort', stop);
    await process.stop();
  }
}

/** Recordings and playlists are plainly something else: a request more is spared. */
const mayBePictures = ({ url }: WebSource): boolean => !isRecording(url) && !/\.m3u8(?:[?#]|$)/i.test(url);

/** What asking a second time, by ffprobe, would not change, or would make worse: cameras lock accounts. */
const SETTLED: ReadonlySet<ErrorCode> = new Set(['AUTH_FAILED', 'TIMEOUT', 'CLOSED', 'SIZE_UNSUPPORTED']);

async function lookForPictures(source: WebSource, options: ProbeOptions): Promise<MediaFacts | undefined> {
  let camera: PictureCamera | undefined;
  try {
    camera = await PictureCamera.open(source, options);
    return camera && pictureFacts(source, camera);
  } catch (error) {
    if (error instanceof MaskcastError && SETTLED.has(error.code)) throw error;
    return undefined;
  } finally {
    camera?.close();
  }
}

async function readReport(process: MediaProcess): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of process.output(1)) {
      bytes += (chunk as Uint8Array).length;
      if (bytes <= MAX_REPORT_BYTES) chunks.push(chunk as Uint8Array);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Keeps what explains a failure and what names the container; debug messages are many. */
async function readLog(process: MediaProcess, log: LogLine[]): Promise<void> {
  const splitter = new LineSplitter();
  const keep = (lines: readonly string[]) => {
    for (const text of lines) {
      const line = parseLogLine(text);
      if (log.length < LOG_LINES && (line.level !== 'debug' || line.text.startsWith('Format '))) log.push(line);
    }
  };
  for await (const chunk of process.output(2)) keep(splitter.push(chunk as Uint8Array));
  keep(splitter.flush());
}

/** `camera.example/live`, which may be a file's name just as well. */
const HOST_LIKE = /^[a-z\d-]+(?:\.[a-z\d-]+)+(?:[/?]|$)/i;

/** What the file system knows better than ffmpeg says it. */
async function checkPath(source: Extract<SourceSpec, { path: string }>): Promise<void> {
  const { path } = source;
  const shown = displaySource(source);
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (isShortage(cause)) {
      const why = `the machine has no room to open a file now (${cause.code})`;
      throw new MaskcastError('FFMPEG_FAILED', `${shown}: ${why}`, { cause, retryable: true });
    }
    const hint =
      HOST_LIKE.test(shown) && !isVideoName(shown) ? `; a camera's address begins with rtsp:// or http://` : '';
    throw new MaskcastError('NOT_FOUND', `${shown}: no such file (${cause.code})${hint}`, { cause });
  });
  if (found.isDirectory()) throw new MaskcastError('NOT_VIDEO', `${shown}: this is a folder, not a video`);
  if (found.isFile() && found.size === 0) throw new MaskcastError('NOT_VIDEO', `${shown}: the file is empty (0 bytes)`);
  await access(path, constants.R_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new MaskcastError('NOT_FOUND', `${shown}: this user may not read it (${cause.code})`, { cause });
  });
}
