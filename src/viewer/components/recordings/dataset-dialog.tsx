import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DatasetView } from '../../../delivery/http/jobs-schema.js';
import {
  type DatasetFields,
  DEFAULT_DATASET,
  datasetProblem,
  datasetWords,
  partChoices,
  toDatasetQuery,
  usable,
} from '../../lib/dataset-form.js';
import { closeDialog } from '../../state/dialogs.js';
import { jobs } from '../../state/jobs.js';
import { ApiError } from '../../transport/api.js';
import { jobsApi, jobUrls } from '../../transport/jobs-api.js';
import { Download } from '../icons.js';
import { Modal } from '../stream/controls.js';
import { Trouble } from '../trouble.js';
import { DatasetParts, DatasetSplit } from './dataset-options.js';
import { DatasetRecordings } from './dataset-recordings.js';

/**
 * Makes one data set of several finished jobs. The server says what it would hold as the choice goes on, and only what it has agreed to can be
 * saved: a download that is refused tells nobody why.
 */
export function DatasetDialog() {
  const fields = useSignal<DatasetFields>(DEFAULT_DATASET);
  const edit = (change: Partial<DatasetFields>) => {
    fields.value = { ...fields.value, ...change };
  };
  const list = usable(jobs.value ?? []);
  // One that was deleted meanwhile is no choice any more.
  const known = { ...fields.value, jobs: fields.value.jobs.filter((id) => list.some((job) => job.id === id)) };
  const choices = partChoices(known, list);
  const problem = datasetProblem(known, choices);
  const query = problem === undefined ? toDatasetQuery(known, choices) : undefined;
  const { plan, trouble } = usePlan(query);
  const agreed = query !== undefined && plan?.query === query;
  return (
    <Modal title="Make a data set" onClose={closeDialog} wide>
      <div class="form dataset">
        <DatasetRecordings fields={known} jobs={list} plan={plan?.view} onEdit={edit} />
        {choices.length > 0 && <DatasetParts fields={known} choices={choices} onEdit={edit} />}
        {known.jobs.length > 1 && <DatasetSplit fields={known} onEdit={edit} />}
        {trouble && query !== undefined && <Trouble title="This makes no data set" error={trouble} />}
        <footer class="form-foot">
          <p class="hint" role="status">
            {problem ?? (agreed ? datasetWords(plan.view) : trouble ? '' : 'Looking…')}
          </p>
          <button type="button" class="button quiet" onClick={closeDialog}>
            Close
          </button>
          {agreed ? (
            <a class="button primary" href={jobUrls.dataset(query)} download="dataset.zip">
              <Download size={18} />
              Download
            </a>
          ) : (
            <button type="button" class="button primary" disabled>
              <Download size={18} />
              Download
            </button>
          )}
        </footer>
      </div>
    </Modal>
  );
}

/** After the last change, so that typing asks once. */
const SETTLED_MS = 150;

/** What the server says to a query: its newest answer, or why it refuses. */
function usePlan(query: string | undefined) {
  const plan = useSignal<{ readonly query: string; readonly view: DatasetView } | undefined>(undefined);
  const trouble = useSignal<ApiError | undefined>(undefined);
  useEffect(() => {
    trouble.value = undefined;
    if (query === undefined) return;
    const stop = new AbortController();
    const ask = async () => {
      try {
        plan.value = { query, view: await jobsApi.describeDataset(query, stop.signal) };
      } catch (error) {
        if (stop.signal.aborted) return;
        trouble.value = error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0);
      }
    };
    const timer = setTimeout(() => void ask(), SETTLED_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [query]);
  return { plan: plan.value, trouble: trouble.value };
}
