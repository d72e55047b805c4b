/** What this client needs of a WebSocket; browsers', Node's and that of `ws` all fit. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

/** A class of WebSockets, each of which is a `WebSocketLike`. */
// biome-ignore lint/suspicious/noExplicitAny: constructors of differing overloads have no narrower common type
export type WebSocketConstructor = new (url: string, protocols: string[]) => any;

/** Where browsers tell that the network is back; absent elsewhere. */
export function onlineEvents(): EventTarget | undefined {
  const target = globalThis as unknown as Partial<EventTarget>;
  return typeof target.addEventListener === 'function' ? (target as EventTarget) : undefined;
}
