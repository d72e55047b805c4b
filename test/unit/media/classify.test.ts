import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/core/errors.js';
import { parseSource } from '../../../src/media/address/source.js';
import { classify, failureOf, isDamage, toolFailure } from '../../../src/media/classify.js';
import { parseGraphInput, parseLogLine } from '../../../src/media/ffmpeg-log.js';

const camera = parseSource('rtsp://u:hunter2@192.0.2.1/live');
const web = parseSource('http://192.0.2.1/x');
const file = parseSource('/videos/a.mp4');
const log = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => parseLogLine(line.trim()));

describe('a reason about ffmpeg’s filters', () => {
  it.each([
    "[fatal] Stream specifier ':1' in filtergraph description [0:1]scale=512:288,split=2[a][b] matches no streams.",
    "[AVFilterGraph @ 0x1] [error] No such filter: 'zscale'",
    "[Parsed_select_0 @ 0x1] [error] Error while parsing expression 'gt(pts,x)'",
    "[fc#0 @ 0x1] [error] Error initializing filter 'select' with args 'gt(pts,x)'",
    '[fatal] Invalid file index 1 in filtergraph description [1:v:0]scale=2:2,split=2[a][b].',
    "[error] Error parsing filterchain '[0:v]scale=2' around: ",
  ])('never shows them: %s', (line) => {
    const { message } = failureOf(camera, log(line), 'FFMPEG_FAILED');
    expect(message).toContain('filters');
    expect(message).not.toMatch(/scale|split|select|pts|zscale|\[0:|Stream specifier/);
  });
});

describe('a tool that fails at its work on our own files', () => {
  const failure = (lines: readonly string[], signal?: NodeJS.Signals) =>
    toolFailure('result.mp4', 'ffmpeg', { code: signal ? undefined : 1, signal }, lines);

  it.each([
    'av_interleaved_write_frame(): No space left on device',
    'Error writing trailer of /x.mp4: Disk quota exceeded',
    '[out#0/mp4 @ 0x1] Error writing: File too large',
  ])('has met a full disk: %s', (line) => {
    expect(failure(['Conversion failed!', line])).toMatchObject({ code: 'DISK_FULL', retryable: true });
  });

  it('has met a limit of file sizes where the system ends it', () => {
    expect(failure([], 'SIGXFSZ').code).toBe('DISK_FULL');
  });

  it('is at fault itself, whatever else it says, and says each thing once', () => {
    const lines = ['No such file or directory', 'No such file or directory', "No such filter: 'zscale'"];
    expect(failure(lines)).toMatchObject({
      code: 'FFMPEG_FAILED',
      message:
        'result.mp4: ffmpeg ended with 1: No such file or directory; ffmpeg could not set up its filters for this video',
    });
    expect(failure([], 'SIGKILL').message).toBe('result.mp4: ffmpeg ended with SIGKILL: it said nothing');
  });

  it('is not meant by a camera that says the same words of its bandwidth', () => {
    const usb = parseSource('/dev/video0');
    expect(
      classify(
        usb,
        log('[video4linux2 @ 0x1] [error] ioctl(VIDIOC_STREAMON): No space left on device'),
        'FFMPEG_FAILED',
      ),
    ).toBe('FFMPEG_FAILED');
  });
});

describe('what ffmpeg and ffprobe 5.1 to 9 print, as a reason', () => {
  it.each<[ErrorCode, typeof camera, string]>([
    [
      'AUTH_FAILED',
      camera,
      `[rtsp @ 0x1] [error] method DESCRIBE failed: 401 Unauthorized
      [concat @ 0x2] [error] Impossible to open 'rtsp://u:hunter2@192.0.2.1/live'
      [error] pipe:5: Server returned 401 Unauthorized (authorization failed)`,
    ],
    [
      'AUTH_FAILED',
      web,
      `[http @ 0x1] [warning] HTTP error 403 Forbidden
      [error] pipe:5: Server returned 403 Forbidden (access denied)`,
    ],
    [
      'NOT_FOUND',
      camera,
      `[rtsp @ 0x1] [error] method DESCRIBE failed: 404 Not Found
      [error] pipe:5: Server returned 404 Not Found`,
    ],
    ['NOT_FOUND', file, '[error] file:/videos/a.mp4: No such file or directory'],
    [
      'CONNECTION_FAILED',
      camera,
      `[tcp @ 0x1] [error] Connection to tcp://127.0.0.1:1?timeout=3000000 failed: Connection refused
      [error] pipe:5: Connection refused`,
    ],
    [
      'CONNECTION_FAILED',
      camera,
      `[tcp @ 0x1] [error] Failed to resolve hostname nohost.invalid: Name or service not known
      [error] pipe:5: Input/output error`,
    ],
    ['CONNECTION_FAILED', camera, '[error] pipe:5: Invalid data found when processing input'],
    ['CONNECTION_FAILED', web, '[error] pipe:5: Server returned 5XX Server Error reply'],
    [
      'CONNECTION_FAILED',
      web,
      `[http @ 0x1] [error] Stream ends prematurely at 0, should be 100000
      [error] pipe:5: Input/output error`,
    ],
    ['TIMEOUT', web, '[error] pipe:5: Connection timed out'],
    [
      'TLS',
      web,
      `[tls @ 0x1] [error] An unexpected TLS packet was received.
      [error] pipe:5: Input/output error`,
    ],
    [
      'TLS',
      web,
      `[tls @ 0x1] [error] error:0A00010B:SSL routines::wrong version number
      [error] pipe:5: Input/output error`,
    ],
    [
      'NOT_VIDEO',
      file,
      `[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [warning] Format mov,mp4,m4a,3gp,3g2,mj2 detected only with low score of 1, misdetection possible!
      [mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [error] moov atom not found
      [error] file:/videos/a.mp4: Invalid data found when processing input`,
    ],
    [
      'CORRUPT',
      file,
      `[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [error] moov atom not found
      [error] file:/videos/a.mp4: Invalid data found when processing input`,
    ],
    ['NOT_VIDEO', file, '[error] file:/videos/a.mp4: Invalid data found when processing input'],
    ['NOT_VIDEO', file, "[hls @ 0x1] [error] Format not on whitelist 'mov,matroska'"],
    ['CODEC_UNSUPPORTED', file, '[fatal] Decoder (codec vvc) not found for input stream #0:0'],
    ['FFMPEG_FAILED', file, '[error] something nobody has seen before'],
  ])('%s (%#)', (code, source, text) => expect(classify(source, log(text), 'FFMPEG_FAILED')).toBe(code));

  it('is looked for before anything is cut out: a password that looks like an error does not hide one', () => {
    const tricky = parseSource({ url: 'rtsp://192.0.2.1/live', user: 'u', password: '401 Unauthorized' });
    const failure = failureOf(
      tricky,
      log('[rtsp @ 0x1] [error] method DESCRIBE failed: 401 Unauthorized'),
      'FFMPEG_FAILED',
    );
    expect(failure.code).toBe('AUTH_FAILED');
    expect(failure.message).not.toContain('401 Unauthorized');
  });

  it('is not read out of the names that ffmpeg repeats', () => {
    const named = parseSource('/videos/encrypted certificate 404 Not Found.mp4');
    const line =
      '[error] file:/videos/encrypted certificate 404 Not Found.mp4: Invalid data found when processing input';
    expect(classify(named, log(line), 'FFMPEG_FAILED')).toBe('NOT_VIDEO');
    const tricky = parseSource('http://u:401 Unauthorized@192.0.2.1/x');
    const echo = "[concat @ 0x2] [error] Impossible to open 'http://u:401 Unauthorized@192.0.2.1/x'";
    expect(classify(tricky, log(echo), 'FFMPEG_FAILED')).toBe('FFMPEG_FAILED');
  });

  it('names the source and what ffmpeg said, without the password', () => {
    const failure = failureOf(
      camera,
      log(`[concat @ 0x2] [error] Impossible to open 'rtsp://u:hunter2@192.0.2.1/live'
        [error] rtsp://u:hunter2@192.0.2.1/live: Connection refused`),
      'FFMPEG_FAILED',
    );
    expect(failure.message).toBe('rtsp://192.0.2.1/…: the connection failed (Connection refused)');
    expect(failure.retryable).toBe(true);
  });
});

describe('a log line', () => {
  it.each([
    ['[h264 @ 0x55] [error] no frame!', { level: 'error', component: 'h264', text: 'no frame!' }],
    [
      '[vist#0:1/h264 @ 0x1] [dec:h264 @ 0x2] [warning] corrupt',
      { level: 'warning', component: 'dec:h264', text: 'corrupt' },
    ],
    [
      '[error] pipe:5: Connection refused',
      { level: 'error', component: undefined, text: 'pipe:5: Connection refused' },
    ],
    ['[verbose] ', { level: 'verbose', component: undefined, text: '' }],
    ['no level at all', { level: 'info', component: undefined, text: 'no level at all' }],
  ])('%s', (line, parsed) => expect(parseLogLine(line)).toEqual(parsed));

  it.each([
    ['5.1', '[graph 0 input from stream 0:1 @ 0x55] [verbose] w:960 h:540 pixfmt:yuv420p tb:1/25 fr:25/1 sar:4/3'],
    [
      '7.0',
      '[graph 0 input from stream 0:1 @ 0x7f] [verbose] w:960 h:540 pixfmt:yuv420p tb:1/25 fr:25/1 sar:4/3 csp:smpte170m range:tv',
    ],
    [
      '9.0',
      '[graph 0 input from stream 0:1 @ 0x7f] [verbose] w:960 h:540 pixfmt:yuv420p tb:1/25 fr:25/1 sar:4/3 csp:smpte170m range:tv alpha:unspecified',
    ],
  ])('tells the decoded size in ffmpeg %s', (_, line) => {
    expect(parseGraphInput(parseLogLine(line))).toEqual({
      size: { width: 960, height: 540 },
      pixelFormat: 'yuv420p',
      sampleAspect: 4 / 3,
    });
  });

  it('of another filter tells no size', () => {
    const line = '[Parsed_scale_0 @ 0x55] [verbose] w:960 h:540 fmt:yuv420p sar:1/1 -> w:640 h:360 fmt:yuv420p sar:1/1';
    expect(parseGraphInput(parseLogLine(line))).toBeUndefined();
  });

  it.each([
    ['[h264 @ 0x1] [error] error while decoding MB 10 5, bytestream -7', true],
    ['[in#0/mpegts @ 0x1] [warning] corrupt input packet in stream 0', true],
    ['[mov @ 0x1] [error] stream 0, offset 0x30: partial file', true],
    ['[swscaler @ 0x1] [warning] deprecated pixel format used', false],
    ['[h264 @ 0x1] [verbose] Reinit context to 320x240, pix_fmt: yuv420p', false],
  ])('is about damage or not: %s', (line, damage) => expect(isDamage(parseLogLine(line))).toBe(damage));
});
