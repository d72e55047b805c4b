import { describe, expect, it } from 'vitest';
import { lesserPlans, planTracks, trackArguments } from '../../../../src/record/video/tracks.js';

const file = (audio: string[], subtitles: string[] = [], attachments = 0) => ({
  audioCodecs: audio,
  subtitleCodecs: subtitles,
  attachments,
});

/** Container, and for each track what it is in the result. */
const plan = (...args: Parameters<typeof planTracks>) => {
  const { container, tracks } = planTracks(...args);
  return [container, ...tracks.map(({ kind, codec, encoder }) => `${kind} ${codec}${encoder ? ' made' : ''}`)];
};

describe('sound and subtitles of an overlay', () => {
  it.each([
    [['aac', 'ac3'], ['mov_text'], ['mp4', 'a aac', 'a ac3', 's mov_text']],
    [['pcm_s16le'], [], ['mov', 'a pcm_s16le']],
    [['mp2'], ['dvb_subtitle'], ['mkv', 'a mp2', 's dvb_subtitle']],
    [['flac'], [], ['mkv', 'a flac']],
    [['aac'], ['ass', 'hdmv_pgs_subtitle'], ['mkv', 'a aac', 's ass', 's hdmv_pgs_subtitle']],
    [['adpcm_ima_qt'], [], ['mov', 'a adpcm_ima_qt']],
    [['amr_nb'], ['mov_text'], ['mov', 'a amr_nb', 's mov_text']],
    [['pcm_dvd'], [], ['mov', 'a pcm_s24le made']],
    [['s302m', 'aac'], [], ['mov', 'a pcm_s24le made', 'a aac']],
    [['pcm_bluray'], ['hdmv_pgs_subtitle'], ['mkv', 'a pcm_s24le made', 's hdmv_pgs_subtitle']],
    [['nellymoser'], [], ['mp4', 'a aac made']],
    [['aac'], ['dvb_teletext'], ['mp4', 'a aac']],
    [['unknown'], [], ['mp4']],
  ])('%o and %o', (audio, subtitles, expected) => {
    expect(plan(file(audio, subtitles), 'mov', false)).toEqual(expected);
  });

  it('go with AV1, which QuickTime does not hold, into Matroska', () => {
    const expected = ['mkv', 'a pcm_s16le', 's subrip made'];
    expect(plan(file(['pcm_s16le'], ['mov_text']), 'mp4', false)).toEqual(expected);
  });

  it('are told of where they are converted or left out, and only there', () => {
    expect(planTracks(file(['aac'], ['mov_text']), 'mov', false).warnings).toEqual([]);
    const { warnings } = planTracks(file(['nellymoser', 'unknown'], ['dvb_teletext'], 2), 'mov', false);
    expect(warnings.join('\n')).toMatch(
      /track 1 \(nellymoser\) is converted to AAC.*\n.*track 2 is left out.*\n.*teletext.*left out.*\n.*fonts/,
    );
    expect(planTracks(file(['aac'], ['ass'], 2), 'mov', false).warnings).toEqual([]);
  });

  it('leave subtitles and fonts out where only a part is asked for, whose times they do not have', () => {
    expect(plan(file(['aac'], ['ass'], 1), 'mov', true)).toEqual(['mp4', 'a aac']);
  });

  it('are mapped one by one, with the encoders of those that are converted', () => {
    const made = planTracks(file(['unknown', 'pcm_dvd', 'aac']), 'mov', false);
    expect(trackArguments(made, true)).toEqual(['-map', '1:a:1', '-c:a:0', 'pcm_s24le', '-map', '1:a:2']);
    expect(trackArguments(planTracks(file([], ['ass']), 'mov', false), true)).toEqual([
      '-map',
      '1:s:0',
      '-map',
      '1:t?',
    ]);
  });

  it('have a plan for an ffmpeg that can do less than it should: all in AAC, then nothing', () => {
    const best = planTracks(file(['flac', 'mp2'], ['ass']), 'mov', false);
    const [converted, nothing] = lesserPlans(file(['flac', 'mp2']), best);
    expect(converted?.tracks.map(({ encoder }) => encoder)).toEqual(['aac', 'aac']);
    expect(nothing?.tracks).toEqual([]);
  });
});
