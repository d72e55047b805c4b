import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type Config, loadConfig } from '../../config/load.js';
import { createLogger } from '../../telemetry/logger.js';
import type { CommandContext } from '../context.js';
import { MODELS, PUBLIC, SAMPLE } from '../paths.js';
import { defaultDataDir, light, userFolder } from './beacon.js';

const CONFIG_FILE = 'maskcast.yaml';

interface ServeFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly insecure?: true;
  readonly model?: string;
  readonly policy?: string;
  readonly smoothing: boolean;
  readonly onDemand?: true;
  readonly user?: string;
  readonly passwordEnv?: string;
  readonly transport?: string;
  readonly dataDir?: string;
  readonly modelsDir?: string;
  readonly logLevel?: string;
  readonly sample?: true;
  readonly json?: true;
}

/** `maskcast serve [SOURCE…]`: the live server, until SIGINT or SIGTERM. */
export function registerServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('serve cameras and files as live overlays in a browser')
    .argument('[source...]', 'rtsp(s)://…, http(s)://… (MJPEG, HLS), a file (looped in real time), or /dev/videoN')
    .option('-c, --config <file>', `configuration file; ${CONFIG_FILE} in this folder where there is one`)
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('-p, --port <number>', 'port to listen on (8080); 0 takes a free one')
    .option('--insecure', 'listen beyond this machine without any token')
    .option('-m, --model <name>', 'name or folder of the network of streams that name none')
    .option('--policy <policy>', 'which frames the network sees: every, interval=N or adaptive')
    .option('--no-smoothing', 'show each mask as it comes, without blending over time')
    .option('--on-demand', 'stop decoding streams that nobody watches')
    .option('--user <name>', 'user for the sources given here')
    .option(
      '--password-env <variable>',
      'environment variable that holds their password (never put it on a command line)',
    )
    .addOption(new Option('--transport <protocol>', 'RTSP transport for them').choices(['tcp', 'udp']))
    .option('--data-dir <folder>', 'where streams added on the page are kept')
    .option('--models-dir <folder>', 'where the networks are')
    .option('--log-level <level>', 'silent, fatal, error, warn, info, debug or trace')
    .option('--sample', 'serve the sample clip')
    .option('--json', 'print the address as JSON')
    .addHelpText(
      'after',
      '\nMASKCAST_TOKEN in the environment is an admin token. Every key of the configuration: config.example.yaml',
    )
    .action(async (sources: string[], flags: ServeFlags) => {
      const file = flags.config ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined);
      const fromFile = loadConfig({ file, env: context.env });
      const config = loadConfig({ file, env: context.env, flags: overrides(flags, sources, fromFile) });
      await serve(config, flags, context);
    });
}

function overrides(flags: ServeFlags, sources: readonly string[], { streams }: Config): Record<string, unknown> {
  const { user, passwordEnv, transport } = flags;
  const urls = flags.sample ? [...sources, SAMPLE] : sources;
  const added = urls.map((url) => ({
    url,
    ...(url === SAMPLE
      ? { id: 'sample', name: 'Sample' }
      : { user, transport, password: passwordEnv === undefined ? undefined : { env: passwordEnv } }),
  }));
  return {
    server: {
      host: flags.host,
      port: flags.port === undefined ? undefined : numeric(flags.port),
      insecure: flags.insecure,
    },
    dataDir: flags.dataDir,
    modelsDir: flags.modelsDir,
    model: flags.model,
    temporal: { policy: flags.policy, smoothing: flags.smoothing ? undefined : false },
    onDemand: flags.onDemand,
    log: { level: flags.logLevel },
    streams: added.length === 0 ? undefined : [...streams, ...added],
  };
}

/** A number where it is one; what isn't is left for the schema to refuse with a proper message. */
const numeric = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

async function serve(config: Config, flags: ServeFlags, { env, terminal, stop }: CommandContext): Promise<void> {
  const { level, format } = config.log;
  const logger = createLogger({
    level,
    format: format === 'auto' ? (terminal.stderr.isTTY ? 'pretty' : 'json') : format,
  });
  const dataDir = config.dataDir ?? defaultDataDir(env);
  let darken = async () => {};
  // Half a second of loading that no other command has to wait for.
  const { createApp } = await import('../../app.js');
  const app = createApp(
    config,
    {
      publicDir: PUBLIC,
      modelsDir: config.modelsDir ?? MODELS,
      dataDir,
    },
    logger,
  );
  try {
    const { port, address } = await app.start();
    const url = `http://${hostInUrl(address)}:${port}/`;
    darken = await light(dataDir, userFolder(env), `http://${reachable(address)}:${port}/`);
    terminal.stdout.write(flags.json ? `${JSON.stringify({ url, port, address })}\n` : `Maskcast is ready: ${url}\n`);
    await stopped(stop);
    logger.info('stopping');
  } finally {
    await darken();
    await app.close();
  }
}

/** What a person can open: a server that listens on all addresses is reached here as localhost. */
function hostInUrl(address: string): string {
  if (address === '0.0.0.0' || address === '::') return 'localhost';
  return address.includes(':') ? `[${address}]` : address;
}

/** Under which address this machine reaches it. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return hostInUrl(address === '::' ? '::1' : address);
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
