import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** GStreamer's Python bindings belong to the distribution's Python. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('./rtsp_server.py', import.meta.url));

export interface CameraConfig {
  readonly codec?: 'h264' | 'h265' | 'mjpeg';
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly user?: string;
  readonly password?: string;
  /** Where it lists a sound track; none where absent. */
  readonly sound?: 'before' | 'after';
  /** Default: digest. */
  readonly auth?: 'digest' | 'basic';
}

/** A real RTSP camera in a process of its own, on a free port of 127.0.0.1. */
export class TestCamera {
  private constructor(
    private process: ChildProcess,
    readonly port: number,
    private config: CameraConfig,
  ) {}

  static async start(config: CameraConfig = {}, port = 0): Promise<TestCamera> {
    const { process, port: bound } = await launch(config, port);
    return new TestCamera(process, bound, config);
  }

  /** Without credentials. */
  get url(): string {
    return `rtsp://127.0.0.1:${this.port}/live`;
  }

  /** New size or rate within the session; a new codec closes the sessions. */
  change(change: CameraConfig): void {
    this.config = { ...this.config, ...change };
    this.process.stdin?.write(`${JSON.stringify(change)}\n`);
  }

  /** The host hangs: connections stay, nothing moves. */
  freeze(): void {
    this.process.kill('SIGSTOP');
  }

  thaw(): void {
    this.process.kill('SIGCONT');
  }

  /** Power is cut. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }

  /** Power is back, at the same address. */
  async restart(change: CameraConfig = {}): Promise<void> {
    await this.kill();
    this.config = { ...this.config, ...change };
    this.process = (await launch(this.config, this.port)).process;
  }
}

async function launch(config: CameraConfig, port: number): Promise<{ process: ChildProcess; port: number }> {
  const child = spawn(PYTHON, [SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.write(`${JSON.stringify({ ...config, port })}\n`);
  for await (const line of createInterface({ input: child.stdout })) {
    return { process: child, port: (JSON.parse(line) as { port: number }).port };
  }
  throw new Error(`the test camera did not start: is python3-gi with gir1.2-gst-rtsp-server-1.0 installed?`);
}
