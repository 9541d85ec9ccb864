import { time_of, usd_of } from './api_types.ts';
import { list_of, maybe, number_of, object_of, text_of } from './json.ts';
import { ms } from '../units/unit.ts';
import type { Ms, Side, UnixMs, Usd } from '../units/unit.ts';

// `/v1/heatmap/cell`: a row of a column, and what waits there by part. Of all positions, also
// while the map shows a part of them.

export type Interval = { readonly p10: Usd; readonly p50: Usd; readonly p90: Usd };

export type SideMakeup = {
  readonly usd: Usd;
  readonly interval: Interval | null; // null: not kept any more
  // At least: what was there when the watching began counts from then. Null: not kept any more, or
  // less than a dollar waits.
  readonly mean_age: Ms | null;
  // By the id of the part. Null: not known yet, positions were not watched for so long.
  readonly parts: ReadonlyMap<string, Usd | null>;
};

export type CellMakeup = {
  readonly index: number; // of the column, which may be one before that which was asked for
  readonly as_of: UnixMs;
  readonly row: number;
  readonly sides: Readonly<Record<Side, SideMakeup>>;
};

function interval_of(value: unknown, field: string): Interval {
  const from = object_of(value, field);
  const quantile = (name: string): Usd => usd_of(from[name], `${field}.${name}`);
  return { p10: quantile('p10'), p50: quantile('p50'), p90: quantile('p90') };
}

function side_makeup_of(value: unknown, field: string): SideMakeup {
  const from = object_of(value, field);
  const mean_age_s = maybe(number_of, from['mean_age_s'], `${field}.mean_age_s`);
  return {
    usd: usd_of(from['notional_at_risk_usd'], `${field}.notional_at_risk_usd`),
    interval: maybe(interval_of, from['density_interval'], `${field}.density_interval`),
    mean_age: mean_age_s === null ? null : ms(1000 * mean_age_s),
    parts: new Map(list_of((one, at) => {
      const part = object_of(one, at);
      return [text_of(part['id'], `${at}.id`),
        maybe(usd_of, part['notional_at_risk_usd'], `${at}.notional_at_risk_usd`)] as const;
    }, from['parts'], `${field}.parts`)),
  };
}

export function cell_makeup_of(body: unknown): CellMakeup {
  const from = object_of(body, 'cell');
  return {
    index: number_of(from['index'], 'index'),
    as_of: time_of(from['as_of'], 'as_of'),
    row: number_of(from['row'], 'row'),
    sides: { long: side_makeup_of(from['long'], 'long'),
      short: side_makeup_of(from['short'], 'short') },
  };
}
