import { signal } from '@preact/signals';
import type { StreamView } from '../../delivery/api-schema.js';

/** The one dialog that may be open. */
export type Dialog =
  | { readonly kind: 'add' }
  | { readonly kind: 'edit'; readonly stream: StreamView }
  | { readonly kind: 'remove'; readonly stream: StreamView }
  | { readonly kind: 'help' };

export const dialog = signal<Dialog | undefined>(undefined);
export const statisticsOpen = signal(false);

export function closeDialog(): void {
  dialog.value = undefined;
}
