import { format_value } from '../units/quantity.ts';
import type { Field, FieldValues, RunSummary, Scenario } from './lab_types.ts';

// The experiment that is being set up. Only the functions below make a new one.

export type LabForm = {
  readonly scenario: string | null; // null: the first there is
  readonly seed: number;
  readonly hours: number;
  readonly members: number;
  readonly values: FieldValues; // those that differ from the scenario's
};

export const kDefaultForm: LabForm =
  { scenario: null, seed: 1, hours: 24, members: 64, values: {} };

// What a form may ask for; the service has the last word.
export const kFormBounds = {
  seed: [0, 4_294_967_295], hours: [1, 168], members: [2, 256],
} as const;
export type FormNumber = keyof typeof kFormBounds;

type Bounds = Pick<Field, 'least' | 'most' | 'is_whole'>;

export function bounds_of(name: FormNumber): Bounds {
  const [least, most] = kFormBounds[name];
  return { least, most, is_whole: true };
}

// The nearest value that may be asked for.
export function held_value({ least, most, is_whole }: Bounds, value: number): number {
  return Math.min(most, Math.max(least, is_whole ? Math.round(value) : value));
}

// What may be asked for, where that is not what was written: nothing is changed in silence.
export function held_text(name: string, bounds: Bounds, value: number): string | null {
  if (held_value(bounds, value) === value) return null;
  const { least, most, is_whole } = bounds;
  return `${name}: a ${is_whole ? 'whole ' : ''}number from ${format_value(least)} to ${
    format_value(most)}`;
}

export function set_number(form: LabForm, name: FormNumber, value: number): LabForm {
  if (!Number.isFinite(value)) return form;
  return { ...form, [name]: held_value(bounds_of(name), value) };
}

// Another scenario has other values: what was changed in the old one is not carried over.
export function set_scenario(form: LabForm, scenario: string): LabForm {
  return form.scenario === scenario ? form : { ...form, scenario, values: {} };
}

// An arm: the same kind of market as the study of claims ran first. It is not the very same: a run
// of the Lab is a minute longer, and news comes some seconds later in it.
export const kArmRun = { seed: 101, hours: 24 } as const;

export function set_arm(form: LabForm, scenario: string): LabForm {
  return { ...form, ...kArmRun, scenario, values: {} };
}

export function base_value(field: Field, scenario: Scenario | null): number {
  return scenario?.values[field.name] ?? field.default;
}

export function value_in(form: LabForm, field: Field, scenario: Scenario | null): number {
  return form.values[field.name] ?? base_value(field, scenario);
}

export function set_value(
  form: LabForm, field: Field, scenario: Scenario | null, value: number,
): LabForm {
  if (!Number.isFinite(value)) return form;
  const held = held_value(field, value);
  const { [field.name]: _, ...others } = form.values;
  const is_base = held === base_value(field, scenario);
  return { ...form, values: is_base ? others : { ...others, [field.name]: held } };
}

export function reset_values(form: LabForm): LabForm {
  return { ...form, values: {} };
}

// A run as it was asked for, to change something and run it again.
export function form_of_run(run: RunSummary, form: LabForm): LabForm {
  const { scenario, seed, hours, values } = run;
  return { ...form, scenario, seed, hours, members: run.members ?? form.members, values };
}

export function body_of_form(form: LabForm, scenario: string): Record<string, unknown> {
  const { seed, hours, members, values } = form;
  const has_values = Object.keys(values).length > 0;
  return { scenario, seed, hours, members, ...(has_values ? { values } : {}) };
}

// --- In the address ----------------------------------------------------------------------------

export function query_of_form(form: LabForm): URLSearchParams {
  const out = new URLSearchParams();
  if (form.scenario !== null) out.set('scenario', form.scenario);
  for (const name of ['seed', 'hours', 'members'] as const) {
    if (form[name] !== kDefaultForm[name]) out.set(name, String(form[name]));
  }
  const values = Object.entries(form.values).map(([name, value]) => `${name}:${value}`);
  if (values.length > 0) out.set('set', values.join(','));
  return out;
}

export function form_of_query(query: URLSearchParams): LabForm {
  let form: LabForm = { ...kDefaultForm, scenario: query.get('scenario') };
  for (const name of ['seed', 'hours', 'members'] as const) {
    const text = query.get(name);
    if (text !== null && /^\d+$/.test(text)) form = set_number(form, name, Number(text));
  }
  const values = (query.get('set') ?? '').split(',').flatMap((one) => {
    const [name, text] = one.split(':');
    const value = Number(text);
    return name && text && Number.isFinite(value) ? [[name, value] as const] : [];
  });
  return { ...form, values: Object.fromEntries(values) };
}
