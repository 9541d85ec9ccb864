import { time_of } from './api_types.ts';
import { list_of, maybe, number_of, numbers_of, object_of } from './json.ts';
import type { Side, UnixMs } from '../units/unit.ts';

// `/v1/series`, and the same names in messages of the stream.

export const kCandleFields = ['open', 'high', 'low', 'close'] as const;
const kScalarFields = [
  ...kCandleFields, 'open_interest_usd', 'funding_rate', 'taker_buy_usd', 'taker_sell_usd',
  'bid_depth_usd', 'ask_depth_usd', 'basis',
] as const;
const kSideFields = [
  'crossed_usd', 'expected_liquidation_usd', 'printed_usd', 'near_1_percent_usd',
] as const;
export type ScalarField = (typeof kScalarFields)[number];
export type SideField = (typeof kSideFields)[number];

type Values = (number | null)[];
export type SeriesBlock = {
  readonly index: readonly number[]; // of the first column of each texel
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
    index: list_of(number_of, from['index'], 'index'),
    scalars,
    by_side,
    interval: interval_of(from['liquidation_interval'], 'liquidation_interval'),
  };
}

// The last texel of an answer, and the newest column when it was made.
export function series_end_of(body: unknown): { index: number | null; newest: UnixMs | null } {
  const from = object_of(body, 'series');
  const header = maybe(object_of, from['header'], 'header') ?? {};
  return {
    index: list_of(number_of, from['index'], 'index').at(-1) ?? null,
    newest: maybe(time_of, header['as_of'], 'header.as_of'),
  };
}

// One entry of a series, as the stream sends it: the same names, a number for each array.
export function series_of_entry(index: number, entry: unknown): SeriesBlock {
  const wrap = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return [value ?? null];
    return Object.fromEntries(Object.entries(value).map(([name, one]) =>
      [name, one === null && (name === 'long' || name === 'short') ? null : wrap(one)]));
  };
  const from = object_of(entry, 'series');
  const arrays = Object.fromEntries(Object.entries(from).map(([name, one]) =>
    [name, one === null ? null : wrap(one)]));
  return series_of({ ...arrays, index: [index] });
}
