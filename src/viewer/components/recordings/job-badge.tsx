import type { JobState } from '../../../delivery/http/jobs-schema.js';
import { stateWords } from '../../lib/job-words.js';

/** State by colour, shape and word together, as streams have it. */
export function JobBadge({ state }: { readonly state: JobState }) {
  const { label, tone } = stateWords(state);
  return (
    <span class="badge" data-tone={tone} data-state={state}>
      <span class="lamp" aria-hidden="true" />
      {label}
    </span>
  );
}
