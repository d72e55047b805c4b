import { describe, expect, it } from 'vitest';
import type { PixelLease } from '../../../src/core/frame.js';
import { MpjpegSplitter } from '../../../src/ingest/mpjpeg.js';
import { PixelFiller, PixelPool } from '../../../src/ingest/pixels.js';
import { TimingParser } from '../../../src/ingest/timing.js';
import { LineSplitter } from '../../../src/media/lines.js';

/** Every way that matters to cut bytes: at once, byte by byte, and in odd pieces. */
const CUTS = [Number.POSITIVE_INFINITY, 1, 2, 7, 61, 4096];

function chunks(bytes: Uint8Array, size: number): Uint8Array[] {
  const result: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) result.push(bytes.subarray(at, at + size));
  return result;
}

describe('pictures', () => {
  /** Bodies that look like framing themselves. */
  const bodies = ['\r\n--ffmpeg\r\nContent-length: 3\r\n\r\nabc', '\xff\xd8\xff\xd9', '\n', 'x'.repeat(5000)].map(
    (text) => Buffer.from(text, 'latin1'),
  );
  const part = (body: Uint8Array, header: string) =>
    Buffer.concat([Buffer.from(header, 'latin1'), body, Buffer.from('\r\n--ffmpeg\r\n')]);
  const stream = Buffer.concat([
    Buffer.from('--ffmpeg\r\n'),
    ...bodies.map((body) => part(body, `Content-type: image/jpeg\r\nContent-length: ${body.length}\r\n\r\n`)),
  ]);

  it.each(CUTS)('come out whole, in chunks of %s bytes', (size) => {
    const splitter = new MpjpegSplitter();
    const out = chunks(stream, size).flatMap((chunk) => splitter.push(chunk));
    expect(out.map((jpeg) => Buffer.from(jpeg).toString('latin1'))).toEqual(
      bodies.map((body) => body.toString('latin1')),
    );
  });

  it('own their memory: no picture lies in the chunk that brought it', () => {
    const splitter = new MpjpegSplitter();
    const copy = Buffer.from(stream);
    const [jpeg] = splitter.push(copy);
    copy.fill(0);
    expect(Buffer.from(jpeg as Uint8Array).equals(bodies[0] as Uint8Array)).toBe(true);
    expect(jpeg?.buffer.byteLength).toBe(jpeg?.length);
  });

  it.each([
    ['Content-length: 0\r\n\r\n', 'a picture of 0 bytes'],
    ['Content-length: 99999999999\r\n\r\n', 'a picture of 99999999999 bytes'],
    ['x'.repeat(5000), 'a header line of more than 4096 bytes'],
  ])('with broken framing are refused: %.20j', (text, words) => {
    expect(() => new MpjpegSplitter().push(Buffer.from(text))).toThrowError(
      expect.objectContaining({ code: 'FFMPEG_FAILED', message: expect.stringContaining(words) }),
    );
  });
});

describe('timings', () => {
  const text =
    '#software: Lavf59.27.100\n#tb 0: 1/90000\n#media_type 0: video\n#codec_id 0: rawvideo\n#dimensions 0: 2x2\n#sar 0: 1/1\n' +
    '0,      -3600,      -3600,     3600,       12, 0x2ef90778\n' +
    '0,          0,          0,     3600,       12, 0x2ecc076f, S=1,        8, 0x00000000\n' +
    '0, 1795509040986000, 1795509040986000,        0,       12, 0x2ef20773\n';

  it.each(CUTS)('are exact ticks with their time base, in chunks of %s bytes', (size) => {
    const parser = new TimingParser();
    const out = chunks(Buffer.from(text), size).flatMap((chunk) => parser.push(chunk));
    expect(out.map(({ pts, duration }) => [pts.ticks, duration])).toEqual([
      [-3600, 3600],
      [0, 3600],
      [1_795_509_040_986_000, 0],
    ]);
    expect(out[0]?.pts.timeBase).toEqual({ num: 1, den: 90_000 });
  });

  it.each(['0, 0, 0, 1, 12, 0x1\n', '#tb 0: 1/25\nnonsense\n', '#tb 0: 1/25\n0, NOPTS, NOPTS, 1, 12, 0x1\n'])(
    'that framecrc does not write are refused: %j',
    (broken) => {
      expect(() => new TimingParser().push(Buffer.from(broken))).toThrowError(
        expect.objectContaining({ code: 'FFMPEG_FAILED' }),
      );
    },
  );
});

describe('pixels', () => {
  const SIZE = { width: 3, height: 2 };
  const BYTES = 18;
  const stream = Uint8Array.from({ length: BYTES * 4 }, (_, i) => i);

  async function fill(size: number, acquire: () => Promise<PixelLease | undefined>) {
    const out: (PixelLease | undefined)[] = [];
    const filler = new PixelFiller(BYTES);
    for (const chunk of chunks(stream, size)) await filler.push(chunk, acquire, (plane) => out.push(plane));
    filler.close();
    return out;
  }

  it.each(CUTS)('fill one plane a frame, in chunks of %s bytes', async (size) => {
    const pool = new PixelPool(SIZE, 4);
    const planes = await fill(size, async () => pool.tryAcquire());
    expect(planes.map((plane) => plane && [...plane.data])).toEqual(
      [0, 1, 2, 3].map((n) => [...stream.subarray(n * BYTES, (n + 1) * BYTES)]),
    );
  });

  it('of a frame without a plane are skipped, and the next frame starts where it should', async () => {
    const pool = new PixelPool(SIZE, 4);
    let frame = 0;
    const planes = await fill(7, async () => (frame++ === 1 ? undefined : pool.tryAcquire()));
    expect(planes.map((plane) => plane?.data[0])).toEqual([0, undefined, 36, 54]);
  });

  it('lie in memory that all threads share', () => {
    expect(new PixelPool(SIZE, 1).tryAcquire()?.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('give a half-filled plane back', async () => {
    const pool = new PixelPool(SIZE, 4);
    const filler = new PixelFiller(BYTES);
    await filler.push(
      stream.subarray(0, 5),
      async () => pool.tryAcquire(),
      () => {},
    );
    expect(pool.leased).toBe(1);
    filler.close();
    expect(pool.leased).toBe(0);
  });

  it('wait for a plane until one is released', async () => {
    const pool = new PixelPool(SIZE, 1);
    const first = pool.tryAcquire();
    let second: PixelLease | undefined;
    const waiting = pool.acquire(new AbortController().signal).then((plane) => {
      second = plane;
    });
    await new Promise(setImmediate);
    expect(second).toBeUndefined();
    first?.release();
    await waiting;
    expect(second?.data.length).toBe(BYTES);
  });

  it('wake each of several that wait', async () => {
    const pool = new PixelPool(SIZE, 1);
    const first = pool.tryAcquire();
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      const plane = await pool.acquire(new AbortController().signal);
      order.push(n);
      plane?.release();
    });
    first?.release();
    await Promise.all(waiting);
    expect(order).toHaveLength(3);
  });

  it('are not waited for after an abort', async () => {
    const pool = new PixelPool(SIZE, 1);
    pool.tryAcquire();
    const abort = new AbortController();
    const waiting = pool.acquire(abort.signal);
    abort.abort();
    expect(await waiting).toBeUndefined();
    expect(await pool.acquire(abort.signal)).toBeUndefined();
  });
});

describe('lines', () => {
  it.each(CUTS)('end at either line end, in chunks of %s bytes', (size) => {
    const splitter = new LineSplitter();
    const out = chunks(Buffer.from('größe\r\nzwei\rdrei\n\nvier'), size).flatMap((chunk) => splitter.push(chunk));
    expect([...out, ...splitter.flush()]).toEqual(['größe', 'zwei', 'drei', 'vier']);
  });

  it('without an end do not fill memory', () => {
    const splitter = new LineSplitter();
    for (let i = 0; i < 1000; i++) splitter.push(Buffer.alloc(1000, 'x'));
    expect(splitter.flush()[0]?.length).toBe(4096);
  });
});
