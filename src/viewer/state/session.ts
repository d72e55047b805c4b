import { computed, signal } from '@preact/signals';
import type { SessionView } from '../../delivery/http/api-schema.js';
import { ApiError, api } from '../transport/api.js';

/** Who this browser is to the server. `undefined` until it has answered. */
export const session = signal<SessionView | undefined>(undefined);
/** Why the server could not be asked, in words. */
export const sessionTrouble = signal<string | undefined>(undefined);

export const needsToken = computed(() => session.value?.authentication === 'token' && session.value.role === undefined);
export const mayControl = computed(() => session.value?.role === 'admin');
export const canSignOut = computed(() => session.value?.authentication === 'token' && session.value.role !== undefined);

export async function loadSession(): Promise<void> {
  try {
    session.value = await api.session();
    sessionTrouble.value = undefined;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      // The cookie names a token that the server no longer knows.
      session.value = { authentication: 'token' };
      sessionTrouble.value = undefined;
      return;
    }
    sessionTrouble.value = error instanceof Error ? error.message : String(error);
  }
}

/**
 * Signs this browser in, and looks whether it stays signed in: in a frame on another site browsers take no cookie but a partitioned one.
 * @throws ApiError; COOKIES_REFUSED where the token is right, but the browser keeps nothing
 */
export async function signIn(token: string): Promise<void> {
  const framed = window.top !== window.self;
  for (const partitioned of framed ? [false, true] : [false]) {
    await api.signIn(token, partitioned);
    const kept = await api.session();
    if (kept.role !== undefined || kept.authentication === 'none') {
      session.value = kept;
      return;
    }
  }
  const why = framed
    ? 'in a frame on another site, browsers keep a sign-in only over HTTPS, and some not at all. Open this page in a tab of its own'
    : 'it refuses cookies. Allow them for this address';
  throw new ApiError('COOKIES_REFUSED', `The token is right, but this browser does not stay signed in: ${why}.`, 0);
}

export async function signOut(): Promise<void> {
  await api.signOut();
  session.value = { authentication: 'token' };
}

/** A request was refused for want of a token: show the sign-in view. */
export function signedOut(): void {
  session.value = { authentication: 'token' };
}
