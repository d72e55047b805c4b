import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { byExpressions, byZimg, toneMapping } from '../../../src/media/tone-mapping.js';

const run = promisify(execFile);

const color = { range: 'tv', matrix: 'bt2020nc', primaries: 'bt2020', transfer: undefined };

/** Eight-bit RGB of a plain picture of ten-bit YUV. */
async function seen(yuv: readonly [number, number, number], filters: readonly string[]): Promise<number[]> {
  const [y, u, v] = yuv;
  const source = `nullsrc=s=16x16:d=0.04,format=yuv444p10,geq=lum=${y}:cb=${u}:cr=${v}`;
  const graph = [source, ...filters, 'scale=in_color_matrix=bt709:in_range=tv', 'format=rgb24'].join(',');
  const args = ['-v', 'error', '-filter_complex', graph, '-frames:v', '1', '-f', 'rawvideo', '-'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer' });
  expect(stdout).toHaveLength(16 * 16 * 3);
  return [...stdout.subarray(3 * 120, 3 * 121)];
}

describe('HDR', () => {
  it.each([
    ['smpte2084', 'grey of a tenth of white', [322, 512, 512], [60, 110]],
    ['smpte2084', 'white of SDR', [573, 512, 512], [150, 255]],
    ['arib-std-b67', 'white of SDR', [721, 512, 512], [150, 255]],
  ] as const)('becomes SDR by zimg and by expressions, much alike: %s, %s', async (transfer, _, yuv, [least, most]) => {
    for (const filters of [byZimg(transfer, color), byExpressions(transfer, color)]) {
      for (const value of await seen(yuv, filters)) {
        expect(value).toBeGreaterThanOrEqual(least);
        expect(value).toBeLessThanOrEqual(most);
      }
    }
  });

  it('keeps its colours: a red of BT.2020 is a strong red', async () => {
    for (const filters of [byZimg('smpte2084', color), byExpressions('smpte2084', color)]) {
      const [red = 0, green = 0, blue = 0] = await seen([380, 460, 700], filters);
      expect(red).toBeGreaterThan(2 * Math.max(green, blue));
    }
  });

  it('is what the transfer function says, nothing else', async () => {
    const tools = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe' };
    expect(await toneMapping(tools, { ...color, transfer: 'bt709' })).toEqual([]);
    expect(await toneMapping(tools, color)).toEqual([]);
    expect((await toneMapping(tools, { ...color, transfer: 'smpte2084' })).length).toBeGreaterThan(0);
  });
});
