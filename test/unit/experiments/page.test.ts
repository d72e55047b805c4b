import { describe, expect, it } from 'vitest';
import { renderPage } from '../../../scripts/experiments/page.js';
import type { Results } from '../../../scripts/experiments/results.js';
import { parseWords, scoresDigest } from '../../../scripts/experiments/words.js';
import { modelResult, sampleResults, timingsOf } from './sample-results.js';

const HRNET = modelResult({ name: 'hrnet-w18-small-v1-compare', mIoU: 50 });
const HRNET_INT8 = modelResult({ name: 'hrnet-w18-small-v1-compare-int8', mIoU: 49.6 });
const UNET = modelResult({ name: 'unet-small-compare', mIoU: 40, sky: 70 });
const LONGER = modelResult({ name: 'hrnet-w18-small-v1-camvid', mIoU: 60, role: 'longer' });

const pageOf = (results: Results, words = '') =>
  renderPage({ results, published: undefined, words: parseWords(words), folder: 'experiments' });
/** The cells of the first row that begins with this title, after a heading. */
const row = (page: string, heading: string, title: string): string[] => {
  const section = page.split(`## ${heading}`)[1] ?? '';
  const line = section.split('\n').find((text) => text.startsWith(`| ${title} |`)) ?? '';
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
};

describe('the page of the experiments', () => {
  const page = pageOf(sampleResults([UNET, HRNET, HRNET_INT8, LONGER]));

  it('puts the best network first, with its int8 copy in the same row', () => {
    expect(row(page, 'Accuracy', 'HRNet W18-Small-v1')).toEqual([
      'HRNet W18-Small-v1',
      '55.0',
      '**50.0**',
      '80.0',
      '60.0',
      '49.6 (−0.4)',
    ]);
    expect(page.indexOf('| HRNet W18-Small-v1 |')).toBeLessThan(page.indexOf('| U-Net (width 16) |'));
  });

  it('says by how much HRNet leads', () => {
    expect(page).toContain(
      'The best HRNet, HRNet W18-Small-v1, is 10.0 points above the best other network, U-Net (width 16).',
    );
  });

  it('says as plainly that it is behind', () => {
    const better = modelResult({ name: 'unet-small-compare', mIoU: 52.5 });
    expect(pageOf(sampleResults([better, HRNET]))).toContain(
      'is 2.5 points below the best other network, U-Net (width 16).',
    );
  });

  it('keeps networks that were trained longer out of the comparison', () => {
    expect(page).toContain('Best on `test` at equal budget: **HRNet W18-Small-v1**, mIoU 50.0.');
    expect(page).toContain('Trained longer: `hrnet-w18-small-v1-camvid`, mIoU 60.0.');
  });

  it('marks the best network of each class', () => {
    expect(row(page, 'Class by class', 'sky')).toEqual(['sky', '50.0', '**70.0**']);
    expect(row(page, 'Class by class', 'pole')).toEqual(['pole', '**50.0**', '10.0']);
  });

  it('says when only a part of the data was used', () => {
    expect(page).toContain('4 pictures of `val`, 4 of 32 pictures of `test`');
  });

  it('says that times were not measured rather than leaving them out', () => {
    expect(page).toContain('have not been measured for these networks yet');
    expect(row(page, 'Cost', 'U-Net (width 16)').slice(0, 5)).toEqual([
      'U-Net (width 16)',
      '1.54 M',
      '2.71 G',
      '–',
      '–',
    ]);
    expect(page).not.toContain('accuracy-speed');
  });

  it('shows times, their ratios and the memory where they were', () => {
    const timings = timingsOf({ [HRNET.name]: 80, [HRNET_INT8.name]: 32, [UNET.name]: 200 });
    const timed = pageOf(sampleResults([UNET, HRNET, HRNET_INT8], { timings }));
    expect(row(timed, 'Cost', 'HRNet W18-Small-v1')).toEqual([
      ...['HRNet W18-Small-v1', '1.54 M', '2.71 G', '80', '40', '16', '2.50×', '100; 100', '6.2; 6.2'],
    ]);
    expect(timed).toContain('By mIoU against ms (2 threads, fp32), no other network beats HRNet W18-Small-v1.');
    expect(timed).toContain('experiments/dark/accuracy-speed.svg');
  });

  it('shows what people wrote, and says when it is older than the figures', () => {
    const results = sampleResults([HRNET, UNET]);
    const words = (digest: string) => `<!-- section: verdict, of ${digest} -->\n\nHRNet wins.\n`;
    const fresh = pageOf(results, words(scoresDigest(results)));
    expect(fresh).toContain('## Is HRNet ahead?\n\nHRNet wins.\n\n##');
    expect(pageOf(results, words('00000000'))).toContain('HRNet wins.\n\n*(Written for earlier figures');
    const timeless = '<!-- section: verdict -->\n\nHRNet has four branches.\n';
    expect(pageOf(results, timeless)).toContain('HRNet has four branches.\n\n##');
  });

  it('marks what others published', () => {
    const published = {
      data: 'CamVid test',
      rows: [
        {
          model: 'ENet',
          parameters: '0.37 M',
          mIoU: '51.3',
          trainedOn: 'train',
          source: 'a README',
          url: 'https://x.org',
        },
      ],
    };
    const results = sampleResults([HRNET, UNET]);
    const text = renderPage({ results, published, words: new Map(), folder: 'experiments' });
    expect(text).toContain('| ENet | 0.37 M | 51.3 | train | published: [a README](https://x.org) |');
    expect(text).toContain('| **HRNet W18-Small-v1** | 1.54 M | **50.0** | four pictures | measured here |');
  });
});
