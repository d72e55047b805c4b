import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { signIn } from '../state/session.js';
import { ApiError } from '../transport/api.js';
import { Mark } from './icons.js';
import { Trouble } from './trouble.js';

/** The server wants a token before it shows anything. */
export function SignIn() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const token = useSignal('');
  const busy = useSignal(false);
  const trouble = useSignal<ApiError | undefined>(undefined);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    trouble.value = undefined;
    try {
      await signIn(token.value.trim());
    } catch (error) {
      trouble.value = error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0);
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="sign-in">
      <form class="form" onSubmit={(event) => void submit(event)}>
        <div class="brand large">
          <Mark size={36} />
          <span>maskcast</span>
        </div>
        <h1>Sign in</h1>
        <label class="field">
          <span class="field-name">Access token</span>
          <input
            type="password"
            name="token"
            required
            ref={field}
            maxLength={512}
            autoComplete="current-password"
            value={token.value}
            onInput={(event) => (token.value = event.currentTarget.value)}
          />
          <small>Whoever runs this server has set it in its configuration.</small>
        </label>
        {trouble.value && <Trouble title="Not signed in" error={trouble.value} />}
        <button type="submit" class="button primary" disabled={busy.value || token.value.trim() === ''}>
          Sign in
        </button>
      </form>
    </main>
  );
}
