import { batch, type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SourceInfoView, StreamChange, StreamView } from '../../../delivery/http/api-schema.js';
import { EMPTY_SOURCE, type SourceFields, suggestName, toSourceInput } from '../../lib/source-form.js';
import { closeDialog } from '../../state/dialogs.js';
import { notify } from '../../state/notices.js';
import { navigate, streamLink } from '../../state/router.js';
import { addStream, changeStream, models } from '../../state/streams.js';
import { ApiError, api } from '../../transport/api.js';

export type Probe =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'found'; readonly info: SourceInfoView }
  | { readonly kind: 'refused'; readonly error: ApiError };

/** What is filled in for a camera, and what became of it. */
export interface CameraForm {
  readonly source: Signal<SourceFields>;
  /** Whether the address is being given: always for a new camera, on demand for another. */
  readonly newSource: Signal<boolean>;
  readonly name: Signal<string>;
  /** Whether a person has given the name, which then stays. */
  readonly named: Signal<boolean>;
  readonly model: Signal<string>;
  readonly probe: Signal<Probe>;
  readonly trouble: Signal<ApiError | undefined>;
  readonly saving: Signal<boolean>;
  edit(change: Partial<SourceFields>): void;
  /** Asks the source what it is. */
  check(): Promise<void>;
  save(): Promise<void>;
}

export function useCameraForm(stream: StreamView | undefined): CameraForm {
  const source = useSignal<SourceFields>(EMPTY_SOURCE);
  const newSource = useSignal(stream === undefined);
  const name = useSignal(stream?.name ?? '');
  const named = useSignal(stream !== undefined);
  const model = useSignal(stream?.model ?? models.value.find((candidate) => candidate.default)?.name ?? '');
  const probe = useSignal<Probe>({ kind: 'none' });
  const trouble = useSignal<ApiError | undefined>(undefined);
  const saving = useSignal(false);
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const edit = (change: Partial<SourceFields>) => {
    running.current?.abort();
    batch(() => {
      source.value = { ...source.value, ...change };
      probe.value = { kind: 'none' };
      trouble.value = undefined;
      if (!named.value) name.value = suggestName(source.value.url);
    });
  };
  const check = async () => {
    const controller = new AbortController();
    running.current = controller;
    probe.value = { kind: 'running' };
    try {
      probe.value = { kind: 'found', info: await api.probe(toSourceInput(source.value), controller.signal) };
    } catch (error) {
      if (!controller.signal.aborted && error instanceof ApiError) probe.value = { kind: 'refused', error };
    }
  };
  const save = async () => {
    saving.value = true;
    trouble.value = undefined;
    try {
      await store(stream, {
        source: source.value,
        newSource: newSource.value,
        name: name.value.trim(),
        model: model.value,
      });
      closeDialog();
    } catch (error) {
      trouble.value = error instanceof ApiError ? error : new ApiError('UNEXPECTED', String(error), 0);
    } finally {
      saving.value = false;
    }
  };
  return { source, newSource, name, named, model, probe, trouble, saving, edit, check, save };
}

interface Camera {
  readonly source: SourceFields;
  readonly newSource: boolean;
  readonly name: string;
  /** Empty: the server's default. */
  readonly model: string;
}

/** @throws ApiError */
async function store(stream: StreamView | undefined, { source, newSource, name, model }: Camera): Promise<void> {
  if (stream) {
    const change: StreamChange = { name };
    if (newSource) change.source = toSourceInput(source);
    if (model && model !== stream.model) change.model = model;
    await changeStream(stream.id, change);
    notify('good', `${name} is changed.`);
    return;
  }
  const added = await addStream({ name, source: toSourceInput(source), settings: {}, ...(model && { model }) });
  notify('good', `${added.name} is added.`);
  navigate(streamLink(added.id));
}
