import { signal } from '@preact/signals';

/** Pages live in the fragment, so that any static server and any path below a reverse proxy will do. */
export type Route = { readonly page: 'grid' } | { readonly page: 'stream'; readonly id: string };

export const gridLink = '#/';
export const streamLink = (id: string): string => `#/streams/${id}`;

export function parseRoute(hash: string): Route {
  const match = /^#\/streams\/([a-z0-9-]+)$/.exec(hash);
  return match?.[1] ? { page: 'stream', id: match[1] } : { page: 'grid' };
}

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
