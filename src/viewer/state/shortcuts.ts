import { closeDialog, dialog, statisticsOpen } from './dialogs.js';
import { compare, confidence, maskShown, motionShown, reference, remember, stored } from './preferences.js';
import { gridLink, isRecorded, navigate, recordingsLink, route } from './router.js';
import { mayControl } from './session.js';
import { stageActions } from './stage-actions.js';

/** Every keyboard shortcut: the help sheet is drawn from this table, and nothing else listens to keys. */
export interface Shortcut {
  /** `KeyboardEvent.key` values. */
  readonly keys: readonly string[];
  /** As the help sheet shows them, where that is shorter than `keys`. */
  readonly shown?: string;
  readonly does: string;
  readonly group: 'Everywhere' | 'Picture' | 'Mask';
  run(key: string): void;
}

const onStage = (run: (actions: NonNullable<typeof stageActions.value>, key: string) => unknown) => (key: string) => {
  const actions = stageActions.value;
  if (actions) run(actions, key);
};

const stepOpacity = (by: number): void => {
  const opacity = Math.min(1, Math.max(0, Math.round((stored.value.opacity + by) * 20) / 20));
  remember({ opacity, fill: true });
};

export const SHORTCUTS: readonly Shortcut[] = [
  {
    keys: [' ', 'k'],
    shown: 'Space',
    does: 'Pause or go on',
    group: 'Picture',
    run: onStage((stage) => stage.togglePause()),
  },
  { keys: ['f'], does: 'Full screen', group: 'Picture', run: onStage((stage) => stage.toggleFullScreen()) },
  { keys: ['s'], does: 'Save a snapshot', group: 'Picture', run: onStage((stage) => stage.takeSnapshot()) },
  {
    keys: ['w'],
    does: 'Wipe between raw picture and mask',
    group: 'Picture',
    run: onStage(() => {
      compare.value = compare.value === 'wipe' ? 'overlay' : 'wipe';
    }),
  },
  {
    keys: ['b'],
    does: 'Raw picture and mask side by side',
    group: 'Picture',
    run: onStage(() => {
      compare.value = compare.value === 'side' ? 'overlay' : 'side';
    }),
  },
  {
    keys: ['c'],
    does: 'Compare with the held mask, or the raw picture',
    group: 'Picture',
    run: onStage(() => {
      // Without a second half there is nothing to see the difference in.
      if (compare.value === 'overlay') compare.value = 'wipe';
      reference.value = reference.value === 'held' ? 'raw' : 'held';
    }),
  },
  {
    keys: ['ArrowLeft', 'ArrowRight'],
    shown: '← →',
    does: 'Previous or next stream; in a recording 5 s back or on',
    group: 'Picture',
    run: onStage((stage, key) => stage.step(key === 'ArrowLeft' ? -1 : 1)),
  },
  {
    keys: [',', '.'],
    shown: ',\u00a0.',
    does: 'One frame back or on, in a recording',
    group: 'Picture',
    run: onStage((stage, key) => stage.stepFrame?.(key === ',' ? -1 : 1)),
  },
  {
    keys: ['<', '>'],
    shown: '< >',
    does: 'Slower or faster, in a recording',
    group: 'Picture',
    run: onStage((stage, key) => stage.stepSpeed?.(key === '<' ? -1 : 1)),
  },
  {
    keys: ['m'],
    does: 'Mask on or off',
    group: 'Mask',
    run: onStage(() => {
      maskShown.value = !maskShown.value;
    }),
  },
  { keys: ['l'], does: 'Fill on or off', group: 'Mask', run: onStage(() => remember({ fill: !stored.value.fill })) },
  {
    keys: ['o'],
    does: 'Outline on or off',
    group: 'Mask',
    run: onStage(() => remember({ outline: !stored.value.outline })),
  },
  {
    keys: ['-', '+', '='],
    shown: '− +',
    does: 'Fill opacity',
    group: 'Mask',
    run: onStage((_stage, key) => stepOpacity(key === '-' ? -0.05 : 0.05)),
  },
  {
    keys: ['h'],
    does: 'Confidence heat map',
    group: 'Mask',
    run: onStage(() => {
      confidence.value = !confidence.value;
    }),
  },
  {
    keys: ['v'],
    does: 'Motion vectors, and where they are not trusted',
    group: 'Mask',
    run: onStage(() => {
      motionShown.value = !motionShown.value;
    }),
  },
  {
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    shown: '1 – 9',
    does: 'Show or hide a class',
    group: 'Mask',
    run: onStage((stage, key) => stage.toggleClass(Number(key) - 1)),
  },
  { keys: ['0'], does: 'Show all classes', group: 'Mask', run: onStage((stage) => stage.showAllClasses()) },
  {
    keys: ['d'],
    does: 'Statistics',
    group: 'Everywhere',
    run: () => {
      if (route.value.page === 'stream') statisticsOpen.value = !statisticsOpen.value;
    },
  },
  {
    keys: ['a'],
    does: 'Add a camera, or a recording among recordings',
    group: 'Everywhere',
    run: () => {
      if (mayControl.value) dialog.value = isRecorded(route.value) ? { kind: 'new-job', files: [] } : { kind: 'add' };
    },
  },
  { keys: ['g'], does: 'All streams', group: 'Everywhere', run: () => navigate(gridLink) },
  { keys: ['r'], does: 'All recordings', group: 'Everywhere', run: () => navigate(recordingsLink) },
  {
    keys: ['Escape'],
    shown: 'Esc',
    does: 'Close, or back to all streams or recordings',
    group: 'Everywhere',
    run: () => {
      if (statisticsOpen.value) statisticsOpen.value = false;
      else if (document.fullscreenElement) return;
      else if (route.value.page === 'recording') navigate(recordingsLink);
      else if (route.value.page !== 'grid') navigate(gridLink);
    },
  },
  {
    keys: ['?'],
    does: 'This sheet',
    group: 'Everywhere',
    run: () => {
      dialog.value = { kind: 'help' };
    },
  },
];

/** Keys that a focused control needs for itself. */
function takesKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('input:not([type=range], [type=radio], [type=checkbox]), select, textarea')) return true;
  if (key.startsWith('Arrow')) return target.matches('[role=slider], [type=radio], [type=range], [data-arrows]');
  return (key === ' ' || key === 'Enter') && target.matches('button, a, input, [role=slider]');
}

export function startShortcuts(): void {
  window.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (dialog.value) {
      // The open dialog closes itself on Escape; the sheet also closes with the key that opened it.
      if (event.key === '?' && dialog.value.kind === 'help') closeDialog();
      return;
    }
    if (takesKey(event.target, event.key)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const shortcut = SHORTCUTS.find(({ keys }) => keys.includes(key));
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run(key);
  });
}
