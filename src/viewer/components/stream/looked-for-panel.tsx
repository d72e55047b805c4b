import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type ClassSettings, classWords } from '../../../core/class-settings.js';
import type { LiveStream } from '../../state/live-stream.js';
import { notify } from '../../state/notices.js';
import { changeStream, models } from '../../state/streams.js';
import { ApiError } from '../../transport/api.js';
import { ClassSettingsList } from '../class-settings-list.js';

/** Which of the network's classes count in this stream, and how sure it must be: on the server, for everybody. */
export function LookedForPanel({ stream }: { readonly stream: LiveStream }) {
  const hello = stream.hello.value;
  const { settings, ask } = useClassSettings(stream);
  if (!hello) return null;
  const { model, mayControl } = hello;
  const words = classWords(settings);
  const labelsOnly = models.value.find(({ name }) => name === model.name)?.labelsOnly === true;
  return (
    <details class="panel looked-for">
      <summary class="panel-head">
        <h2>What is looked for</h2>
        <span class="tag">{words === '' ? 'All' : 'Chosen'}</span>
      </summary>
      <p class="hint">
        The server itself goes by this, for everybody who watches: what is off is not looked for, and its place goes to
        the next likely class. To hide a class from your own view only, use the eyes under <em>Classes</em>.
      </p>
      {!mayControl && <p class="hint">{words === '' ? 'All classes are looked for.' : `Now: ${words}.`}</p>}
      {mayControl && (
        <ClassSettingsList classes={model.classes} labelsOnly={labelsOnly} settings={settings} onChange={ask} />
      )}
    </details>
  );
}

/** The stream's, or what was asked for and is not confirmed yet. One request at a time; a slider's last value counts. */
function useClassSettings(stream: LiveStream) {
  const wish = useSignal<ClassSettings | undefined>(undefined);
  const sending = useRef(false);
  const ask = async (classes: ClassSettings) => {
    wish.value = classes;
    if (sending.current) return;
    sending.current = true;
    try {
      for (let sent: ClassSettings | undefined; wish.value !== undefined && wish.value !== sent; ) {
        sent = wish.value;
        await changeStream(stream.id, { settings: { classes: sent } });
      }
    } catch (error) {
      notify('bad', error instanceof ApiError ? error.message : String(error));
    } finally {
      wish.value = undefined;
      sending.current = false;
    }
  };
  const settings = wish.value ?? stream.hello.value?.settings.classes ?? {};
  return { settings, ask: (classes: ClassSettings) => void ask(classes) };
}
