import { describe, expect, it } from 'vitest';
import { displaySource, placeOf, scrubber, scrubText } from '../../../../src/media/address/redact.js';
import { parseSource } from '../../../../src/media/address/source.js';
import { fullUrl } from '../../../../src/media/address/user-info.js';

describe('a source as people see it', () => {
  it.each([
    ['rtsp://admin:secret@192.0.2.1:554/live', 'rtsp://192.0.2.1:554/live'],
    ['http://192.0.2.1/cgi?user=admin&pwd=secret&channel=1', 'http://192.0.2.1/cgi?user=***&pwd=***&channel=1'],
    ['https://example.org/live.m3u8?token=eyJh', 'https://example.org/live.m3u8?token=***'],
    [
      'rtsp://192.0.2.1/user=admin_password=tlJw_channel=1_stream=0.sdp',
      'rtsp://192.0.2.1/user=***_password=***_channel=1_stream=0.sdp',
    ],
    ['rtsp://192.0.2.1/cam/realmonitor?channel=1&subtype=0', 'rtsp://192.0.2.1/cam/realmonitor?channel=1&subtype=0'],
    ['http://192.0.2.1/video.mjpg;token=abc', 'http://192.0.2.1/video.mjpg;token=***'],
    ['http://192.0.2.1/cgi?loginuse=admin&loginpas=abc', 'http://192.0.2.1/cgi?loginuse=***&loginpas=***'],
    ['http://192.0.2.1/user%3Dadmin%26pwd%3Dabc', 'http://192.0.2.1/user%3D***'],
    ['srt://192.0.2.1:9000?streamid=read:a/b:user:abc&latency=200', 'srt://192.0.2.1:9000?streamid=***&latency=200'],
    ['/videos/a@b.mp4', '/videos/a@b.mp4'],
    ['yard/clip.mp4', 'yard/clip.mp4'],
  ])('%s', (text, shown) => expect(displaySource(parseSource(text))).toBe(shown));
});

describe('a source as everybody may see it', () => {
  it.each([
    ['rtsp://admin:secret@192.0.2.1:554/live/admin/secret/ch1', 'rtsp://192.0.2.1:554/…'],
    ['http://192.0.2.1?user=admin&pwd=secret', 'http://192.0.2.1/…'],
    ['rtmp://[2001:db8::1]:1935/app/key', 'rtmp://[2001:db8::1]:1935/…'],
    ['srt://192.0.2.1:9000?streamid=read:yard', 'srt://192.0.2.1:9000/…'],
    ['udp://:5000', 'udp://:5000'],
    ['http://camera.example/', 'http://camera.example'],
    ['clips/yard.mp4', 'clips/yard.mp4'],
    ['/dev/video0', '/dev/video0'],
  ])('%s', (text, shown) => expect(placeOf(parseSource(text))).toBe(shown));
});

describe('text about a source', () => {
  const password = 'p@ss w/rd:%41?#é\'"\\&(x)';
  const source = parseSource({ url: 'rtsp://192.0.2.1/live', user: 'admin', password });
  const scrub = scrubber(source);

  it.each([
    ['raw', password],
    ['percent-encoded', encodeURIComponent(password)],
    ['percent-encoded in lower case', encodeURIComponent(password).replace(/%../g, (code) => code.toLowerCase())],
    [
      'with brackets and quotes encoded too',
      encodeURIComponent(password).replace(/[()']/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
    ],
    ['as ffmpeg gets it', fullUrl({ url: 'rtsp://192.0.2.1/live', credentials: { user: 'admin', password } })],
    ['as a Basic header', `Authorization: Basic ${Buffer.from(`admin:${password}`).toString('base64')}`],
    ['as a suggestion of ffmpeg', `Did you mean file:rtsp://admin:${password}@192.0.2.1/live?`],
  ])('loses the password: %s', (_, text) => {
    const clean = scrub(`before ${text} after`);
    expect(clean).toMatch(/^before .*\*\*\*.* after$|^before rtsp:\/\/192\.0\.2\.1\/… after$/);
    for (const piece of [
      'p@ss',
      'p%40ss',
      'w/rd',
      'w%2Frd',
      'w%2frd',
      Buffer.from('admin:p').toString('base64').slice(0, 8),
    ]) {
      expect(clean).not.toContain(piece);
    }
  });

  it('keeps the words of an error', () => {
    const line = `Impossible to open 'rtsp://admin:x@192.0.2.1/live': 401 Unauthorized`;
    expect(scrub(line)).toBe("Impossible to open 'rtsp://***@192.0.2.1/…': 401 Unauthorized");
  });

  it('is not cut to pieces by a password of one letter', () => {
    const short = scrubber(parseSource('rtsp://admin:e@192.0.2.1/live'));
    expect(short('the server refused rtsp://admin:e@192.0.2.1/live')).toBe('the server refused rtsp://192.0.2.1/…');
  });

  it('loses secrets of the query as well', () => {
    const scrubQuery = scrubber(parseSource('http://192.0.2.1/live.m3u8?token=abc%2Fdef'));
    expect(scrubQuery('GET /live.m3u8?token=abc%2Fdef failed: abc%2Fdef')).toBe('GET /… failed: ***');
  });

  it('loses what stands behind the host: a password may be a part of the path', () => {
    const source = parseSource('https://192.0.2.1/live/admin/secret/index.m3u8?ch=1');
    const playlist = scrubber(source);
    expect(
      playlist('Opening https://192.0.2.1/live/admin/secret/seg1.ts, GET /live/admin/secret/index.m3u8: 404'),
    ).toBe('Opening https://192.0.2.1/…seg1.ts, GET /…: 404');
    expect(scrubber(parseSource('http://192.0.2.1/1'))('HTTP/1.1 404')).toBe('HTTP/1.1 404');
  });

  it.each([
    ['rtsp:/admin:pw@h/x', 'rtsp:/***@h/x'],
    ['admin:pw@h/x', '***@h/x'],
    ['admin:/pw@h/x', '***@h/x'],
    ['see "rtsp://u:p@h/x"', 'see "rtsp://***@h/x"'],
    ['[h264 @ 0x55] error: no frame', '[h264 @ 0x55] error: no frame'],
    ['file:/videos/a@b.mp4: no', 'file:/videos/a@b.mp4: no'],
  ])('loses what stands where credentials stand, whatever the address begins with: %s', (text, clean) =>
    expect(scrubText(text)).toBe(clean),
  );

  it('never tells the folder of a file that was named without it', () => {
    const file = parseSource('clips/yard.mp4');
    expect(scrubber(file)(`file:${process.cwd()}/clips/yard.mp4: Invalid data`)).toBe(
      'file:clips/yard.mp4: Invalid data',
    );
  });

  it.each(['a', 'user', 'user=', 'a://', '@', 'a@', ':@', 'token=a&', '%3d', "'a"])(
    'is scrubbed in time that grows with its length only: %s',
    (unit) => {
      const began = performance.now();
      scrubText(unit.repeat(400_000 / unit.length));
      expect(performance.now() - began).toBeLessThan(1500);
    },
  );

  it('of an unknown source loses what stands where credentials stand', () => {
    expect(scrubText('cannot open rtsp://u:a@b@192.0.2.1/x and http://h/?password=a')).toBe(
      'cannot open rtsp://***@192.0.2.1/x and http://h/?password=***',
    );
  });
});
