import { describe, expect, it } from 'vitest';
import { describeSource, EMPTY_SOURCE, suggestName, toSourceInput } from '../../../src/viewer/lib/source-form.js';

describe('the camera form', () => {
  it('sends user and password as they were typed, apart from the address', () => {
    const fields = {
      url: ' rtsp://192.0.2.10/1 ',
      user: 'admin',
      password: 'p@ss/wörd:%20 ',
      transport: 'udp',
    } as const;
    expect(toSourceInput(fields)).toEqual({
      url: 'rtsp://192.0.2.10/1',
      user: 'admin',
      password: 'p@ss/wörd:%20 ',
      transport: 'udp',
    });
  });

  it('sends no password for files and devices, even if one was typed before', () => {
    const fields = { ...EMPTY_SOURCE, url: '/dev/video0', user: 'admin', password: 'secret' };
    expect(toSourceInput(fields)).toEqual({ url: '/dev/video0', transport: 'tcp' });
  });

  it.each([
    ['rtsp://cam.example:554/stream1', 'cam.example stream1'],
    ['http://192.0.2.7', '192.0.2.7'],
    ['/srv/video/front_door-2.mp4', 'front door 2'],
    ['/dev/video0', 'video0'],
    ['C:\\clips\\yard.mkv', 'yard'],
    ['rtsp://', ''],
    ['', ''],
  ])('suggests for %s the name "%s"', (url, name) => {
    expect(suggestName(url)).toBe(name);
  });

  it('tells what a probe found in words', () => {
    const info = {
      container: 'rtsp',
      codec: 'hevc',
      profile: 'Main',
      pixelFormat: 'yuv420p',
      width: 1080,
      height: 1920,
      rotation: 90,
      fps: 15,
      audio: { codec: 'aac', channels: 1, sampleRate: 16_000 },
      live: true,
    };
    expect(describeSource(info)).toEqual([
      ['Picture', '1080 × 1920, turned by 90°'],
      ['Codec', 'H.265, Main'],
      ['Rate', '15.0 fps announced'],
      ['Kind', 'live'],
      ['Sound', 'AAC, not used live'],
    ]);
  });
});
