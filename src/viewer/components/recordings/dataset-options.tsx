import type { DatasetOutput } from '../../../delivery/http/jobs-schema.js';
import type { DatasetFields, PartChoice } from '../../lib/dataset-form.js';
import { outputExplains, outputLabel } from '../../lib/job-form.js';
import { Segmented } from '../stream/controls.js';

interface Props {
  readonly fields: DatasetFields;
  readonly onEdit: (change: Partial<DatasetFields>) => void;
}

/** What goes into the data set, of what its recordings have. */
export function DatasetParts({ fields, choices, onEdit }: Props & { readonly choices: readonly PartChoice[] }) {
  const toggle = (output: DatasetOutput) => {
    const next = new Set(choices.filter(({ checked }) => checked).map((choice) => choice.output));
    if (!next.delete(output)) next.add(output);
    onEdit({ outputs: next });
  };
  const tasks = choices.some(({ output, checked }) => output === 'label-studio' && checked);
  return (
    <fieldset class="form-part">
      <legend class="part-title">What goes in</legend>
      <div class="dataset-parts">
        {choices.map(({ output, shared, checked }) => (
          <label key={output} class="check">
            <input type="checkbox" checked={checked} disabled={!shared} onChange={() => toggle(output)} />
            <span>
              <span class="check-label">{outputLabel(output)}</span>
              <small>{shared ? outputExplains(output) : 'Not all of these recordings have it'}</small>
            </span>
          </label>
        ))}
      </div>
      {tasks && (
        <label class="field">
          <span class="field-name">Label Studio’s addresses of pictures begin with</span>
          <input
            type="text"
            placeholder="/data/local-files/?d=dataset/"
            autoComplete="off"
            spellcheck={false}
            value={fields.picturePrefix}
            onInput={(event) => onEdit({ picturePrefix: event.currentTarget.value })}
          />
        </label>
      )}
    </fieldset>
  );
}

/** Which recordings are to validate with. */
export function DatasetSplit({ fields, onEdit }: Props) {
  return (
    <section class="form-part" aria-labelledby="dataset-split">
      <div class="part-head">
        <h3 id="dataset-split">Split</h3>
        <Segmented
          label="Who chooses the recordings for validation"
          value={fields.split}
          options={[
            { value: 'share', label: 'By share' },
            { value: 'hand', label: 'By hand' },
          ]}
          onChoose={(split) => onEdit({ split })}
        />
      </div>
      {fields.split === 'share' ? (
        <label class="inline">
          <input
            type="text"
            inputMode="decimal"
            class="short"
            value={fields.percent}
            onInput={(event) => onEdit({ percent: event.currentTarget.value })}
          />
          <span>per cent of the recordings for validation</span>
        </label>
      ) : (
        <p class="hint">Tick those for validation in the list above.</p>
      )}
      <p class="hint">A recording is never parted: neighbouring frames are too alike to tell anything.</p>
    </section>
  );
}
