import { adviceFor, sentence } from '../lib/words.js';
import type { ApiError } from '../transport/api.js';
import { Alert } from './icons.js';

/** A refusal: what happened, in the server's words, and what helps, in ours. */
export function Trouble({ title, error }: { readonly title: string; readonly error: ApiError }) {
  const advice = adviceFor(error.code);
  return (
    <section class="trouble" role="alert">
      <h3>
        <Alert size={18} /> {title}
      </h3>
      {error.issues.length > 0 ? (
        <ul>
          {error.issues.map(({ path, message }) => (
            <li key={path}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      ) : (
        <p>{sentence(error.message)}</p>
      )}
      {advice && <p class="advice">{advice}</p>}
      <p class="code">{error.code}</p>
    </section>
  );
}
