import { parse_time_lossy } from '../units/time.ts';
import { ms, price, share, unix_ms, usd } from '../units/unit.ts';
import {
  list_of, maybe, number_of, numbers_of, object_of, ShapeError, text_of,
} from './json.ts';
import type { Price, Share, Side, UnixMs, Usd } from '../units/unit.ts';
import type { SeriesGrid } from './tile_grid.ts';

// The answers of /v1 that the terminal reads, with units. Names are those of docs/formats.

export function time_of(value: unknown, field: string): UnixMs {
  const time = parse_time_lossy(text_of(value, field));
  if (time === null) throw new ShapeError(field, 'time');
  return time;
}

const usd_of = (value: unknown, field: string): Usd => usd(number_of(value, field));
const price_of = (value: unknown, field: string): Price => price(number_of(value, field));
const side_of = (value: unknown, field: string): Side => {
  if (value !== 'long' && value !== 'short') throw new ShapeError(field, 'side');
  return value;
};

export type Instrument = {
  readonly id: string;
  readonly venues: readonly string[];
  readonly grid: SeriesGrid;
  readonly column_end: number;
  readonly row_tiles: readonly number[];
};

export function instruments_of(body: unknown): Instrument[] {
  return list_of((one, at) => {
    const from = object_of(one, at);
    const row_log = number_of(from['row_log'], `${at}.row_log`);
    if (Math.abs(row_log - 0.001) > 1e-9) throw new ShapeError(`${at}.row_log`, 'row of .001');
    return {
      id: text_of(from['id'], `${at}.id`),
      venues: list_of(text_of, from['venues'], `${at}.venues`),
      grid: {
        first_column: time_of(from['first_column'], `${at}.first_column`),
        column_interval: ms(1000 * number_of(from['column_interval_s'], `${at}.column_interval_s`)),
      },
      column_end: number_of(from['column_end'], `${at}.column_end`),
      row_tiles: list_of(number_of, from['row_tiles'], `${at}.row_tiles`),
    };
  }, object_of(body, 'body')['instruments'], 'instruments');
}

export type Health = {
  readonly status: string;
  readonly mode: string;
  readonly now: UnixMs;
  readonly speed: number;
  readonly version: string;
};

export function health_of(body: unknown): Health {
  const from = object_of(body, 'health');
  return {
    status: text_of(from['status'], 'status'),
    mode: text_of(from['mode'], 'mode'),
    now: time_of(from['now'], 'now'),
    speed: maybe(number_of, from['speed'], 'speed') ?? 1,
    version: text_of(from['version'], 'version'),
  };
}

export type Header = {
  readonly model_version: string;
  readonly as_of: UnixMs;
  readonly is_simulated: boolean;
  readonly members: number;
  readonly coverage: readonly Coverage[];
  readonly assumptions: readonly string[];
};
export type Coverage = {
  readonly instrument: string;
  readonly share: Share;
  readonly feed: string | null;
  readonly completeness: string;
  readonly is_stale: boolean;
};

export function header_of(value: unknown): Header {
  const from = object_of(value, 'header');
  return {
    model_version: text_of(from['model_version'], 'header.model_version'),
    as_of: time_of(from['as_of'], 'header.as_of'),
    is_simulated: from['is_simulated'] === true,
    members: number_of(from['members'], 'header.members'),
    coverage: list_of((one, at) => {
      const venue = object_of(one, at);
      return {
        instrument: text_of(venue['instrument'], `${at}.instrument`),
        share: share(number_of(venue['share'], `${at}.share`)),
        feed: maybe(text_of, venue['feed'], `${at}.feed`),
        completeness: maybe(text_of, venue['completeness'], `${at}.completeness`) ?? 'unknown',
        is_stale: venue['is_stale'] === true,
      };
    }, from['coverage'], 'header.coverage'),
    assumptions: list_of(text_of, from['assumptions'], 'header.assumptions'),
  };
}

export type SumInterval = {
  readonly mean: Usd;
  readonly p10: Usd | null;
  readonly p50: Usd | null;
  readonly p90: Usd | null;
};

function sum_of(value: unknown, field: string): SumInterval {
  const from = object_of(value, field);
  return {
    mean: usd_of(from['mean'], `${field}.mean`),
    p10: maybe(usd_of, from['p10'], `${field}.p10`),
    p50: maybe(usd_of, from['p50'], `${field}.p50`),
    p90: maybe(usd_of, from['p90'], `${field}.p90`),
  };
}

export type ProfileSide = {
  readonly first_row: number;
  readonly mean: readonly number[]; // USD a row
  readonly p10: readonly number[] | null; // with one member there is no interval
  readonly p50: readonly number[] | null;
  readonly p90: readonly number[] | null;
};

function profile_side_of(value: unknown, field: string): ProfileSide {
  const from = object_of(value, field);
  const band = maybe(object_of, from['density_interval'], `${field}.density_interval`);
  const quantile = (name: string): number[] | null =>
    band === null ? null : list_of(number_of, band[name], `${field}.density_interval.${name}`);
  return {
    first_row: number_of(from['first_row'], `${field}.first_row`),
    mean: list_of(number_of, from['notional_at_risk_usd'], `${field}.notional_at_risk_usd`),
    p10: quantile('p10'),
    p50: quantile('p50'),
    p90: quantile('p90'),
  };
}

export type Near = { readonly reach: Share; readonly sides: Readonly<Record<Side, SumInterval>> };

export type MapColumn = {
  readonly header: Header;
  readonly as_of: UnixMs;
  readonly mark: Price;
  readonly open_interest_usd: Usd | null;
  readonly near: readonly Near[];
  readonly sides: Readonly<Record<Side, ProfileSide>>;
};

export function map_of(body: unknown): MapColumn {
  const from = object_of(body, 'map');
  return {
    header: header_of(from['header']),
    as_of: time_of(from['as_of'], 'as_of'),
    mark: price_of(from['mark'], 'mark'),
    open_interest_usd: maybe(usd_of, from['open_interest_usd'], 'open_interest_usd'),
    near: list_of((one, at) => {
      const near = object_of(one, at);
      return {
        reach: share(number_of(near['reach'], `${at}.reach`)),
        sides: {
          long: sum_of(near['long'], `${at}.long`),
          short: sum_of(near['short'], `${at}.short`),
        },
      };
    }, from['near'], 'near'),
    sides: {
      long: profile_side_of(from['long'], 'long'),
      short: profile_side_of(from['short'], 'short'),
    },
  };
}

export type Cluster = {
  readonly side: Side;
  readonly price_low: Price;
  readonly price_high: Price;
  readonly price_peak: Price;
  readonly notional_at_risk_usd: Usd;
  readonly density_interval: SumInterval | null;
};

export function clusters_of(body: unknown): Cluster[] {
  return list_of((one, at) => {
    const from = object_of(one, at);
    return {
      side: side_of(from['side'], `${at}.side`),
      price_low: price_of(from['price_low'], `${at}.price_low`),
      price_high: price_of(from['price_high'], `${at}.price_high`),
      price_peak: price_of(from['price_peak'], `${at}.price_peak`),
      notional_at_risk_usd: usd_of(from['notional_at_risk_usd'], `${at}.notional_at_risk_usd`),
      density_interval: maybe(sum_of, from['density_interval'], `${at}.density_interval`),
    };
  }, object_of(body, 'body')['clusters'], 'clusters');
}

export type Liquidation = {
  readonly time: UnixMs;
  readonly side: Side;
  readonly price: Price;
  readonly usd: Usd;
};

export function liquidation_of(value: unknown, field: string): Liquidation {
  const from = object_of(value, field);
  return {
    time: time_of(from['time'], `${field}.time`),
    side: side_of(from['side'], `${field}.side`),
    price: price_of(from['price'], `${field}.price`),
    usd: usd_of(from['usd'], `${field}.usd`),
  };
}

export function liquidations_of(body: unknown): Liquidation[] {
  return list_of(liquidation_of, object_of(body, 'body')['liquidations'], 'liquidations');
}

// --- Series ------------------------------------------------------------------------------------

export const kCandleFields = ['open', 'high', 'low', 'close'] as const;
const kScalarFields = [...kCandleFields, 'open_interest_usd', 'funding_rate'] as const;
const kSideFields = ['crossed_usd', 'expected_liquidation_usd', 'printed_usd'] as const;
export type ScalarField = (typeof kScalarFields)[number];
export type SideField = (typeof kSideFields)[number];

type Values = (number | null)[];
export type SeriesBlock = {
  readonly time: UnixMs[];
  readonly scalars: Record<ScalarField, Values>;
  readonly by_side: Record<SideField, Record<Side, Values>>;
  readonly interval: Record<Side, { low: Values; high: Values }>;
};

function sides_of(value: unknown, field: string): Record<Side, Values> {
  const from = maybe(object_of, value, field) ?? {};
  const read = (side: Side): Values => maybe(numbers_of, from[side], `${field}.${side}`) ?? [];
  return { long: read('long'), short: read('short') };
}

function interval_of(value: unknown, field: string): SeriesBlock['interval'] {
  const from = maybe(object_of, value, field) ?? {};
  const read = (side: Side): { low: Values; high: Values } => {
    const band = maybe(object_of, from[side], `${field}.${side}`) ?? {};
    return {
      low: maybe(numbers_of, band['low'], `${field}.${side}.low`) ?? [],
      high: maybe(numbers_of, band['high'], `${field}.${side}.high`) ?? [],
    };
  };
  return { long: read('long'), short: read('short') };
}

export function series_of(body: unknown): SeriesBlock {
  const from = object_of(body, 'series');
  const scalars = Object.fromEntries(kScalarFields.map((field) =>
    [field, maybe(numbers_of, from[field], field) ?? []])) as Record<ScalarField, Values>;
  const by_side = Object.fromEntries(kSideFields.map((field) =>
    [field, sides_of(from[field], field)])) as Record<SideField, Record<Side, Values>>;
  return {
    time: list_of(time_of, from['time'], 'time').map((time) => unix_ms(time)),
    scalars,
    by_side,
    interval: interval_of(from['liquidation_interval'], 'liquidation_interval'),
  };
}

// One entry of a series, as the stream sends it: the same names, a number for each array.
export function series_of_entry(time: UnixMs, entry: unknown): SeriesBlock {
  const wrap = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return [value ?? null];
    return Object.fromEntries(Object.entries(value).map(([name, one]) =>
      [name, one === null && (name === 'long' || name === 'short') ? null : wrap(one)]));
  };
  const from = object_of(entry, 'series');
  const arrays = Object.fromEntries(Object.entries(from).map(([name, one]) =>
    [name, one === null ? null : wrap(one)]));
  return series_of({ ...arrays, time: [new Date(time).toISOString()] });
}
