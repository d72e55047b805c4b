import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import type { JobView } from '../../../delivery/http/jobs-schema.js';
import { actionsOf, type JobAction } from '../../lib/job-words.js';
import { dialog } from '../../state/dialogs.js';
import { act } from '../../state/jobs.js';
import { announce, notify } from '../../state/notices.js';
import { Again, Close, Pause, Play, Trash } from '../icons.js';

const LOOKS: Readonly<Record<JobAction, { readonly label: string; readonly Icon: ComponentType<{ size?: number }> }>> =
  {
    pause: { label: 'Pause', Icon: Pause },
    resume: { label: 'Go on', Icon: Play },
    cancel: { label: 'Cancel', Icon: Close },
    retry: { label: 'Try again', Icon: Again },
    remove: { label: 'Delete', Icon: Trash },
  };

const DONE: Readonly<Record<Exclude<JobAction, 'remove'>, string>> = {
  pause: 'is paused.',
  resume: 'goes on.',
  cancel: 'is cancelled.',
  retry: 'is tried again.',
};

/** What can be done to a job in its state, as buttons; `words` beside the icons where there is room. */
export function JobActions({ job, words = false }: { readonly job: JobView; readonly words?: boolean }) {
  const busy = useSignal(false);
  const run = async (action: JobAction) => {
    if (action === 'remove') {
      dialog.value = { kind: 'remove-job', job };
      return;
    }
    busy.value = true;
    try {
      await act(job, action);
      announce(`${job.name} ${DONE[action]}`);
    } catch (error) {
      notify('bad', error instanceof Error ? error.message : String(error));
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="job-actions" role="toolbar" aria-label={`Actions for ${job.name}`}>
      {actionsOf(job.state).map((action) => {
        const { label, Icon } = LOOKS[action];
        return (
          <button
            key={action}
            type="button"
            class={words ? 'button' : 'tool'}
            aria-label={`${label} ${job.name}`}
            title={label}
            disabled={busy.value}
            onClick={() => void run(action)}
          >
            <Icon size={18} />
            {words && <span>{label}</span>}
          </button>
        );
      })}
    </div>
  );
}
