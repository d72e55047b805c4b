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

export async function signIn(token: string): Promise<void> {
  session.value = await api.signIn(token);
}

export async function signOut(): Promise<void> {
  await api.signOut();
  session.value = { authentication: 'token' };
}

/** A request was refused for want of a token: show the sign-in view. */
export function signedOut(): void {
  session.value = { authentication: 'token' };
}
