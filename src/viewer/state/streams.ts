import { signal } from '@preact/signals';
import type { ModelView, StreamChange, StreamInput, StreamView } from '../../delivery/http/api-schema.js';
import { ApiError, api } from '../transport/api.js';
import { signedOut } from './session.js';

/** All streams of the server, as its list says; each stream's own socket knows its state sooner. */
export const streams = signal<readonly StreamView[] | undefined>(undefined);
/** Why the list on screen may be old. */
export const streamsTrouble = signal<ApiError | undefined>(undefined);
export const models = signal<readonly ModelView[]>([]);
/** The server has been asked for its models, with or without success. */
export const modelsAsked = signal(false);

const REFRESH_MS = 4_000;

export async function refreshStreams(): Promise<void> {
  try {
    streams.value = await api.streams();
    streamsTrouble.value = undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) signedOut();
    else streamsTrouble.value = error;
  }
}

export async function loadModels(): Promise<void> {
  try {
    models.value = await api.models();
  } catch (error) {
    models.value = []; // the dialogs then leave the choice of model out
    if (error instanceof ApiError && error.code === 'UNREACHABLE') setTimeout(() => void loadModels(), REFRESH_MS);
  }
  modelsAsked.value = true;
}

/** Keeps the list fresh while the page is seen, until the returned function is called. */
export function watchStreams(): () => void {
  const refresh = () => {
    if (!document.hidden) void refreshStreams();
  };
  refresh();
  const timer = setInterval(refresh, REFRESH_MS);
  document.addEventListener('visibilitychange', refresh);
  window.addEventListener('online', refresh);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', refresh);
    window.removeEventListener('online', refresh);
  };
}

export async function addStream(input: StreamInput): Promise<StreamView> {
  const added = await api.addStream(input);
  await refreshStreams();
  return added;
}

export async function changeStream(id: string, change: StreamChange): Promise<StreamView> {
  const changed = await api.changeStream(id, change);
  streams.value = streams.value?.map((stream) => (stream.id === id ? changed : stream));
  return changed;
}

export async function removeStream(id: string): Promise<void> {
  await api.removeStream(id);
  streams.value = streams.value?.filter((stream) => stream.id !== id);
}
