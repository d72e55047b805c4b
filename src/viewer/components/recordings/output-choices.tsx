import { type FieldProblem, type JobFields, OUTPUT_GROUPS, type OutputName } from '../../lib/job-form.js';
import { FieldError } from './field-error.js';

/** The results to make, grouped by what people do with them. */
export function OutputChoices(props: {
  readonly fields: JobFields;
  readonly problems: readonly FieldProblem[];
  readonly onEdit: (change: Partial<JobFields>) => void;
}) {
  const { outputs } = props.fields;
  const problem = props.problems.find(({ field }) => field === 'outputs');
  const toggle = (name: OutputName) => {
    const next = new Set(outputs);
    if (!next.delete(name)) next.add(name);
    props.onEdit({ outputs: next });
  };
  return (
    <fieldset class="form-part outputs" aria-describedby={problem ? 'problem-outputs' : undefined}>
      <legend class="part-title">Results</legend>
      <div class="output-groups">
        {OUTPUT_GROUPS.map(({ title, choices }) => (
          <fieldset key={title} class="output-group">
            <legend>{title}</legend>
            {choices.map(({ name, label, explains }) => (
              <label key={name} class="check">
                <input
                  type="checkbox"
                  checked={outputs.has(name)}
                  aria-invalid={problem !== undefined}
                  onChange={() => toggle(name)}
                />
                <span>
                  <span class="check-label">{label}</span>
                  <small>{explains}</small>
                </span>
              </label>
            ))}
          </fieldset>
        ))}
      </div>
      {problem && <FieldError id="problem-outputs" message={problem.message} />}
      {!outputs.has('masks') && !outputs.has('overlay') && (
        <p class="hint">Without mask pictures or an overlay video there is nothing to watch here afterwards.</p>
      )}
    </fieldset>
  );
}
