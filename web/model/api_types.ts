import { parse_time_lossy } from '../units/time.ts';
import { ms, price, share, usd } from '../units/unit.ts';
import {
  list_of, maybe, number_of, object_of, ShapeError, text_of,
} from './json.ts';
import type { Ms, Price, Share, Side, UnixMs, Usd } from '../units/unit.ts';
import type { SeriesGrid } from './tile_grid.ts';

// The answers of /v1 that the terminal reads, with units. Names are those of docs/formats.

export function time_of(value: unknown, field: string): UnixMs {
  const time = parse_time_lossy(text_of(value, field));
  if (time === null) throw new ShapeError(field, 'time');
  return time;
}

export const usd_of = (value: unknown, field: string): Usd => usd(number_of(value, field));
export const price_of = (value: unknown, field: string): Price => price(number_of(value, field));
export const side_of = (value: unknown, field: string): Side => {
  if (value !== 'long' && value !== 'short') throw new ShapeError(field, 'side');
  return value;
};

// What of the positions can be looked at alone. Less than the whole: it has no interval.
export type Part = {
  readonly id: string;
  readonly kind: 'distance' | 'age' | 'venue';
  readonly about: string;
};

function part_of(value: unknown, field: string): Part {
  const from = object_of(value, field);
  const kind = text_of(from['kind'], `${field}.kind`);
  if (kind !== 'distance' && kind !== 'age' && kind !== 'venue') {
    throw new ShapeError(`${field}.kind`, 'kind of part');
  }
  return {
    id: text_of(from['id'], `${field}.id`), kind,
    about: text_of(from['about'], `${field}.about`),
  };
}

export type Instrument = {
  readonly id: string;
  readonly venues: readonly string[];
  readonly quote: string | null;
  readonly series: string; // where it differs, tiles do
  readonly grid: SeriesGrid;
  readonly column_end: number;
  readonly row_tiles: readonly number[];
  readonly parts: readonly Part[];
};

export function instruments_of(body: unknown): Instrument[] {
  return list_of((one, at) => {
    const from = object_of(one, at);
    const row_log = number_of(from['row_log'], `${at}.row_log`);
    if (Math.abs(row_log - 0.001) > 1e-9) throw new ShapeError(`${at}.row_log`, 'row of .001');
    return {
      id: text_of(from['id'], `${at}.id`),
      venues: list_of(text_of, from['venues'], `${at}.venues`),
      quote: maybe(text_of, from['quote'], `${at}.quote`),
      series: text_of(from['series'], `${at}.series`),
      grid: {
        first_column: time_of(from['first_column'], `${at}.first_column`),
        column_interval: ms(1000 * number_of(from['column_interval_s'], `${at}.column_interval_s`)),
      },
      column_end: number_of(from['column_end'], `${at}.column_end`),
      row_tiles: list_of(number_of, from['row_tiles'], `${at}.row_tiles`),
      parts: list_of(part_of, from['parts'], `${at}.parts`),
    };
  }, object_of(body, 'body')['instruments'], 'instruments');
}

export type Feed = {
  readonly instrument: string;
  readonly age: Ms | null; // of its newest step
  readonly readings: number | null;
  readonly refused_readings: number | null;
  readonly completeness: string;
  readonly is_stale: boolean;
  readonly problem: string | null;
};
// The service was stopped and goes on where it was: what was missed meanwhile.
export type Resumed = {
  readonly from: UnixMs;
  readonly columns: number;
  readonly missed: Ms;
  readonly note: string | null;
};
export type Health = {
  readonly status: string;
  readonly mode: string;
  readonly now: UnixMs;
  readonly speed: number; // market seconds a second; 0: the market stands still
  readonly is_over: boolean;
  readonly warm_up_share: Share | null; // before the first column
  readonly version: string;
  readonly resumed: Resumed | null;
  readonly feeds: readonly Feed[];
};

const share_of = (value: unknown, field: string): Share => share(number_of(value, field));
const seconds_of = (value: unknown, field: string): Ms => ms(1000 * number_of(value, field));

function feed_of(value: unknown, field: string): Feed {
  const from = object_of(value, field);
  return {
    instrument: text_of(from['instrument'], `${field}.instrument`),
    age: maybe(seconds_of, from['age_s'], `${field}.age_s`),
    readings: maybe(number_of, from['readings'], `${field}.readings`),
    refused_readings: maybe(number_of, from['refused_readings'], `${field}.refused_readings`),
    completeness: maybe(text_of, from['completeness'], `${field}.completeness`) ?? 'unknown',
    is_stale: from['is_stale'] === true,
    problem: maybe(text_of, from['problem'], `${field}.problem`),
  };
}

function resumed_of(value: unknown, field: string): Resumed {
  const from = object_of(value, field);
  return {
    from: time_of(from['from'], `${field}.from`),
    columns: number_of(from['columns'], `${field}.columns`),
    missed: seconds_of(from['seconds_missed'], `${field}.seconds_missed`),
    note: maybe(text_of, from['note'], `${field}.note`),
  };
}

export function health_of(body: unknown): Health {
  const from = object_of(body, 'health');
  return {
    status: text_of(from['status'], 'status'),
    mode: text_of(from['mode'], 'mode'),
    now: time_of(from['now'], 'now'),
    speed: maybe(number_of, from['speed'], 'speed') ?? 1,
    is_over: from['is_over'] === true,
    warm_up_share: maybe(share_of, from['warm_up_share'], 'warm_up_share'),
    version: text_of(from['version'], 'version'),
    resumed: maybe(resumed_of, from['resumed'], 'resumed'),
    feeds: maybe((all, at) => list_of(feed_of, all, at), from['feeds'], 'feeds') ?? [],
  };
}

// The time of a demo or of a replay.
export type Clock = {
  readonly now: UnixMs;
  readonly speed: number;
  readonly speed_max: number | null;
  readonly begin: UnixMs | null;
  readonly end: UnixMs | null;
  readonly is_over: boolean;
  readonly is_steerable: boolean;
};

export function clock_of(body: unknown): Clock {
  const from = object_of(body, 'clock');
  return {
    now: time_of(from['now'], 'clock.now'),
    speed: number_of(from['speed'], 'clock.speed'),
    speed_max: maybe(number_of, from['speed_max'], 'clock.speed_max'),
    begin: maybe(time_of, from['begin'], 'clock.begin'),
    end: maybe(time_of, from['end'], 'clock.end'),
    is_over: from['is_over'] === true,
    is_steerable: from['is_steerable'] === true,
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

export function sum_of(value: unknown, field: string): SumInterval {
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
  readonly index: number | null;
  readonly part: string | null; // that the rows are of; null: all positions
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
    index: maybe(number_of, from['index'], 'index'),
    part: maybe(text_of, from['part'], 'part'),
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

export type Liquidation = {
  readonly time: UnixMs;
  readonly side: Side;
  readonly price: Price;
  readonly usd: Usd;
};

function liquidation_of(value: unknown, field: string): Liquidation {
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
