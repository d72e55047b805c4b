import { signal } from '@preact/signals';

/** Pages live in the fragment, so that any static server and any path below a reverse proxy will do. */
export type Route =
  | { readonly page: 'grid' }
  | { readonly page: 'stream'; readonly id: string }
  | { readonly page: 'recordings' }
  | { readonly page: 'recording'; readonly id: string };

export const gridLink = '#/';
export const streamLink = (id: string): string => `#/streams/${id}`;
export const recordingsLink = '#/recordings';
export const recordingLink = (id: string): string => `#/recordings/${id}`;

export function parseRoute(hash: string): Route {
  const [, part, id] = /^#\/(streams|recordings)(?:\/([a-z0-9-]+))?$/.exec(hash) ?? [];
  if (part === 'recordings') return id ? { page: 'recording', id } : { page: 'recordings' };
  return id ? { page: 'stream', id } : { page: 'grid' };
}

/** Whether a page is about recorded video. */
export const isRecorded = ({ page }: Route): boolean => page === 'recordings' || page === 'recording';

export const route = signal<Route>({ page: 'grid' });

export function startRouter(): void {
  const read = () => {
    route.value = parseRoute(location.hash);
    window.scrollTo(0, 0);
  };
  window.addEventListener('hashchange', read);
  read();
}

export function navigate(link: string): void {
  location.hash = link;
}
