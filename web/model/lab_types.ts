import { price, share, unix_ms, usd } from '../units/unit.ts';
import { time_of } from './api_types.ts';
import {
  list_of, maybe, number_of, numbers_of, object_of, ShapeError, text_of, whole_of,
} from './json.ts';
import type { Price, Share, Side, UnixMs, Usd } from '../units/unit.ts';
import type { JsonObject } from './json.ts';

// What the lab can run and what a run says. In a run the truth is known, because the market is
// simulated: names with `true` are of the simulation, the others of the estimate or of the feed.

// The map of a run begins with knowing nothing; about so many hours of the market later it is what
// it would be if it had always been there.
export const kSettlingHours = 24;

export type FieldValues = Readonly<Record<string, number>>;

export type Scenario = {
  readonly name: string;
  readonly about: string;
  readonly values: FieldValues; // some fields, or all of them
  readonly venues: number | null;
  readonly claims: readonly number[]; // that it is an arm of; none: it came with the program
};

export type Field = {
  readonly name: string;
  readonly about: string; // what it is, and its unit
  readonly least: number;
  readonly most: number;
  readonly default: number;
  readonly is_whole: boolean; // it counts something, which nobody has half of
  readonly is_slider: boolean;
};

function values_of(value: unknown, field: string): FieldValues {
  const from = maybe(object_of, value, field) ?? {};
  return Object.fromEntries(Object.entries(from).flatMap(([name, one]) =>
    (typeof one === 'number' && Number.isFinite(one) ? [[name, one]] : [])));
}

export function scenarios_of(body: unknown): Scenario[] {
  return list_of((one, at) => {
    const from = object_of(one, at);
    return {
      name: text_of(from['name'], `${at}.name`),
      about: maybe(text_of, from['about'], `${at}.about`) ?? '',
      values: values_of(from['values'], `${at}.values`),
      venues: maybe(number_of, from['venues'], `${at}.venues`),
      claims: list_of(whole_of, from['claims'], `${at}.claims`),
    };
  }, object_of(body, 'body')['scenarios'], 'scenarios');
}

// A market that a claim was tried on.
export const is_arm = ({ claims }: Scenario): boolean => claims.length > 0;
export function arms_of_claim(scenarios: readonly Scenario[], claim: number): Scenario[] {
  return scenarios.filter(({ claims }) => claims.includes(claim));
}

export function fields_of(body: unknown): Field[] {
  return list_of((one, at) => {
    const from = object_of(one, at);
    return {
      name: text_of(from['name'], `${at}.name`),
      about: maybe(text_of, from['about'], `${at}.about`) ?? '',
      least: number_of(from['least'], `${at}.least`),
      most: number_of(from['most'], `${at}.most`),
      default: number_of(from['default'], `${at}.default`),
      is_whole: from['is_whole'] === true,
      is_slider: from['is_slider'] === true,
    };
  }, object_of(body, 'body')['fields'], 'fields');
}

// --- Runs --------------------------------------------------------------------------------------

export const kRunStatuses = ['waiting', 'running', 'done', 'cancelled', 'failed'] as const;
export type RunStatus = (typeof kRunStatuses)[number];

export type RunSummary = {
  readonly id: string;
  readonly scenario: string;
  readonly seed: number;
  readonly hours: number;
  readonly members: number | null;
  readonly values: FieldValues;
  readonly status: RunStatus;
  readonly share: Share;
  readonly seconds_left: number | null;
  readonly problem: string | null;
};

type Values = readonly (number | null)[];
export type SideValues = Readonly<Record<Side, Values>>;

export type NewestSide = {
  readonly truth: readonly Usd[]; // a bin, from the mark outward
  readonly mean: readonly Usd[];
  readonly p10: readonly Usd[] | null; // with one member there is no interval
  readonly p90: readonly Usd[] | null;
};
export type Newest = {
  readonly time: UnixMs;
  readonly mark: Price;
  readonly bin_log: number;
  readonly sides: Readonly<Record<Side, NewestSide>>;
};

export type Run = RunSummary & {
  readonly hours_done: number | null;
  readonly time: readonly UnixMs[];
  readonly relative_l1: Values; // of the map within 5 %: 0 is equal to the truth
  readonly true_near: SideValues;
  readonly near: SideValues;
  readonly true_liquidated: SideValues;
  readonly printed: SideValues;
  readonly expected: SideValues;
  readonly newest: Newest | null;
};

export const is_active = ({ status }: Pick<RunSummary, 'status'>): boolean =>
  status === 'waiting' || status === 'running';

function id_of(value: unknown, field: string): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw new ShapeError(field, 'id');
  return String(value);
}

function summary_of(from: JsonObject, at: string): RunSummary {
  const status = kRunStatuses.find((one) => one === from['status']);
  if (status === undefined) throw new ShapeError(`${at}.status`, 'status of a run');
  return {
    id: id_of(from['id'], `${at}.id`),
    scenario: text_of(from['scenario'], `${at}.scenario`),
    seed: number_of(from['seed'], `${at}.seed`),
    hours: number_of(from['hours'], `${at}.hours`),
    members: maybe(number_of, from['members'], `${at}.members`),
    values: values_of(from['values'], `${at}.values`),
    status,
    share: share(Math.min(1, Math.max(0, maybe(number_of, from['share'], `${at}.share`) ?? 0))),
    seconds_left: maybe(number_of, from['seconds_left'], `${at}.seconds_left`),
    problem: problem_of(from['problem'], `${at}.problem`),
  };
}

// Text, or an object of problem details.
function problem_of(value: unknown, field: string): string | null {
  if (typeof value !== 'object' || value === null) return maybe(text_of, value, field);
  const { detail, title } = value as { detail?: unknown; title?: unknown };
  return String(detail ?? title ?? 'it failed');
}

// The newest first, in whatever order they are listed: numbers of runs grow.
export function runs_of(body: unknown): RunSummary[] {
  const runs = list_of((one, at) => summary_of(object_of(one, at), at),
    object_of(body, 'body')['runs'], 'runs');
  const by_id = new Intl.Collator('en', { numeric: true });
  return runs.sort((a, b) => by_id.compare(b.id, a.id));
}

const usd_list = (value: unknown, field: string): Usd[] =>
  list_of(number_of, value, field).map(usd);

function sides_of(value: unknown, field: string): SideValues {
  const from = maybe(object_of, value, field) ?? {};
  const read = (side: Side): Values => maybe(numbers_of, from[side], `${field}.${side}`) ?? [];
  return { long: read('long'), short: read('short') };
}

function newest_of(value: unknown, field: string): Newest {
  const from = object_of(value, field);
  const list = (name: string, side: Side): Usd[] | null => {
    const of = maybe(object_of, from[name], `${field}.${name}`);
    return of === null ? null : maybe(usd_list, of[side], `${field}.${name}.${side}`);
  };
  const side = (name: Side): NewestSide => ({
    truth: list('true_usd', name) ?? [],
    mean: list('mean', name) ?? [],
    p10: list('p10', name),
    p90: list('p90', name),
  });
  return {
    time: time_of(from['time'], `${field}.time`),
    mark: price(number_of(from['mark'], `${field}.mark`)),
    bin_log: number_of(from['bin_log'], `${field}.bin_log`),
    sides: { long: side('long'), short: side('short') },
  };
}

export function run_of(body: unknown): Run {
  const from = object_of(body, 'run');
  return {
    ...summary_of(from, 'run'),
    hours_done: maybe(number_of, from['hours_done'], 'hours_done'),
    time: list_of(time_of, from['time'] ?? [], 'time').map(unix_ms),
    relative_l1: maybe(numbers_of, from['relative_l1'], 'relative_l1') ?? [],
    true_near: sides_of(from['true_near_usd'], 'true_near_usd'),
    near: sides_of(from['near_usd'], 'near_usd'),
    true_liquidated: sides_of(from['true_liquidated_usd'], 'true_liquidated_usd'),
    printed: sides_of(from['printed_usd'], 'printed_usd'),
    expected: sides_of(from['expected_liquidation_usd'], 'expected_liquidation_usd'),
    newest: maybe(newest_of, from['newest'], 'newest'),
  };
}
