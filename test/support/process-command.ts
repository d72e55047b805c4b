import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `maskcast process` in a process of its own, as a person starts it, and what it leaves behind. */

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface Started {
  readonly child: ChildProcess;
  /** What it has printed so far, on both outputs. */
  text(): string;
  /** Resolves when it has ended and all its output is there. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** @param shell for instance a limit that is set before the command starts */
export function startProcess(args: readonly string[], { shell = '' } = {}): Started {
  const command = ['-c', `${shell}\nexec "$@"`, 'bash', process.execPath, MAIN, 'process', ...args];
  // A group of its own, as a shell gives to what it starts.
  const child = spawn('bash', command, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, text: () => text, ended };
}

/** Names of the segments that are committed. */
export async function keptSegments(target: string): Promise<string[]> {
  const names = await readdir(join(`${target}.work`, 'segments')).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name));
}

/** SHA-256 of every file under a folder, by path. */
export async function digests(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found: Record<string, string> = {};
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    found[path.slice(root.length)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return found;
}
