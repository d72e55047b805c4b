import { type ErrorCode, MaskcastError } from '../core/errors.js';
import type { SourceSpec } from '../core/source.js';
import { diskFull } from '../flow/durable.js';
import { placeOf, scrubber } from './address/redact.js';
import { fullUrl } from './address/user-info.js';
import { FILTERS_FAILED, isAboutFilters, type LogLine } from './ffmpeg-log.js';
import type { ProcessExit } from './media-process.js';

/**
 * From what ffmpeg and ffprobe print to a typed reason: the only place that reads it.
 *
 * In: raw log lines. Out: one MaskcastError. About a source: why it gives no picture, scrubbed; the code is found first, since a
 * password that looks like an error must not hide one. About work on our own files: whether the disk is full; what else goes
 * wrong there is a fault of the tool, whatever it says.
 */

interface Sign {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
}

/** The first that matches any line wins: causes stand before the general words that ffmpeg ends with. */
const SIGNS: readonly Sign[] = [
  {
    pattern: /\b401\b.*Unauthorized|Unauthorized.*\b401\b|\b403\b.*Forbidden|authorization failed/i,
    code: 'AUTH_FAILED',
  },
  {
    pattern: /\b404\b.*Not Found|No such file or directory|\b454\b.*Session Not Found|\b410\b.*Gone/i,
    code: 'NOT_FOUND',
  },
  {
    pattern:
      /\b(?:SSL|TLS) (?:error|handshake)|TLS packet|\[tls\b.*\berror|certificate|gnutls|wrong version number|ssl routines/i,
    code: 'TLS',
  },
  {
    pattern:
      /Failed to resolve hostname|Name or service not known|Temporary failure in name resolution|No address associated/i,
    code: 'CONNECTION_FAILED',
  },
  {
    pattern:
      /Connection (?:refused|reset)|Network is unreachable|No route to host|Host is (?:down|unreachable)|Broken pipe|Cannot assign requested address|Device or resource busy/i,
    code: 'CONNECTION_FAILED',
  },
  { pattern: /Connection timed out|Operation timed out|ETIMEDOUT|\btimeout\b.*reached/i, code: 'TIMEOUT' },
  {
    pattern: /Server returned 5\d\d|5XX Server Error|\b5\d\d (?:Internal|Service|Bad Gateway)/i,
    code: 'CONNECTION_FAILED',
  },
  { pattern: /Server returned 4\d\d|4XX Client Error|method \w+ failed: 4\d\d/i, code: 'CONNECTION_FAILED' },
  { pattern: /\bencv\b|encrypted|decryption key/i, code: 'CODEC_UNSUPPORTED' },
  {
    pattern:
      /Decoder \(codec [^)]*\) not found|no decoder found|Unsupported codec|Unknown decoder|Decoding requested, but no decoder/i,
    code: 'CODEC_UNSUPPORTED',
  },
  { pattern: /misdetection possible|not on whitelist/i, code: 'NOT_VIDEO' },
  {
    pattern: /moov atom not found|EBML header parsing failed|partial file|Truncat|error reading header/i,
    code: 'CORRUPT',
  },
  {
    pattern: /Picture size \d+x\d+ is invalid|exceeds specified max pixel count|Cannot allocate memory/i,
    code: 'SIZE_UNSUPPORTED',
  },
  { pattern: /Stream ends prematurely|Input\/output error|Protocol not found|End of file/i, code: 'CONNECTION_FAILED' },
  {
    pattern: /Invalid data found|matches no streams|does not contain any stream/i,
    code: 'NOT_VIDEO',
  },
];

const EXPLAINED: Partial<Record<ErrorCode, string>> = {
  AUTH_FAILED: 'the user or password is wrong, or the account may not watch',
  NOT_FOUND: 'there is nothing at this address',
  TIMEOUT: 'no answer in time',
  TLS: 'no encrypted connection could be made',
  CONNECTION_FAILED: 'the connection failed',
  CODEC_UNSUPPORTED: 'this ffmpeg cannot decode the codec',
  CORRUPT: 'the data is damaged or incomplete',
  NOT_VIDEO: 'this is no video that ffmpeg can read',
  SIZE_UNSUPPORTED: 'the picture size is not supported',
  SOURCE_ENDED: 'the stream ended',
  FFMPEG_FAILED: 'ffmpeg failed',
};

/** Whether the same source may work later though nobody changes anything. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'TIMEOUT',
  'CONNECTION_FAILED',
  'FFMPEG_FAILED',
  'SOURCE_ENDED',
  'TLS',
]);

/** The code that the log points to, or `fallback`. */
export function classify(source: SourceSpec, log: readonly LogLine[], fallback: ErrorCode): ErrorCode {
  return diagnose(source, log, fallback).code;
}

function diagnose(source: SourceSpec, log: readonly LogLine[], fallback: ErrorCode): Diagnosis {
  const lines = log.map((line) => ({
    line,
    text: `${line.component ? `[${line.component}] ` : ''}${withoutName(source, line.text)}`,
  }));
  for (const { pattern, code } of SIGNS) {
    const found = lines.find(({ text }) => pattern.test(text));
    // What answers on the port of a camera but does not speak RTSP is no damaged video.
    if (found)
      return { code: source.kind === 'rtsp' && code === 'NOT_VIDEO' ? 'CONNECTION_FAILED' : code, line: found.line };
  }
  return { code: fallback, line: log.find((line) => line.level !== 'warning') ?? log[0] };
}

interface Diagnosis {
  readonly code: ErrorCode;
  /** The line that says so. */
  readonly line: LogLine | undefined;
}

/** ffmpeg repeats the address: words in a password or a file name are no signs. */
function withoutName(source: SourceSpec, text: string): string {
  if (source.kind === 'file' || source.kind === 'device') return text.replaceAll(source.path, '');
  return text.replaceAll(fullUrl(source), '').replaceAll(source.url, '');
}

/** Why a source gave no picture. `log`: the latest warnings and errors. */
export function failureOf(source: SourceSpec, log: readonly LogLine[], fallback: ErrorCode): MaskcastError {
  const { code, line } = diagnose(source, log, fallback);
  return sourceError(source, code, line && shown(source, line));
}

function shown(source: SourceSpec, { component, text }: LogLine): string {
  if (isAboutFilters(`${component ? `[${component}] ` : ''}${text}`)) return FILTERS_FAILED;
  return withoutName(source, text)
    .replace(/^(?:pipe:\d+|file:)?: /, '')
    .replace(
      /^Format not on whitelist.*/,
      'it is of a kind that is not read: playlists and what else may open further files, and containers of rare programs',
    )
    .trim();
}

/** An error about a source, which everybody may read: see `placeOf`. `detail` may be raw. */
export function sourceError(source: SourceSpec, code: ErrorCode, detail: string | undefined): MaskcastError {
  const scrub = scrubber(source);
  const why = EXPLAINED[code];
  const said = detail ? scrub(detail) : undefined;
  const text = why && said ? `${why} (${said})` : (why ?? said ?? 'no reason is known');
  return new MaskcastError(code, `${placeOf(source)}: ${text}`, { retryable: RETRYABLE.has(code) });
}

/** What a tool says that could not write. Never of a source: a USB camera without bandwidth says "No space left on device", too. */
const DISK_FULL = /No space left on device|Disk quota exceeded|File too large/;

/**
 * Why a tool did not do its work on our own files.
 *
 * @param target what is read or written, for the text
 * @param lines the last of its standard error, raw
 */
export function toolFailure(
  target: string,
  program: string,
  { code, signal }: ProcessExit,
  lines: readonly string[],
): MaskcastError {
  if (signal === 'SIGXFSZ' || lines.some((line) => DISK_FULL.test(line))) return diskFull(target);
  const said = [...new Set(lines.map((line) => (isAboutFilters(line) ? FILTERS_FAILED : line)))].join('; ');
  return new MaskcastError(
    'FFMPEG_FAILED',
    `${target}: ${program} ended with ${code ?? signal}: ${said || 'it said nothing'}`,
  );
}

/** Words with which decoders and demuxers complain about damaged data. */
const DAMAGE =
  /corrupt|error while decoding|concealing|invalid (?:nal|data|level|slice|sync)|non-existing PPS|no frame!|truncat|partial file|missing picture|reference picture missing|Could not find ref|error submitting packet|decode_slice|bytestream|overread|ac-tex damaged|packet mismatch/i;

export function isDamage(line: LogLine): boolean {
  return (line.level === 'error' || line.level === 'warning') && DAMAGE.test(line.text);
}
