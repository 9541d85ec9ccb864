import { kSides } from '../units/unit.ts';
import type { Field, Run, RunSummary, Scenario, SideValues } from './lab_types.ts';

// What two or more runs have to say together.

export type Values = (number | null)[];

// Both sides of each entry; unknown where one of them is.
export function both_of(sides: SideValues): Values {
  return sides.long.map((long, i) => {
    const short = sides.short[i] ?? null;
    return long === null || short === null ? null : long + short;
  });
}

// The estimate's money near the mark over the truth's: 1 is right, below 1 is too little.
export function near_ratio(run: Pick<Run, 'near' | 'true_near'>): Values {
  const [near, truth] = [both_of(run.near), both_of(run.true_near)];
  return near.map((value, i) => {
    const other = truth[i] ?? null;
    return value === null || other === null || other <= 0 ? null : value / other;
  });
}

// Hours since the first entry, so that runs of different seeds lie over each other.
export function hours_of(run: Pick<Run, 'time'>): number[] {
  const [first] = run.time;
  return first === undefined ? [] : run.time.map((time) => (time - first) / 3_600_000);
}

export function mean_of(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}

export function sum_of(sides: SideValues): number | null {
  const known = kSides.flatMap((side) => sides[side].filter((value) => value !== null));
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

// Lines over one axis: the union of all hours, null where a run says nothing.
export function align(
  lines: readonly { readonly at: readonly number[]; readonly values: Values }[],
): { at: number[]; values: Values[] } {
  const key = (hour: number): number => Math.round(hour * 1e6);
  const all = new Map<number, number>();
  for (const { at } of lines) for (const hour of at) all.set(key(hour), hour);
  const at = [...all.values()].sort((a, b) => a - b);
  const values = lines.map((line) => {
    const known = new Map(line.at.map((hour, i) => [key(hour), line.values[i] ?? null]));
    return at.map((hour) => known.get(key(hour)) ?? null);
  });
  return { at, values };
}

export type Difference = { readonly name: string; readonly values: readonly (number | null)[] };

// The values that are not the same in all of the runs. A value that no run sets is the scenario's,
// and where it does not say either, the field's default.
export function differences(
  runs: readonly RunSummary[], scenarios: readonly Scenario[], fields: readonly Field[],
): Difference[] {
  const bases = runs.map((run) => scenarios.find(({ name }) => name === run.scenario));
  const names = new Set([...fields.map(({ name }) => name),
    ...runs.flatMap(({ values }) => Object.keys(values)),
    ...bases.flatMap((base) => Object.keys(base?.values ?? {}))]);
  return [...names].flatMap((name) => {
    const usual = fields.find((field) => field.name === name)?.default ?? null;
    const values = runs.map((run, i) => run.values[name] ?? bases[i]?.values[name] ?? usual);
    return values.some((value) => value !== values[0]) ? [{ name, values }] : [];
  });
}
