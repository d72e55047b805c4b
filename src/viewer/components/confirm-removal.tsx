import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { closeDialog } from '../state/dialogs.js';
import { ApiError } from '../transport/api.js';
import { Modal } from './stream/controls.js';
import { Trouble } from './trouble.js';

/** Asks before something goes for good, and says why where it could not. */
export function ConfirmRemoval(props: {
  /** As in "Remove Yard?" */
  readonly verb: string;
  readonly name: string;
  /** Of a refusal. */
  readonly refused: string;
  /** Closes the dialog where all went well. @throws ApiError */
  readonly remove: () => Promise<void>;
  readonly children: ComponentChildren;
}) {
  const { verb, name, refused } = props;
  const trouble = useSignal<ApiError | undefined>(undefined);
  const busy = useSignal(false);
  const remove = async () => {
    busy.value = true;
    try {
      await props.remove();
    } catch (error) {
      trouble.value = error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0);
      busy.value = false;
    }
  };
  return (
    <Modal title={`${verb} ${name}?`} onClose={closeDialog}>
      <div class="form">
        {props.children}
        {trouble.value && <Trouble title={refused} error={trouble.value} />}
        <footer class="form-foot">
          <button type="button" class="button quiet" data-first onClick={closeDialog}>
            Keep it
          </button>
          <button type="button" class="button danger" disabled={busy.value} onClick={() => void remove()}>
            {verb}
          </button>
        </footer>
      </div>
    </Modal>
  );
}
