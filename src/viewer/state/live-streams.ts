import { LiveStream } from './live-stream.js';
import { route } from './router.js';

/** The connections that this page holds: one a stream, however many parts of the page show it. */

/** A stream that nobody shows keeps its connection this long, so that going to it and back is instant. */
const LINGER_MS = 15_000;

interface Entry {
  readonly stream: LiveStream;
  users: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const entries = new Map<string, Entry>();

/** Every `acquire` is matched by one `release`. */
export function acquire(id: string): LiveStream {
  let entry = entries.get(id);
  if (!entry) {
    entry = { stream: new LiveStream(id, tileInterval), users: 0, timer: undefined };
    entries.set(id, entry);
  }
  clearTimeout(entry.timer);
  entry.users += 1;
  return entry.stream;
}

export function release(stream: LiveStream): void {
  const entry = entries.get(stream.id);
  if (!entry || entry.stream !== stream) return;
  entry.users -= 1;
  if (entry.users === 0) entry.timer = setTimeout(() => drop(stream.id), LINGER_MS);
}

/** The stream is gone, or the person is. */
export function drop(id: string): void {
  const entry = entries.get(id);
  if (!entry) return;
  clearTimeout(entry.timer);
  entries.delete(id);
  entry.stream.close();
}

export function dropAll(): void {
  for (const id of [...entries.keys()]) drop(id);
}

/** One stream gets all it can show; tiles share the page's time: 12 pictures a second each, 8 where there are many. */
function tileInterval(): number {
  if (route.value.page === 'stream' || entries.size <= 2) return 0;
  return entries.size <= 6 ? 80 : 125;
}
