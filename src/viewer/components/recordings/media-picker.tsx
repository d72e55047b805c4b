import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { MediaEntry } from '../../../delivery/http/jobs-schema.js';
import { formatBytes, formatInstant } from '../../lib/format.js';
import { sentence } from '../../lib/words.js';
import { now } from '../../state/clock.js';
import { jobsApi } from '../../transport/jobs-api.js';

/** More than this is searched rather than scrolled through. */
const SHOWN = 200;

/** Files in the server's media folders, with a search box; one or several. */
export function MediaPicker(props: {
  readonly chosen: readonly string[];
  readonly invalid: boolean;
  readonly onChange: (paths: readonly string[]) => void;
}) {
  const { chosen, onChange } = props;
  const entries = useSignal<readonly MediaEntry[] | undefined>(undefined);
  const trouble = useSignal<string | undefined>(undefined);
  const wanted = useSignal('');
  useEffect(() => {
    jobsApi.media().then(
      (list) => (entries.value = list),
      (error: Error) => (trouble.value = error.message),
    );
  }, []);
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = (entries.value ?? []).filter(({ path }) => words.every((word) => path.toLowerCase().includes(word)));
  if (trouble.value) return <p class="hint">{sentence(trouble.value)}</p>;
  if (entries.value?.length === 0) {
    return (
      <p class="hint">
        There is no video in the server’s media folders. Whoever runs it names them in its configuration, as{' '}
        <code>mediaDirs</code>.
      </p>
    );
  }
  return (
    <div class="media">
      <input
        type="text"
        class="media-search"
        data-first
        aria-label="Search the server's recordings"
        placeholder="Search by folder or name"
        autoComplete="off"
        spellcheck={false}
        value={wanted.value}
        aria-invalid={props.invalid}
        aria-describedby={props.invalid ? 'problem-input' : undefined}
        onInput={(event) => (wanted.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          // Enter searches; it does not start the job with whatever is chosen.
          if (event.key === 'Enter') event.preventDefault();
        }}
      />
      <ul class="media-list" aria-label="Recordings on the server" aria-busy={entries.value === undefined}>
        {found.slice(0, SHOWN).map((entry) => (
          <li key={entry.path}>
            <label>
              <input
                type="checkbox"
                checked={chosen.includes(entry.path)}
                onChange={(event) =>
                  onChange(
                    event.currentTarget.checked
                      ? [...chosen, entry.path]
                      : chosen.filter((path) => path !== entry.path),
                  )
                }
              />
              <span class="media-name">
                <span>{entry.name}</span>
                <small>{folderOf(entry)}</small>
              </span>
              <small>
                {formatBytes(entry.bytes)} · {formatInstant(entry.modified, now.value)}
              </small>
            </label>
          </li>
        ))}
        {entries.value !== undefined && found.length === 0 && <li class="hint">Nothing has such a name.</li>}
      </ul>
      <p class="hint" role="status">
        {entries.value === undefined ? 'Looking…' : counts(found.length, chosen.length)}
      </p>
    </div>
  );
}

const folderOf = ({ path, name }: MediaEntry): string => path.slice(0, Math.max(0, path.length - name.length - 1));

function counts(found: number, chosen: number): string {
  const there =
    found > SHOWN ? `The first ${SHOWN} of ${found}` : `${found} ${found === 1 ? 'recording' : 'recordings'}`;
  return chosen > 0 ? `${there}, ${chosen} chosen` : there;
}
