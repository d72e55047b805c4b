import { batch, type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import {
  checkFields,
  DEFAULT_FIELDS,
  type FieldProblem,
  type JobFields,
  problemField,
  toJobInput,
} from '../../lib/job-form.js';
import { closeDialog } from '../../state/dialogs.js';
import { addJob } from '../../state/jobs.js';
import { notify } from '../../state/notices.js';
import { navigate, recordingLink, recordingsLink } from '../../state/router.js';
import { enqueueUploads } from '../../state/uploads.js';
import { ApiError } from '../../transport/api.js';
import { Folder, Upload } from '../icons.js';
import { Modal, Segmented } from '../stream/controls.js';
import { Trouble } from '../trouble.js';
import { FieldError } from './field-error.js';
import { FilePicker } from './file-picker.js';
import { MediaPicker } from './media-picker.js';
import { MoreOptions } from './more-options.js';
import { OutputChoices } from './output-choices.js';

/**
 * Starts jobs: one for every file, all with the same settings. Uploads go on in the list when the dialog has closed; jobs of
 * files that the server has already are made at once, and what it complains about is shown at its field.
 */
export function NewJobDialog({ dropped }: { readonly dropped: readonly File[] }) {
  const place = useSignal<Place>('upload');
  const files = useSignal<readonly File[]>(dropped);
  const media = useSignal<readonly string[]>([]);
  const fields = useSignal<JobFields>(DEFAULT_FIELDS);
  const problems = useSignal<readonly FieldProblem[]>([]);
  const trouble = useSignal<ApiError | undefined>(undefined);
  const busy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);

  const edit = (change: Partial<JobFields>) => {
    batch(() => {
      fields.value = { ...fields.value, ...change };
      problems.value = problems.value.filter(({ field }) => !(field in change));
      trouble.value = undefined;
    });
  };
  const chosen = place.value === 'upload' ? files.value.length : media.value.length;
  const start = async () => {
    const found = checkFields(fields.value);
    if (chosen === 0) found.unshift({ field: 'input', message: 'Choose a recording first.' });
    problems.value = found;
    trouble.value = undefined;
    if (found.length > 0) return;
    if (place.value === 'upload') {
      enqueueUploads(files.value, fields.value);
      navigate(recordingsLink);
      closeDialog();
      return;
    }
    busy.value = true;
    try {
      await startFromServer();
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0);
      const atFields = known.issues.map(({ path, message }) => ({ field: problemField(path), message }));
      if (atFields.length > 0 && atFields.every(({ field }) => field !== 'form')) problems.value = atFields;
      else trouble.value = known;
    } finally {
      busy.value = false;
    }
  };
  /** Those that were accepted leave the choice, so that trying again does not start them twice. */
  const startFromServer = async () => {
    const accepted = [];
    for (const path of media.value) {
      const name = path.split('/').at(-1);
      accepted.push(await addJob(toJobInput({ media: path }, name, fields.value)));
      media.value = media.value.filter((other) => other !== path);
    }
    const [only] = accepted;
    if (accepted.length === 1 && only) {
      notify('good', `${only.name} is queued.`);
      navigate(recordingLink(only.id));
    } else {
      notify('good', `${accepted.length} jobs are queued.`);
      navigate(recordingsLink);
    }
    closeDialog();
  };
  const complaints = problems.value;
  useEffect(() => {
    if (complaints.length === 0) return;
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    first?.closest('details')?.setAttribute('open', '');
    first?.focus();
  }, [complaints]);

  return (
    <Modal title="Process a recording" onClose={closeDialog} wide>
      <form
        class="form new-job"
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <InputPart place={place} files={files} media={media} problems={problems} />
        <OutputChoices fields={fields.value} problems={complaints} onEdit={edit} />
        <MoreOptions fields={fields.value} problems={complaints} onEdit={edit} />
        {trouble.value && <Trouble title="Not started" error={trouble.value} />}
        <footer class="form-foot">
          <button type="button" class="button quiet" onClick={closeDialog}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy.value}>
            {chosen > 1 ? `Start ${chosen} jobs` : 'Start'}
          </button>
        </footer>
      </form>
    </Modal>
  );
}

type Place = 'upload' | 'server';

/** Which recordings: files of this device, or of the server. */
function InputPart(props: {
  readonly place: Signal<Place>;
  readonly files: Signal<readonly File[]>;
  readonly media: Signal<readonly string[]>;
  readonly problems: Signal<readonly FieldProblem[]>;
}) {
  const { place, files, media, problems } = props;
  const inputProblem = problems.value.find(({ field }) => field === 'input');
  const choose = (action: () => void) => {
    action();
    problems.value = problems.value.filter(({ field }) => field !== 'input');
  };
  return (
    <section class="form-part" aria-labelledby="new-job-input">
      <div class="part-head">
        <h3 id="new-job-input">Recording</h3>
        <Segmented
          label="Where the recording is"
          value={place.value}
          options={[
            { value: 'upload', label: 'On this device', icon: <Upload size={16} /> },
            { value: 'server', label: 'On the server', icon: <Folder size={16} /> },
          ]}
          onChoose={(value) => {
            place.value = value;
            problems.value = [];
          }}
        />
      </div>
      {place.value === 'upload' ? (
        <FilePicker
          files={files.value}
          invalid={inputProblem !== undefined}
          onChange={(value) => choose(() => (files.value = value))}
        />
      ) : (
        <MediaPicker
          chosen={media.value}
          invalid={inputProblem !== undefined}
          onChange={(value) => choose(() => (media.value = value))}
        />
      )}
      {inputProblem && <FieldError id="problem-input" message={inputProblem.message} />}
    </section>
  );
}
