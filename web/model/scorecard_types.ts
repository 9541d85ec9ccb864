import { share, unix_ms, usd } from '../units/unit.ts';
import { header_of, time_of } from './api_types.ts';
import { list_of, maybe, number_of, object_of, text_of, truth_of } from './json.ts';
import type { Share, Side, UnixMs, Usd } from '../units/unit.ts';
import type { Header } from './api_types.ts';
import type { JsonObject } from './json.ts';

// /v1/scorecard and the feeds of /v1/health: what was expected of each past hour, what the feeds
// printed, and how the feeds are.

export type BySide = Readonly<Record<Side, Usd | null>>;
const kNothing: BySide = { long: null, short: null };

export type ScoredHours = {
  readonly columns: number | null;
  readonly expected: BySide; // an estimate
  readonly printed: BySide; // a measurement
  readonly crossed: BySide; // an estimate
};
export type ScoredHour = ScoredHours & { readonly time: UnixMs };

export type Scorecard = {
  readonly header: Header;
  readonly hours: readonly ScoredHour[];
  readonly totals: ScoredHours;
  readonly intervals: {
    readonly nominal: Share | null; readonly count: number; readonly inside: number;
  };
  readonly columns: {
    readonly interval_s: number | null;
    readonly count: number;
    readonly log_ratio_mean: number | null;
    readonly correlation: number | null;
  };
};

const usd_of = (value: unknown, field: string): Usd => usd(number_of(value, field));
const share_of = (value: unknown, field: string): Share => share(number_of(value, field));

function by_side_of(value: unknown, field: string): BySide {
  const from = maybe(object_of, value, field);
  if (from === null) return kNothing;
  return {
    long: maybe(usd_of, from['long'], `${field}.long`),
    short: maybe(usd_of, from['short'], `${field}.short`),
  };
}

function scored_of(from: JsonObject, at: string): ScoredHours {
  return {
    columns: maybe(number_of, from['columns'], `${at}.columns`),
    expected: by_side_of(from['expected_liquidation_usd'], `${at}.expected_liquidation_usd`),
    printed: by_side_of(from['printed_usd'], `${at}.printed_usd`),
    crossed: by_side_of(from['crossed_usd'], `${at}.crossed_usd`),
  };
}

export function scorecard_of(body: unknown): Scorecard {
  const from = object_of(body, 'scorecard');
  const intervals = maybe(object_of, from['liquidation_intervals'], 'liquidation_intervals') ?? {};
  const columns = maybe(object_of, from['columns'], 'columns') ?? {};
  return {
    header: header_of(from['header']),
    hours: list_of((one, at) => {
      const hour = object_of(one, at);
      return { time: time_of(hour['time'], `${at}.time`), ...scored_of(hour, at) };
    }, from['hours'], 'hours'),
    totals: scored_of(maybe(object_of, from['totals'], 'totals') ?? {}, 'totals'),
    intervals: {
      nominal: maybe(share_of, intervals['nominal'], 'liquidation_intervals.nominal'),
      count: maybe(number_of, intervals['count'], 'liquidation_intervals.count') ?? 0,
      inside: maybe(number_of, intervals['inside'], 'liquidation_intervals.inside') ?? 0,
    },
    columns: {
      interval_s: maybe(number_of, columns['interval_s'], 'columns.interval_s'),
      count: maybe(number_of, columns['count'], 'columns.count') ?? 0,
      log_ratio_mean: maybe(number_of, columns['log_ratio_mean'], 'columns.log_ratio_mean'),
      correlation: maybe(number_of, columns['correlation'], 'columns.correlation'),
    },
  };
}

// --- Sums of a choice of hours -----------------------------------------------------------------

// Unknown plus anything is what is known of it; unknown alone stays unknown.
const plus = (a: Usd | null, b: Usd | null): Usd | null =>
  (a === null ? b : b === null ? a : usd(a + b));
const plus_sides = (a: BySide, b: BySide): BySide =>
  ({ long: plus(a.long, b.long), short: plus(a.short, b.short) });

export function sum_of_hours(hours: readonly ScoredHours[]): ScoredHours {
  const none: ScoredHours =
    { columns: null, expected: kNothing, printed: kNothing, crossed: kNothing };
  return hours.reduce((sum, one) => ({
    columns: one.columns === null ? sum.columns : (sum.columns ?? 0) + one.columns,
    expected: plus_sides(sum.expected, one.expected),
    printed: plus_sides(sum.printed, one.printed),
    crossed: plus_sides(sum.crossed, one.crossed),
  }), none);
}

// Hours in sums of equally many, `count_max` at most or nearly so. The last may be shorter.
export type HourBin = ScoredHours & {
  readonly from: UnixMs; readonly time: UnixMs; readonly hours: number;
};
const kBinHours = [1, 2, 3, 6, 12, 24];
const kHourMs = 3_600_000;

export function bins_of_hours(hours: readonly ScoredHour[], count_max: number): HourBin[] {
  const size = kBinHours.find((one) => hours.length / one <= count_max) ?? 48;
  const bins = new Map<number, ScoredHour[]>();
  for (const hour of hours) {
    // By the clock and not by counting: an hour may be missing.
    const name = Math.ceil(hour.time / (size * kHourMs));
    bins.set(name, [...bins.get(name) ?? [], hour]);
  }
  return [...bins].map(([name, part]) => ({
    ...sum_of_hours(part), hours: size,
    from: unix_ms((name - 1) * size * kHourMs), time: unix_ms(name * size * kHourMs),
  }));
}

export const both_sides = (of: BySide): Usd | null => plus(of.long, of.short);

export function ratio_of(above: Usd | null, below: Usd | null): number | null {
  return above === null || below === null || below === 0 ? null : above / below;
}

// --- Feeds -------------------------------------------------------------------------------------

export type FeedHealth = {
  readonly instrument: string;
  readonly age_s: number | null;
  readonly readings: number | null;
  readonly refused: number | null;
  readonly completeness: string;
  readonly is_stale: boolean;
  readonly problem: string | null;
  readonly gap_steps: number | null; // without a price
  readonly gap_share: Share | null; // of all steps
  readonly held_interest_steps: number | null; // whose open interest is that of an older one
  readonly is_throttled: boolean | null;
  readonly resyncs: number | null;
};

export type ServiceHealth = {
  readonly status: string;
  readonly mode: string;
  readonly now: UnixMs;
  readonly resumed: string | null;
  readonly feeds: readonly FeedHealth[];
};

function resumed_of(value: unknown, field: string): string {
  const from = object_of(value, field);
  const note = maybe(text_of, from['note'], `${field}.note`);
  const missed = maybe(number_of, from['seconds_missed'], `${field}.seconds_missed`);
  return [missed === null ? null : `${missed} seconds were missed`, note]
    .filter((one) => one !== null).join('; ');
}

export function service_health_of(body: unknown): ServiceHealth {
  const from = object_of(body, 'health');
  return {
    status: text_of(from['status'], 'status'),
    mode: text_of(from['mode'], 'mode'),
    now: time_of(from['now'], 'now'),
    resumed: maybe(resumed_of, from['resumed'], 'resumed'),
    feeds: list_of((one, at) => {
      const feed = object_of(one, at);
      return {
        instrument: text_of(feed['instrument'], `${at}.instrument`),
        age_s: maybe(number_of, feed['age_s'], `${at}.age_s`),
        readings: maybe(number_of, feed['readings'], `${at}.readings`),
        refused: maybe(number_of, feed['refused_readings'], `${at}.refused_readings`),
        completeness: maybe(text_of, feed['completeness'], `${at}.completeness`) ?? 'unknown',
        is_stale: feed['is_stale'] === true,
        problem: maybe(text_of, feed['problem'], `${at}.problem`),
        gap_steps: maybe(number_of, feed['gap_steps'], `${at}.gap_steps`),
        gap_share: maybe(share_of, feed['gap_share'], `${at}.gap_share`),
        held_interest_steps:
          maybe(number_of, feed['held_interest_steps'], `${at}.held_interest_steps`),
        is_throttled: maybe(truth_of, feed['is_throttled'], `${at}.is_throttled`),
        resyncs: maybe(number_of, feed['resyncs'], `${at}.resyncs`),
      };
    }, maybe((value) => value, from['feeds'], 'feeds') ?? [], 'feeds'),
  };
}
