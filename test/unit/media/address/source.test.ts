import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../../../src/core/source.js';
import { mayKeepPassword, nameOfSource, parseSource } from '../../../../src/media/address/source.js';
import { fullUrl } from '../../../../src/media/address/user-info.js';

function address(input: Parameters<typeof parseSource>[0]): { url: string; credentials: Credentials | undefined } {
  const source = parseSource(input);
  if (!('url' in source)) throw new Error(`${source.kind} has no address`);
  return source;
}

describe('what kind of source a text names', () => {
  it.each([
    ['rtsp://192.0.2.1/live', 'rtsp'],
    ['RTSPS://camera.example/live', 'rtsp'],
    ['http://192.0.2.1/video.mjpg', 'http'],
    ['https://example.org/live/index.m3u8', 'http'],
    ['/videos/yard.mp4', 'file'],
    ['file:///videos/yard.mp4', 'file'],
    ['/dev/video0', 'device'],
    ['/dev/v4l/by-id/usb-camera-index0', 'device'],
    ['/dev/videos/yard.mp4', 'file'],
  ])('%s is %s', (text, kind) => expect(parseSource(text).kind).toBe(kind));

  it('makes a path absolute', () => {
    expect(parseSource('yard.mp4')).toEqual({ kind: 'file', path: `${process.cwd()}/yard.mp4`, shown: 'yard.mp4' });
  });

  it('takes a file name with spaces and signs as it is', () => {
    expect(parseSource("/v/it's 100%25 #1?.mp4")).toEqual({ kind: 'file', path: "/v/it's 100%25 #1?.mp4" });
    expect(parseSource('file:///v/my%20clip.mp4')).toEqual({ kind: 'file', path: '/v/my clip.mp4' });
  });

  it('uses TCP for RTSP unless told otherwise', () => {
    expect(parseSource('rtsp://h/x')).toMatchObject({ transport: 'tcp' });
    expect(parseSource({ url: 'rtsp://h/x', transport: 'udp' })).toMatchObject({ transport: 'udp' });
  });
});

describe('credentials', () => {
  const password = 'p@ss/w:rd?#é%41\'"\\&';

  it('come out of the address', () => {
    expect(address('rtsp://admin:secret@192.0.2.1:554/live')).toMatchObject({
      url: 'rtsp://192.0.2.1:554/live',
      credentials: { user: 'admin', password: 'secret' },
    });
  });

  it('may be percent-encoded', () => {
    const text = `rtsp://ad%40min:${encodeURIComponent(password)}@192.0.2.1/live`;
    expect(address(text).credentials).toEqual({ user: 'ad@min', password });
  });

  it.each([
    ['rtsp://u:a@b@192.0.2.1/live', 'a@b'],
    ['rtsp://u:a/b@192.0.2.1/live', 'a/b'],
    ['rtsp://u:a#b?c@camera.example/live', 'a#b?c'],
    ['rtsp://u:p@ss/w#rd?x@192.0.2.1:554/live', 'p@ss/w#rd?x'],
    ['rtsp://u:100%@192.0.2.1/live', '100%'],
    ['rtsp://u:%zz@192.0.2.1/live', '%zz'],
    ['rtsp://u:it\'s"\\@192.0.2.1/live', 'it\'s"\\'],
    ['rtsp://u:a b@192.0.2.1/live', 'a b'],
  ])('may stand raw in the address: %s', (text, expected) => {
    const { url, credentials } = address(text);
    expect(credentials).toEqual({ user: 'u', password: expected });
    expect(url).toMatch(/^rtsp:\/\/[^@]*\/live$/);
  });

  it.each([
    'rtsp://192.0.2.1/a@b',
    'rtsp://192.0.2.1:554/a@b',
    'http://example.org/?mail=me@example.org',
    'rtsp://cam/@',
  ])('are not looked for in a path: %s', (text) =>
    expect(address(text)).toMatchObject({ url: text, credentials: undefined }),
  );

  it('may come as separate fields, raw, and those win', () => {
    const source = address({ url: 'http://old:older@192.0.2.1/x', user: 'new', password });
    expect(source).toMatchObject({ url: 'http://192.0.2.1/x', credentials: { user: 'new', password } });
  });

  it('may be a password without a user, or a user without a password', () => {
    expect(address('rtsp://:pw@h/x').credentials).toEqual({ user: '', password: 'pw' });
    expect(address('rtsp://me@h/x').credentials).toEqual({ user: 'me', password: '' });
  });

  it('reach ffmpeg in a form that it reads back to the same', () => {
    const url = fullUrl({ url: 'rtsp://192.0.2.1/live', credentials: { user: 'admin', password } });
    expect(url).toBe('rtsp://admin:p%40ss%2Fw:rd%3F%23é%2541\'"\\&@192.0.2.1/live');
    expect(address(url).credentials).toEqual({ user: 'admin', password });
  });
});

describe('what is refused', () => {
  it.each([
    ['', 'the source is empty'],
    ['   ', 'the source is empty'],
    ['ftp://h/x', '"ftp://" is no address that can be opened'],
    ['rtsp://', 'no valid host name'],
    ['rtsp://:554/live', 'no valid host name'],
    ['rtsp://a:b@', 'no valid host name'],
    ['rtsp://a:b@/live', 'no valid host name'],
    ['http://two words/x', 'no valid host name'],
    ['rtsp://h:0/x', 'the port must be from 1 to 65535; received "0"'],
    ['rtsp://h:65536/x', 'received "65536"'],
    ['rtsp://h:/x', 'received ""'],
    ['udp://239.0.0.1', 'a udp address names its port, as in udp://HOST:5000'],
    ['rtp://@239.0.0.1', 'a rtp address names its port'],
    ['srt://192.0.2.1?mode=caller', 'a srt address names its port'],
    ['rtsp://h/x\noption a b', 'control characters'],
    ['/tmp/a\0b', 'control characters'],
    ['file://otherhost/x.mp4', 'no address of a file on this machine'],
  ])('%j', (text, words) => {
    expect(() => parseSource(text)).toThrowError(
      expect.objectContaining({ code: 'SOURCE_INVALID', message: expect.stringContaining(words) }),
    );
  });

  it.each([
    [{ url: '/dev/video0', user: 'a' }, 'takes no user'],
    [{ url: 'yard.mp4', password: 'a' }, 'takes no user'],
    [{ url: 'rtsp://h/x', user: 'a:b', password: 'c' }, 'must not have a colon'],
    [{ url: 'rtsp://h/x', user: 'a', password: 'b\nc' }, 'control characters'],
    [{ url: 'rtsp://h/x', user: 'a', password: 'x'.repeat(126) }, 'may have 127 bytes'],
    [{ url: 'rtsp://h/x', user: 'a', password: '/'.repeat(43) }, 'received 131'],
  ])('%j', (input, words) => {
    expect(() => parseSource(input)).toThrowError(
      expect.objectContaining({ code: 'SOURCE_INVALID', message: expect.stringContaining(words) }),
    );
  });

  it.each([
    'admin:hunter2@camera.local/stream1',
    'admin:hunter2@camera.local',
    'admin:hun/ter2@192.0.2.1/live',
    'admin%3Ahunter2%40camera.local/live',
    'admin:hunter2%40camera.local/live',
    'srt:/192.0.2.1:9000?passphrase=hunter2',
    'rtmp;//admin:hunter2@192.0.2.1/app',
    'rtsp%3A%2F%2Fadmin%3Ahunter2%40192.0.2.1/live',
    'rtsp:/admin:hunter2@192.0.2.1/live',
    'rtsp:admin:hunter2@192.0.2.1/live',
    'rtsp//admin:hunter2@192.0.2.1/live',
    'rtsp;//admin:hunter2@192.0.2.1/live',
    'http:\\\\admin:hunter2@192.0.2.1\\live',
    '"rtsp://admin:hunter2@192.0.2.1/live"',
    '<rtsp://admin:hunter2@192.0.2.1/live>',
    'url=rtsp://admin:hunter2@192.0.2.1/live',
    'ffplay rtsp://admin:hunter2@192.0.2.1/live',
    '://admin:hunter2@192.0.2.1/live',
    '//admin:hunter2@192.0.2.1/live',
    '192.0.2.1:554/user=admin_password=hunter2',
    '192.0.2.1/user=admin_password=hunter2',
    'camera.local:554/live?password=hunter2',
    'http:/192.0.2.1/?password=hunter2',
    'admin@192.0.2.1/?password=hunter2',
    '[fe80::1]:554/live?password=hunter2',
    'admin@[fe80::1%eth0]/live?password=hunter2',
  ])('is an address with a slip, which is no file, and is not shown: %s', (text) => {
    expect(() => parseSource(text)).toThrowError(
      expect.objectContaining({ code: 'SOURCE_INVALID', message: expect.not.stringContaining('ter2') }),
    );
    expect(nameOfSource(text)).toBe('camera');
  });

  it.each([
    './admin:b@c.mp4',
    '/videos/a:b@c.mp4',
    '../12:30.mp4',
    '2026-01-01T12:30:00.mp4',
    'a@b.mp4',
    'a@2024.11.03.mp4',
    '[12:30] yard.mp4',
    'x/y=1;z.mp4',
  ])('is not a file of an odd name: %s', (text) => expect(parseSource(text).kind).toBe('file'));

  it('is an address longer than any of use, at once', () => {
    expect(() => parseSource(`http://192.0.2.1/${'a'.repeat(400_000)}`)).toThrow(/8192 characters; received 400017/);
  });

  it('never shows a password in its words', () => {
    expect(() => parseSource('file://u:hunter2@h/x')).toThrowError(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
    for (const text of ['rtsp://u:hunter2@', 'rtsp://u:hunter2@h:99999/x', 'rtsp://u:hunter2@two words/x']) {
      expect(() => parseSource(text)).toThrowError(
        expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
      );
    }
  });
});

describe('a stored password goes along only to the same place and user', () => {
  const camera = { url: 'rtsp://Frontcam/live', user: 'viewer', password: 'kept' };
  it.each([
    ['rtsp://frontcam:554/other', 'viewer', true],
    ['rtsp://viewer@frontcam/live', undefined, true],
    ['rtsp://frontcam:8554/live', 'viewer', false],
    ['rtsps://frontcam/live', 'viewer', false],
    ['rtsps://frontcam:554/live', 'viewer', false],
    ['http://frontcam/live', 'viewer', false],
    ['rtsp://frontcam./live', 'viewer', false],
    ['rtsp://frontcam/live', 'admin', false],
    ['rtsp://frontcam/live', undefined, false],
    ['rtsp://x:y@frontcam/@127.0.0.1:8554/live', 'viewer', false],
    ['rtsp://frontcam@127.0.0.1/live', 'viewer', false],
    ['frontcam/live', undefined, false],
  ])('%s as %s: %s', (url, user, same) => expect(mayKeepPassword({ url, user }, camera)).toBe(same));

  it('and never from what is no address', () => {
    expect(mayKeepPassword({ url: 'rtsp://h/x' }, { url: 'rtsp:/h/x', password: 'kept' })).toBe(false);
    expect(mayKeepPassword({ url: 'rtsp://h/x', password: '' }, { url: 'rtsp://h/x', password: 'kept' })).toBe(false);
  });
});

describe('a source without a name is called', () => {
  it.each([
    ['rtsp://admin:a/hunter2@cam.local/live', 'cam.local'],
    ['http://[fe80::1]/x', '[fe80::1]'],
    ['yard.mp4', 'yard'],
    ['/dev/video0', 'video0'],
    ['gopher://x', 'camera'],
  ])('%s: %s', (text, name) => expect(nameOfSource(text)).toBe(name));
});
