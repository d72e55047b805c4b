import { useSignal } from '@preact/signals';
import type { DatasetView, JobView } from '../../../delivery/http/jobs-schema.js';
import { type DatasetFields, partsOf } from '../../lib/dataset-form.js';
import { formatCount, formatInstant } from '../../lib/format.js';
import { outputLabel } from '../../lib/job-form.js';
import { now } from '../../state/clock.js';

/** More than this is searched rather than looked through. */
const SEARCHED_FROM = 9;

interface Props {
  readonly fields: DatasetFields;
  /** Those that can be chosen. */
  readonly jobs: readonly JobView[];
  /** What the server has said last, which tells the sides. */
  readonly plan: DatasetView | undefined;
  readonly onEdit: (change: Partial<DatasetFields>) => void;
}

/** Which finished jobs, and on which side of the split each is. */
export function DatasetRecordings(props: Props) {
  const { fields, jobs, onEdit } = props;
  const wanted = useSignal('');
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = jobs.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const all = found.length > 0 && found.every(({ id }) => fields.jobs.includes(id));
  const chooseAll = () => {
    const others = fields.jobs.filter((id) => !found.some((job) => job.id === id));
    onEdit({ jobs: all ? others : [...others, ...found.map(({ id }) => id)] });
  };
  if (jobs.length === 0) {
    return (
      <p class="hint">
        No finished recording has labels for training yet. Start a job with COCO, YOLO, Semantic PNG, Cityscapes or
        Label Studio among its results, and with Frames, which puts the pictures beside them.
      </p>
    );
  }
  return (
    <section class="form-part" aria-labelledby="dataset-recordings">
      <div class="part-head">
        <h3 id="dataset-recordings">Recordings</h3>
        <button type="button" class="button quiet" onClick={chooseAll}>
          {all ? 'Choose none' : 'Choose all'}
        </button>
      </div>
      <div class="media">
        {jobs.length >= SEARCHED_FROM && (
          <input
            type="text"
            aria-label="Search the recordings"
            placeholder="Search by name"
            autoComplete="off"
            spellcheck={false}
            value={wanted.value}
            onInput={(event) => (wanted.value = event.currentTarget.value)}
          />
        )}
        <ul class="media-list dataset-list" aria-label="Finished recordings">
          {found.map((job) => (
            <Row key={job.id} job={job} {...props} />
          ))}
          {found.length === 0 && <li class="hint">Nothing has such a name.</li>}
        </ul>
      </div>
    </section>
  );
}

function Row({ job, fields, plan, onEdit }: Props & { readonly job: JobView }) {
  const chosen = fields.jobs.includes(job.id);
  const toggle = () => {
    onEdit({ jobs: chosen ? fields.jobs.filter((id) => id !== job.id) : [...fields.jobs, job.id] });
  };
  const facts = [`${formatCount(job.progress.frames)} frames`, formatInstant(job.finished ?? job.created, now.value)];
  return (
    <li>
      <label>
        <input type="checkbox" checked={chosen} onChange={toggle} />
        <span class="media-name">
          <span>{job.name}</span>
          <small>{partsOf(job).map(outputLabel).join(', ')}</small>
        </span>
        <small>{facts.join(' · ')}</small>
      </label>
      {chosen && fields.jobs.length > 1 && <Side job={job} fields={fields} plan={plan} onEdit={onEdit} />}
    </li>
  );
}

/** Whether it is to train on or to validate with: said by the share, or chosen. */
function Side({ job, fields, plan, onEdit }: Omit<Props, 'jobs'> & { readonly job: JobView }) {
  if (fields.split === 'share') {
    const side = plan?.recordings.find((recording) => recording.job === job.id)?.split;
    return (
      <small class="side" data-side={side}>
        {side === undefined ? '' : side === 'val' ? 'validation' : 'training'}
      </small>
    );
  }
  const toggle = () => {
    const next = new Set(fields.validation);
    if (!next.delete(job.id)) next.add(job.id);
    onEdit({ validation: next });
  };
  return (
    <label class="side" title={`Validate with ${job.name}`}>
      <input type="checkbox" checked={fields.validation.has(job.id)} onChange={toggle} />
      <span>
        Validation<span class="visually-hidden"> with {job.name}</span>
      </span>
    </label>
  );
}
