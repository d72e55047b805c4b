import { signal } from '@preact/signals';
import type { StreamView } from '../../delivery/http/api-schema.js';
import type { JobView } from '../../delivery/http/jobs-schema.js';

/** The one dialog that may be open. */
export type Dialog =
  | { readonly kind: 'add' }
  | { readonly kind: 'edit'; readonly stream: StreamView }
  | { readonly kind: 'remove'; readonly stream: StreamView }
  /** `files` were dropped on the page. */
  | { readonly kind: 'new-job'; readonly files: readonly File[] }
  | { readonly kind: 'remove-job'; readonly job: JobView }
  | { readonly kind: 'dataset' }
  | { readonly kind: 'help' };

export const dialog = signal<Dialog | undefined>(undefined);
export const statisticsOpen = signal(false);

export function closeDialog(): void {
  dialog.value = undefined;
}
