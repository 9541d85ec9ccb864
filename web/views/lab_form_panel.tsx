import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';

import { Shown } from './screen_parts.tsx';
import {
  base_value, bounds_of, form_of_run, held_text, reset_values, set_number, set_scenario,
  set_value, value_in,
} from '../model/lab_form.ts';
import { is_arm } from '../model/lab_types.ts';
import {
  kSliderSteps, moved_value, place_of_value, slider_scale_of,
} from '../model/slider_scale.ts';
import { format_exact, format_value, parse_value } from '../units/quantity.ts';
import type { FormNumber } from '../model/lab_form.ts';
import type { LabSession } from '../model/lab_session.ts';
import type { Field, Run, Scenario } from '../model/lab_types.ts';
import type { UiState } from './ui_state.ts';

// What is to be run: a scenario, and what is different from it.

type Props = {
  readonly ui: UiState;
  readonly session: LabSession;
};

export const field_words = (name: string): string =>
  name.slice(name.indexOf('.') + 1).replaceAll('_', ' ').replace(/ s$/, ', s');
export const table_words = (name: string): string =>
  (name.includes('.') ? name.slice(0, name.indexOf('.')) : 'market');
export const scenario_words = (name: string): string => name.replaceAll('_', ' ');
export const arm_words = (name: string): string => scenario_words(name).replace(/^arm: /, '');

export function FormPanel({ ui, session, on_start }: Props & { readonly on_start: () => void }) {
  const is_reached = ui.session.is_reached.value;
  return (
    <form class="lab-form" aria-label="Experiment" onSubmit={(event) => {
      event.preventDefault();
      on_start();
      void session.start();
    }}>
      <div class="lab-fields">
        <Shown of={session.scenarios} what="The list of scenarios" is_reached={is_reached}
          empty={{ is: (all) => all.length === 0, text: 'The service has no scenarios.' }}>
          {(scenarios) => (
            <ScenarioChoice ui={ui} session={session} scenarios={scenarios} />)}
        </Shown>
        <div class="numbers">
          {(['seed', 'hours', 'members'] as const).map((name) =>
            <NumberField key={name} session={session} name={name} />)}
        </div>
        <Shown of={session.fields} what="The list of fields" is_reached={is_reached}>
          {(fields) => <Fields session={session} fields={fields} />}
        </Shown>
      </div>
      <Submit session={session} />
    </form>
  );
}

function ScenarioChoice({ ui, session, scenarios }: Props & {
  readonly scenarios: readonly Scenario[];
}) {
  const chosen = session.scenario.value;
  const select = useRef<HTMLSelectElement>(null);
  useSignalEffect(() => {
    if (!ui.is_form_wanted.value) return;
    select.current?.focus();
    ui.is_form_wanted.value = false;
  });
  return (
    <div class="scenario">
      <label for="lab-scenario">Scenario</label>
      <select id="lab-scenario" ref={select} value={chosen?.name ?? ''} onChange={(event) => {
        const { value } = event.currentTarget;
        session.change((form) => set_scenario(form, value));
      }}>
        <ScenarioGroup label="Shipped" of={scenarios.filter((one) => !is_arm(one))} />
        <ScenarioGroup label="Arms of the claims" of={scenarios.filter(is_arm)} />
      </select>
      <p class="hint">{chosen === null ? null : scenario_hint(chosen)}</p>
    </div>
  );
}

function ScenarioGroup({ label, of }: {
  readonly label: string; readonly of: readonly Scenario[];
}) {
  if (of.length === 0) return null;
  return (
    <optgroup label={label}>
      {of.map(({ name }) => <option key={name} value={name}>{scenario_words(name)}</option>)}
    </optgroup>
  );
}

export function scenario_hint({ about, venues, claims }: Scenario): string {
  return [about, ...((venues ?? 1) > 1 ? [`${venues} venues`] : []),
    ...(claims.length === 0 ? []
      : [`${claims.length === 1 ? 'claim' : 'claims'} ${claims.join(', ')}`])].join(' · ');
}

const kNumberTitles: Readonly<Record<FormNumber, string>> = {
  seed: 'Another seed is another market of the same kind',
  hours: 'Simulated hours that are recorded',
  members: 'Members of the ensemble that the estimate is made of',
};

function NumberField({ session, name }: {
  readonly session: LabSession; readonly name: FormNumber;
}) {
  const is_bad = session.problem.value?.field === name;
  return (
    <label title={kNumberTitles[name]}>
      <span>{name}</span>
      <input inputMode="numeric" name={name} aria-invalid={is_bad}
        value={session.form.value[name]} onChange={(event) => {
          const value = parse_value(event.currentTarget.value) ?? Number.NaN;
          session.change((form) => set_number(form, name, value));
          session.held.value = held_text(name, bounds_of(name), value);
          event.currentTarget.value = String(session.form.value[name]);
        }} />
    </label>
  );
}

function by_table(fields: readonly Field[]): [string, Field[]][] {
  const groups = new Map<string, Field[]>();
  for (const field of fields) {
    const table = table_words(field.name);
    groups.set(table, [...groups.get(table) ?? [], field]);
  }
  return [...groups];
}

function Fields({ session, fields }: {
  readonly session: LabSession; readonly fields: readonly Field[];
}) {
  const sliders = fields.filter(({ is_slider }) => is_slider);
  const others = fields.filter(({ is_slider }) => !is_slider);
  const changed = others.filter(({ name }) => session.form.value.values[name] !== undefined);
  return (
    <>
      {by_table(sliders).map(([table, group]) => (
        <fieldset key={table}>
          <legend>{table}</legend>
          {group.map((field) => <SliderField key={field.name} session={session} field={field} />)}
        </fieldset>
      ))}
      <details class="others">
        <summary>All other fields ({others.length})
          {changed.length > 0 ? <em> {changed.length} changed</em> : null}</summary>
        {by_table(others).map(([table, group]) => (
          <fieldset key={table}>
            <legend>{table}</legend>
            {group.map((field) => <PlainField key={field.name} session={session} field={field} />)}
          </fieldset>
        ))}
      </details>
    </>
  );
}

function is_refused(session: LabSession, { name }: Field): boolean {
  const field = session.problem.value?.field;
  return field === name || field === `values.${name}`;
}

function hint_of(field: Field, scenario: Scenario | null): string {
  const own = scenario?.values[field.name];
  const is_own = own !== undefined && own !== field.default;
  return [field.about, `default ${format_value(field.default)}`,
    ...(is_own ? [`scenario ${format_value(own)}`] : [])].join(' · ');
}

function ValueInput({ session, field }: {
  readonly session: LabSession; readonly field: Field;
}) {
  const value = value_in(session.form.value, field, session.scenario.value);
  return (
    <input class="value" inputMode="decimal" id={field.name} name={field.name}
      value={format_exact(value)} aria-invalid={is_refused(session, field)}
      aria-describedby={`${field.name}-hint`} onChange={(event) => {
        const next = parse_value(event.currentTarget.value) ?? Number.NaN;
        session.change((form, scenario) => set_value(form, field, scenario, next));
        session.held.value = held_text(field_words(field.name), field, next);
        // What cannot be read, or lies outside the bounds, is not left standing.
        event.currentTarget.value = format_exact(
          value_in(session.form.value, field, session.scenario.value));
      }} />
  );
}

function ResetField({ session, field }: {
  readonly session: LabSession; readonly field: Field;
}) {
  if (session.form.value.values[field.name] === undefined) return null;
  return (
    <button type="button" class="reset" title="Back to the scenario's value"
      aria-label={`Reset ${field_words(field.name)}`}
      onClick={() => session.change((form, scenario) =>
        set_value(form, field, scenario, base_value(field, scenario)))}>↺</button>
  );
}

function SliderField({ session, field }: {
  readonly session: LabSession; readonly field: Field;
}) {
  const scenario = session.scenario.value;
  const value = value_in(session.form.value, field, scenario);
  const scale = slider_scale_of(field);
  const place = place_of_value(scale, field, value);
  return (
    <div class={session.form.value.values[field.name] === undefined ? 'field' : 'field changed'}>
      <label for={field.name}>{field_words(field.name)}</label>
      <ResetField session={session} field={field} />
      <ValueInput session={session} field={field} />
      <input type="range" min={0} max={kSliderSteps} step={1}
        value={Math.round(place * kSliderSteps)} style={{ '--place': `${place * 100}%` }}
        aria-label={field_words(field.name)} aria-valuetext={format_value(value)}
        onInput={(event) => {
          const to = event.currentTarget.valueAsNumber / kSliderSteps;
          const next = moved_value(scale, field, value, to);
          session.change((form, base) => set_value(form, field, base, next));
        }} />
      <p class="hint" id={`${field.name}-hint`}>{hint_of(field, scenario)}</p>
    </div>
  );
}

function PlainField({ session, field }: {
  readonly session: LabSession; readonly field: Field;
}) {
  const range = `${field.is_whole ? 'whole, ' : ''}${format_value(field.least)} to ${
    format_value(field.most)}`;
  return (
    <div class={session.form.value.values[field.name] === undefined
      ? 'field plain' : 'field plain changed'}>
      <label for={field.name}>{field_words(field.name)}</label>
      <ResetField session={session} field={field} />
      <ValueInput session={session} field={field} />
      <p class="hint" id={`${field.name}-hint`}>
        {hint_of(field, session.scenario.value)} · {range}</p>
    </div>
  );
}

function Submit({ session }: { readonly session: LabSession }) {
  const changed = Object.keys(session.form.value.values).length;
  const problem = session.problem.value;
  return (
    <div class="submit">
      {problem === null ? null : <p class="problem" role="alert">{problem.text}
        {problem.field === null || problem.text.includes(problem.field) ? ''
          : ` (${problem.field})`}</p>}
      <p class="held" role="status">{session.held.value}</p>
      <div>
        <button type="submit" class="primary"
          disabled={session.is_starting.value || session.scenario.value === null}>
          {session.is_starting.value ? 'Starting' : 'Run'}</button>
        {changed === 0 ? <span class="note">as in the scenario</span> : (
          <button type="button" onClick={() => session.change(reset_values)}>
            Reset {changed} {changed === 1 ? 'change' : 'changes'}</button>
        )}
      </div>
    </div>
  );
}

export function UseSettings({ session, run }: {
  readonly session: LabSession; readonly run: Run;
}) {
  return <button type="button" title="Fill the form with what this run was asked"
    onClick={() => session.change((form) => form_of_run(run, form))}>Use settings</button>;
}
