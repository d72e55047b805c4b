import { computed, effect, signal } from '@preact/signals';
import type { ClassInfo } from '../../core/model.js';
import type { CompareMode, Reference } from '../lib/layout.js';
import { hiddenByDefault, type OverlayStyle } from '../lib/palette.js';

/** What this browser remembers of how its person likes to look: nothing that concerns the server. */

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'maskcast';

interface Stored {
  readonly theme: Theme;
  readonly opacity: number;
  readonly fill: boolean;
  readonly outline: boolean;
  /** Hidden class ids by model name. */
  readonly hidden: Readonly<Record<string, readonly number[]>>;
  readonly chartScale: 'linear' | 'log';
}

const DEFAULTS: Stored = {
  theme: 'system',
  opacity: 0.5,
  fill: true,
  outline: true,
  hidden: {},
  chartScale: 'linear',
};

export const stored = signal<Stored>(load());

/** For this visit only: a page that opens in a special mode would surprise. */
export const confidence = signal(false);
export const maskShown = signal(true);
export const compare = signal<CompareMode>('overlay');
export const wipe = signal(0.5);
export const reference = signal<Reference>('raw');
/** Motion and doubt over the picture. */
export const motionShown = signal(false);

export const theme = computed(() => stored.value.theme);

export function remember(change: Partial<Stored>): void {
  stored.value = { ...stored.value, ...change };
}

export function hiddenClasses(model: string, classes: readonly ClassInfo[]): ReadonlySet<number> {
  const ids = stored.value.hidden[model];
  return ids ? new Set(ids) : hiddenByDefault(classes);
}

export function hideClasses(model: string, ids: ReadonlySet<number>): void {
  remember({ hidden: { ...stored.value.hidden, [model]: [...ids].sort((a, b) => a - b) } });
}

export function overlayStyle(model: string, classes: readonly ClassInfo[]): OverlayStyle {
  const { opacity, fill, outline } = stored.value;
  const shown = maskShown.value;
  return {
    opacity,
    fill: fill && shown,
    outline: outline && shown,
    confidence: confidence.value,
    hidden: hiddenClasses(model, classes),
  };
}

/** Writes changes to this browser's storage and the theme to the document. */
export function startPreferences(): void {
  effect(() => {
    const { theme: chosen } = stored.value;
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem(KEY, JSON.stringify(stored.value));
    } catch {
      // Private windows may refuse to store; the choice then holds for this visit.
    }
  });
}

function load(): Stored {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Stored>;
    return { ...DEFAULTS, ...value };
  } catch {
    return DEFAULTS;
  }
}
