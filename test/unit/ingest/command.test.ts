import { describe, expect, it } from 'vitest';
import { ms, seconds } from '../../../src/core/time.js';
import { type DecodePlan, decodeCommand } from '../../../src/ingest/ffmpeg-command.js';
import { parseSource } from '../../../src/media/address/source.js';
import { inputFor } from '../../../src/media/input.js';
import { frameGeometry, pictureSize, shownSize } from '../../../src/media/picture-size.js';

const decode = { purpose: 'decode', patience: ms(15_000) } as const;

function plan(change: Partial<DecodePlan> = {}): DecodePlan {
  return {
    source: parseSource('/videos/a.mp4'),
    input: decode,
    stream: 'v:1',
    geometry: {
      source: { width: 1920, height: 1080 },
      picture: { width: 1280, height: 720 },
      analysis: { width: 512, height: 320 },
      content: { width: 512, height: 288 },
    },
    timeBase: { num: 1, den: 90_000 },
    interlaced: false,
    live: false,
    pictures: true,
    jpegQuality: 5,
    sampling: undefined,
    entry: undefined,
    ...change,
  };
}

const argument = (args: readonly string[], name: string) => args[args.indexOf(name) + 1];
const graph = (change: Partial<DecodePlan> = {}) => argument(decodeCommand(plan(change)).args, '-filter_complex');

describe('the address of a network source', () => {
  const password = 'p@ss\' w"or\\d';
  const source = parseSource({ url: 'rtsp://192.0.2.1/live?token=t0k3n', user: 'admin', password });

  it('is in the script and nowhere on the command line', () => {
    const { args, script } = decodeCommand(plan({ source }));
    expect(args.join(' ')).not.toMatch(/192\.0\.2\.1|admin|p@ss|p%40ss|t0k3n/);
    expect(script).toContain("file 'rtsp://admin:p%40ss'\\'' w\"or\\d@192.0.2.1/live?token=t0k3n'\n");
    expect(argument(args, '-i')).toBe('pipe:5');
  });

  it('has one line in the script: nothing in it can add an option', () => {
    const lines = inputFor(source, decode).script?.split('\n') ?? [];
    expect(lines.filter((line) => line.startsWith('file '))).toHaveLength(1);
    expect(lines.every((line) => /^(ffconcat version 1\.0|file '.*'|option \w+ [\w,./-]+|)$/.test(line))).toBe(true);
  });

  it('may open only what its kind needs', () => {
    expect(inputFor(source, decode).script).toContain('option protocol_whitelist rtp,tcp,udp,tls,srtp\n');
    const web = inputFor(parseSource('https://me:pw@example.org/a.m3u8'), decode);
    expect(web.script).toMatch(/^option protocol_whitelist http,https,tcp,tls,crypto,data,httpproxy$/m);
    expect(web.script).not.toMatch(/\bfile,|,file\b|\bpipe\b/);
  });

  it.each(['rtmp://192.0.2.1/live/k3y', 'srt://192.0.2.1:9000?passphrase=k3y', 'udp://@239.0.0.1:5000', 'rtp://:5004'])(
    '%s goes through the script, and may open nothing but its own protocol',
    (address) => {
      const { options, script, url } = inputFor(parseSource(address), decode);
      expect(url).toBe('pipe:5');
      expect(options.join(' ')).not.toContain('k3y');
      expect(script).toMatch(/^option protocol_whitelist (rtmp,tcp|srt,udp|udp|rtp,udp)$/m);
      expect(script).not.toMatch(/format_whitelist .*(hls|concat|mov)/);
    },
  );

  it('is on the command line where it has no secret: ffmpeg learns most when it opens it itself', () => {
    const { url, options, script } = inputFor(parseSource('https://example.org/a.m3u8'), decode);
    expect([url, script]).toEqual(['https://example.org/a.m3u8', undefined]);
    expect(argument(options, '-protocol_whitelist')).toBe('http,https,tcp,tls,crypto,data,httpproxy');
    expect(argument(options, '-rw_timeout')).toBe('15000000');
  });

  it.each([
    'http://192.0.2.1/user=admin_password=abc_channel=1/video.mjpg',
    'http://192.0.2.1/video.mjpg;token=abc',
    'http://192.0.2.1/video.mjpg;token=abc.mp4',
    'http://192.0.2.1/live/Zm9vYmFyYmF6MTIz/index.m3u8',
    'http://192.0.2.1/user%3Dadmin%26pwd%3Dabc',
    'http://192.0.2.1/token/abc/index.m3u8',
    'http://192.0.2.1/abc/live.flv',
    'http://192.0.2.1/index.m3u8#abc',
  ])('keeps what may be a secret in a path off the command line: %s', (text) => {
    const { url, options, script } = inputFor(parseSource(text), decode);
    expect(script).toContain(text);
    expect([url, ...options].join(' ')).not.toContain('192.0.2.1');
  });

  it.each([
    'https://me:pw@example.org/a.mp4',
    'https://example.org/a.mp4?X-Amz-Signature=abc',
    'https://example.org/abc/a.mp4',
  ])('of a file keeps its secret in a list that ffmpeg can seek in: %s', (text) => {
    const { url, script } = inputFor(parseSource(text), decode);
    expect([url, script]).toEqual(['concatf:pipe:5', `'${text}'\n`]);
  });

  it('is opened with the transport that was asked for, and a limit in microseconds', () => {
    expect(inputFor(source, decode).script).toContain('option rtsp_transport tcp\noption timeout 15000000\n');
    const udp = parseSource({ url: 'rtsp://192.0.2.1/live', transport: 'udp' });
    expect(inputFor(udp, decode).script).toContain('option rtsp_transport udp\n');
    expect(inputFor(parseSource('http://192.0.2.1/x?a=b'), decode).script).toContain('option rw_timeout 15000000\n');
  });
});

describe('a file', () => {
  it('is named with its protocol, so that no name is taken for an address or an option', () => {
    const source = parseSource('/videos/-i http:x');
    expect(argument(decodeCommand(plan({ source })).args, '-i')).toBe('file:/videos/-i http:x');
  });

  it('may not open other files: no playlist, script or pattern is read', () => {
    const { options } = inputFor(parseSource('/videos/a.m3u8'), decode);
    expect(argument(options, '-protocol_whitelist')).toBe('file');
    const formats = argument(options, '-format_whitelist')?.split(',') ?? [];
    for (const format of ['hls', 'concat', 'dash', 'sdp', 'tty', 'lavfi', 'rtsp'])
      expect(formats).not.toContain(format);
  });
});

describe('the filter graph', () => {
  it('makes picture, padded pixels and timing from one decoded frame', () => {
    expect(graph()).toMatch(/^\[0:v:1\]scale=1280:720:[^;]*split=2\[once\]\[large\];/);
    expect(graph()).toContain('scale=512:288:flags=bilinear,format=rgb24');
    expect(graph()).toContain('pad=512:320:0:0:0x7c7468');
  });

  it('scales once, without pictures', () => {
    expect(graph({ pictures: false })).toMatch(/^\[0:v:1\]scale=512:288:/);
    expect(decodeCommand(plan({ pictures: false })).args).not.toContain('pipe:1');
  });

  it('does not pad where nothing is to pad', () => {
    const geometry = { ...plan().geometry, analysis: { width: 512, height: 288 } };
    expect(graph({ geometry })).not.toContain('pad=');
  });

  it('deinterlaces what is interlaced, and chooses frames before it works on them', () => {
    expect(graph({ interlaced: true })).toMatch(/^\[0:v:1\]yadif=deint=interlaced,scale/);
    expect(graph({ interlaced: true, fieldOrder: 'bff' })).toMatch(/^\[0:v:1\]yadif=deint=all:parity=bff,scale/);
    expect(graph({ sampling: { kind: 'every', frames: 10 } })).toMatch(/^\[0:v:1\]select='not\(mod\(n,10\)\)',scale/);
  });

  it('lets a camera’s decoder hold no picture back, unless the pictures are very large', () => {
    expect(decodeCommand(plan({ live: true })).args.join(' ')).toContain('-thread_type slice');
    const geometry = { ...plan().geometry, source: { width: 3840, height: 2160 } };
    expect(decodeCommand(plan({ live: true, geometry })).args.join(' ')).not.toContain('-thread_type');
  });

  it('starts where the range starts', () => {
    const { args } = decodeCommand(plan({ entry: { ticks: 1_200_000, seek: seconds(12.5), proof: true } }));
    expect(args.indexOf('-ss')).toBeLessThan(args.indexOf('-i'));
    expect(argument(args, '-ss')).toBe('12.500000');
  });
});

describe('sizes', () => {
  it('of a picture keep the aspect and never grow', () => {
    expect(pictureSize({ width: 1920, height: 1080 }, 1280)).toEqual({ width: 1280, height: 720 });
    expect(pictureSize({ width: 1080, height: 1920 }, 1280)).toEqual({ width: 720, height: 1280 });
    expect(pictureSize({ width: 16, height: 16 }, 1280)).toEqual({ width: 16, height: 16 });
    expect(pictureSize({ width: 16_384, height: 2 }, 64)).toEqual({ width: 64, height: 1 });
  });

  it('as shown have square pixels and stand upright', () => {
    expect(shownSize({ width: 720, height: 576 }, 16 / 15, 0)).toEqual({ width: 768, height: 576 });
    expect(shownSize({ width: 720, height: 480 }, 8 / 9, 0)).toEqual({ width: 720, height: 540 });
    expect(shownSize({ width: 1920, height: 1080 }, 1, 90)).toEqual({ width: 1080, height: 1920 });
    expect(shownSize({ width: 640, height: 480 }, 0, 180)).toEqual({ width: 640, height: 480 });
    expect(shownSize({ width: 640, height: 480 }, 1000, 0)).toEqual({ width: 640, height: 480 });
  });

  it('are plain sizes, whatever else the source told', () => {
    const info = { width: 640, height: 480, codec: 'h264' };
    expect(frameGeometry(info, 1280, (size) => ({ analysis: size, content: size })).source).toEqual({
      width: 640,
      height: 480,
    });
  });
});

it('each of the three outputs has one encoder thread: a second one holds every frame back until the next', () => {
  const { args } = decodeCommand(plan());
  const outputs = ['pipe:1', 'pipe:3', 'pipe:4'];
  let from = args.indexOf('-filter_complex');
  for (const output of outputs) {
    const own = args.slice(from, args.indexOf(output));
    expect(argument(own, '-threads'), output).toBe('1');
    from = args.indexOf(output) + 1;
  }
});
