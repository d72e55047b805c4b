import type { ComponentChildren } from 'preact';
import { classWords } from '../../../core/class-settings.js';
import { isBackground } from '../../../core/model.js';
import { cssColor } from '../../lib/color.js';
import type { FieldProblem, JobFields } from '../../lib/job-form.js';
import { models } from '../../state/streams.js';
import { ClassSettingsList } from '../class-settings-list.js';
import { Segmented, Switch } from '../stream/controls.js';
import { FieldError } from './field-error.js';

interface Props {
  readonly fields: JobFields;
  readonly problems: readonly FieldProblem[];
  readonly onEdit: (change: Partial<JobFields>) => void;
}

/** What most people never change, folded away; it opens by itself where something in it is wrong. */
export function MoreOptions(props: Props) {
  return (
    <details class="more">
      <summary>
        More <small>model, part of the recording, speed, look</small>
      </summary>
      <div class="more-body">
        <NetworkOptions {...props} />
        <PartOptions {...props} />
        <LookOptions {...props} />
      </div>
    </details>
  );
}

function NetworkOptions({ fields, problems, onEdit }: Props) {
  return (
    <section class="more-part" aria-label="Segmentation">
      {models.value.length > 0 && (
        <Field name="model" label="Model" problems={problems}>
          {(attributes) => (
            <select
              {...attributes}
              value={fields.model}
              onChange={(event) => onEdit({ model: event.currentTarget.value, classes: undefined, modelClasses: {} })}
            >
              {models.value.map(({ name, classes, default: standard }) => (
                <option key={name} value={standard ? '' : name} selected={fields.model === (standard ? '' : name)}>
                  {name}, {classes.length} classes{standard ? ' (default)' : ''}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <div class="field">
        <span class="field-name">The network sees</span>
        <div class="inline">
          <Segmented
            label="Frames that the network sees"
            value={fields.policy}
            options={[
              { value: 'every', label: 'Every frame', title: 'The most exact, and the slowest' },
              { value: 'adaptive', label: 'When it changes', title: 'Masks are moved with the picture in between' },
              { value: 'interval', label: 'One in' },
            ]}
            onChoose={(policy) => onEdit({ policy })}
          />
          {fields.policy === 'interval' && (
            <ShortField
              name="interval"
              label="Frames from one to the next"
              value={fields.interval}
              problems={problems}
              onInput={(interval) => onEdit({ interval })}
            />
          )}
        </div>
        <Complaint name="interval" problems={problems} />
        <small>
          Every frame gets a mask in any case; where the network does not look, the mask moves with the picture.
        </small>
      </div>
      <Switch
        label="Temporal smoothing"
        hint="Steadier edges from frame to frame"
        checked={fields.smoothing}
        onChange={(smoothing) => onEdit({ smoothing })}
      />
    </section>
  );
}

function PartOptions({ fields, problems, onEdit }: Props) {
  return (
    <section class="more-part" aria-label="Part of the recording">
      <div class="field-pair">
        {(['from', 'to'] as const).map((name) => (
          <Field key={name} name={name} label={name === 'from' ? 'From' : 'To'} problems={problems}>
            {(attributes) => (
              <input
                {...attributes}
                type="text"
                inputMode="decimal"
                autoComplete="off"
                placeholder={name === 'from' ? '0:00' : 'the end'}
                value={fields[name]}
                onInput={(event) => onEdit({ [name]: event.currentTarget.value })}
              />
            )}
          </Field>
        ))}
      </div>
      <div class="field">
        <span class="field-name">Frames</span>
        <div class="inline">
          <Segmented
            label="Frames that get a mask"
            value={fields.sampling}
            options={[
              { value: 'all', label: 'All' },
              { value: 'every', label: 'One in' },
              { value: 'fps', label: 'Per second' },
            ]}
            onChoose={(sampling) => onEdit({ sampling })}
          />
          {fields.sampling === 'every' && (
            <ShortField
              name="every"
              label="Frames from one to the next that gets a mask"
              value={fields.every}
              problems={problems}
              onInput={(every) => onEdit({ every })}
            />
          )}
          {fields.sampling === 'fps' && (
            <ShortField
              name="fps"
              label="Frames a second that get a mask"
              value={fields.fps}
              problems={problems}
              onInput={(fps) => onEdit({ fps })}
            />
          )}
        </div>
        <Complaint name={fields.sampling === 'every' ? 'every' : 'fps'} problems={problems} />
        <small>Others are left out of all results; times stay those of the recording.</small>
      </div>
    </section>
  );
}

function LookOptions({ fields, problems, onEdit }: Props) {
  const model = models.value.find(({ name, default: standard }) => (fields.model ? name === fields.model : standard));
  const usual = model?.classes.filter((info) => !isBackground(info)).map(({ name }) => name) ?? [];
  const chosen = fields.classes ?? new Set(usual);
  const toggle = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    const same = next.size === usual.length && usual.every((other) => next.has(other));
    onEdit({ classes: same ? undefined : next });
  };
  return (
    <section class="more-part" aria-label="Look and classes">
      {model && (
        <fieldset class="field plain-field">
          <legend class="field-name">Classes</legend>
          <div class="class-chips">
            {model.classes.map(({ name, color }) => (
              <label key={name} class="chip" style={{ '--class-color': cssColor(color) }}>
                <input
                  type="checkbox"
                  class="visually-hidden"
                  checked={chosen.has(name)}
                  aria-invalid={problems.some(({ field }) => field === 'classes')}
                  onChange={() => toggle(name)}
                />
                <span class="swatch" data-hidden={!chosen.has(name)} />
                {name}
              </label>
            ))}
          </div>
          <Complaint name="classes" problems={problems} />
          <small>Drawn in the overlay, and what exports carry.</small>
        </fieldset>
      )}
      {model && (
        <details class="field looked-for">
          <summary class="field-name">What is looked for: {classWords(fields.modelClasses) || 'all classes'}</summary>
          <small>
            A class that is off is not looked for, and its place goes to the next likely one, in all results. That is
            more than not to draw it.
          </small>
          <ClassSettingsList
            classes={model.classes}
            labelsOnly={model.labelsOnly === true}
            settings={fields.modelClasses}
            onChange={(modelClasses) => onEdit({ modelClasses })}
          />
          <Complaint name="modelClasses" problems={problems} />
        </details>
      )}
      <div class="field-pair">
        <label class="field">
          <span class="field-name">Opacity in the overlay video, {fields.opacity} %</span>
          <input
            type="range"
            min="0"
            max="100"
            step="5"
            value={fields.opacity}
            style={{ '--part': `${fields.opacity}%` }}
            onInput={(event) => onEdit({ opacity: Number(event.currentTarget.value) })}
          />
        </label>
        <Field name="codec" label="Codec of the overlay video" problems={problems}>
          {(attributes) => (
            <select
              {...attributes}
              value={fields.codec}
              onChange={(event) => onEdit({ codec: event.currentTarget.value as JobFields['codec'] })}
            >
              <option value="h264">H.264, plays everywhere</option>
              <option value="h265">H.265, smaller</option>
              <option value="av1">AV1, smallest and slowest</option>
            </select>
          )}
        </Field>
      </div>
      <Switch
        label="Outline"
        hint="A line between areas of different classes"
        checked={fields.outline}
        onChange={(outline) => onEdit({ outline })}
      />
      <Switch
        label="Legend"
        hint="Class names burnt into the overlay video"
        checked={fields.legend}
        onChange={(legend) => onEdit({ legend })}
      />
    </section>
  );
}

type Attributes = { readonly id: string; readonly 'aria-invalid': boolean; readonly 'aria-describedby'?: string };

/** A labelled control with its complaint below. */
function Field(props: {
  readonly name: keyof JobFields;
  readonly label: string;
  readonly problems: readonly FieldProblem[];
  readonly children: (attributes: Attributes) => ComponentChildren;
}) {
  return (
    <div class="field">
      <label class="field-name" for={`job-${props.name}`}>
        {props.label}
      </label>
      {props.children(attributesOf(props.name, props.problems))}
      <Complaint name={props.name} problems={props.problems} />
    </div>
  );
}

function ShortField(props: {
  readonly name: keyof JobFields;
  readonly label: string;
  readonly value: string;
  readonly problems: readonly FieldProblem[];
  readonly onInput: (value: string) => void;
}) {
  return (
    <input
      {...attributesOf(props.name, props.problems)}
      type="text"
      inputMode="decimal"
      class="short"
      autoComplete="off"
      aria-label={props.label}
      value={props.value}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
  );
}

function attributesOf(name: keyof JobFields, problems: readonly FieldProblem[]): Attributes {
  const invalid = problems.some(({ field }) => field === name);
  return { id: `job-${name}`, 'aria-invalid': invalid, ...(invalid ? { 'aria-describedby': `problem-${name}` } : {}) };
}

function Complaint({ name, problems }: { readonly name: keyof JobFields; readonly problems: readonly FieldProblem[] }) {
  const found = problems.find(({ field }) => field === name);
  return found ? <FieldError id={`problem-${name}`} message={found.message} /> : null;
}
