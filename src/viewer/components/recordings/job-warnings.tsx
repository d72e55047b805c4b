import { sentence } from '../../lib/words.js';
import { Alert } from '../icons.js';

/** What was odd about the recording, though the job went on. */
export function JobWarnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <section class="warnings" aria-label="Warnings">
      <Alert size={18} />
      <ul>
        {warnings.map((warning) => (
          <li key={warning}>{sentence(warning)}</li>
        ))}
      </ul>
    </section>
  );
}
