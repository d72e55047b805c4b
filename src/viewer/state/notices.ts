import { signal } from '@preact/signals';

/** Short words that pass by: something was done, or could not be. */
export interface Notice {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

export const notices = signal<readonly Notice[]>([]);
/** Read out by screen readers, never shown. */
export const announcement = signal('');

let lastId = 0;

export function notify(tone: Notice['tone'], text: string): void {
  lastId += 1;
  const notice = { id: lastId, tone, text };
  notices.value = [...notices.value.slice(-2), notice];
  setTimeout(() => dismiss(notice.id), tone === 'bad' ? 9_000 : 4_000);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

export function announce(text: string): void {
  announcement.value = text;
}
