import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerProbe } from '../../../src/cli/probe.js';
import { clip } from '../../support/media/clips.js';

/** What the command prints. @throws what it throws */
async function run(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  let printed = '';
  const output = { write: (text: string) => (printed += text) };
  const program = new Command().exitOverride();
  registerProbe(program, { terminal: { stdout: output, stderr: output }, env, stop: new AbortController().signal });
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(['probe', ...args], { from: 'user' });
  return printed;
}

describe('maskcast probe', () => {
  it('tells people what a source is', async () => {
    const path = await clip('rotated');
    expect(await run([path])).toBe(
      [
        `Source     ${path}`,
        'Container  mov,mp4,m4a,3gp,3g2,mj2',
        'Video      h264 (Main), yuv420p',
        'Size       240×320, turned by 90°',
        'Rate       25 frames/s',
        'Duration   0:02.00',
        'Frames     50',
        'Audio      aac, mono, 44100 Hz',
        '',
      ].join('\n'),
    );
  });

  it('tells machines in one line', async () => {
    const printed = await run([await clip('vp9'), '--json']);
    expect(printed.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(printed)).toMatchObject({ codec: 'vp9', width: 320, height: 240, fps: 25, live: false });
  });

  it('says why not', async () => {
    await expect(run([await clip('text')])).rejects.toMatchObject({ code: 'NOT_VIDEO' });
    await expect(run(['rtsp://user:hunter2@127.0.0.1:1/live'])).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.not.stringContaining('hunter2'),
    });
  });

  it.each([
    [['ftp://h/x'], {}, 'SOURCE_INVALID', 'ftp'],
    [['rtsp://h/x', '--password-env', 'CAMERA_PASSWORD'], {}, 'USAGE', 'CAMERA_PASSWORD is not set'],
    [['rtsp://h/x', '--timeout', '10'], {}, 'USAGE', 'received "10"'],
    [['rtsp://h/x', '--transport', 'carrier-pigeon'], {}, 'commander.invalidArgument', 'tcp, udp'],
  ])('refuses wrong use: %j', async (args, env, code, words) => {
    await expect(run(args, env)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it('takes the password from the environment', async () => {
    const args = ['http://127.0.0.1:1/x', '--user', 'me', '--password-env', 'CAMERA_PASSWORD'];
    await expect(run(args, { CAMERA_PASSWORD: 'hunter2' })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});
