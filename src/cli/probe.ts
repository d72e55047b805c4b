import { type Command, Option } from 'commander';
import { loadConfig } from '../config/load.js';
import { duration } from '../config/values.js';
import { systemClock } from '../core/clock.js';
import { MaskcastError } from '../core/errors.js';
import type { SourceInfo } from '../core/source.js';
import type { Milliseconds } from '../core/time.js';
import { displaySource } from '../media/address/redact.js';
import { parseSource } from '../media/address/source.js';
import { probe } from '../media/probe.js';
import type { CommandContext } from './context.js';

interface ProbeFlags {
  readonly user?: string;
  readonly passwordEnv?: string;
  readonly transport: 'tcp' | 'udp';
  readonly timeout?: string;
  readonly json?: true;
}

/** `maskcast probe SOURCE`: what it is, or the typed reason why it cannot be watched. */
export function registerProbe(program: Command, context: CommandContext): void {
  program
    .command('probe')
    .description('tell what a source is, or why it cannot be read')
    .argument('<source>', 'rtsp(s)://…, http(s)://… (MJPEG, HLS), a file, or /dev/videoN')
    .option('--user <name>', 'user, where the address has none')
    .option(
      '--password-env <variable>',
      'environment variable that holds the password (never put it on a command line)',
    )
    .addOption(new Option('--transport <protocol>', 'RTSP transport').choices(['tcp', 'udp']).default('tcp'))
    .option('--timeout <duration>', 'how long to wait for an answer, for instance 10s')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExit code: 0 it can be watched, 1 it cannot, 2 wrong usage.')
    .action(async (text: string, flags: ProbeFlags) => {
      const source = parseSource({
        url: text,
        user: flags.user,
        password: passwordFrom(flags.passwordEnv, context),
        transport: flags.transport,
      });
      const { ingest } = loadConfig({ env: context.env });
      const { info } = await probe(source, {
        ffmpegPath: ingest.ffmpeg,
        ffprobePath: ingest.ffprobe,
        clock: systemClock,
        connectTimeout: flags.timeout === undefined ? ingest.connectTimeout : timeoutFrom(flags.timeout),
        signal: context.stop,
      });
      const shown = displaySource(source);
      context.terminal.stdout.write(
        flags.json ? `${JSON.stringify({ source: shown, ...info })}\n` : table(shown, info),
      );
    });
}

function passwordFrom(variable: string | undefined, { env }: CommandContext): string | undefined {
  if (variable === undefined) return undefined;
  const password = env[variable];
  if (password === undefined) throw new MaskcastError('USAGE', `the environment variable ${variable} is not set`);
  return password;
}

function timeoutFrom(text: string): Milliseconds {
  const parsed = duration.safeParse(text);
  if (parsed.success && parsed.data > 0) return parsed.data;
  throw new MaskcastError(
    'USAGE',
    `--timeout must be a number with its unit, like 500ms, 10s or 2m; received "${text}"`,
  );
}

function table(source: string, info: SourceInfo): string {
  const { audio, profile, rotation } = info;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Source', source],
    ['Container', info.container],
    ['Video', `${info.codec}${profile ? ` (${profile})` : ''}, ${info.pixelFormat}`],
    ['Size', `${info.width}×${info.height}${rotation ? `, turned by ${rotation}°` : ''}`],
    ['Rate', info.fps === undefined ? 'unknown' : `${Number(info.fps.toFixed(3))} frames/s`],
    ['Duration', info.live ? 'live' : info.duration === undefined ? 'unknown' : clockTime(info.duration)],
    ['Frames', info.frames === undefined ? undefined : String(info.frames)],
    ['Audio', audio ? `${audio.codec}, ${channels(audio.channels)}, ${audio.sampleRate} Hz` : 'none'],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(11)}${value}\n`)
    .join('');
}

const channels = (count: number): string => (count === 1 ? 'mono' : count === 2 ? 'stereo' : `${count} channels`);

/** `1:02:03.45` */
function clockTime(total: number): string {
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = (total % 60).toFixed(2).padStart(5, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
