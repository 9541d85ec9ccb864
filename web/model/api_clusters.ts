import {
  header_of, price_of, side_of, sum_of, time_of, usd_of,
} from './api_types.ts';
import { list_of, maybe, number_of, object_of, ShapeError } from './json.ts';
import { ms } from '../units/unit.ts';
import type { Ms, Price, Side, UnixMs, Usd } from '../units/unit.ts';
import type { SumInterval } from './api_types.ts';

// `/v1/clusters`. Two things that are not the same: the clusters of the newest column, found in it
// anew, and histories, each with the rows it was born with.

export type Cluster = {
  readonly side: Side;
  readonly price_low: Price;
  readonly price_high: Price;
  readonly price_peak: Price;
  readonly notional_at_risk_usd: Usd;
  readonly density_interval: SumInterval | null;
  readonly expected_liquidation_usd: Usd | null;
};

export const kFates = ['alive', 'eaten', 'decayed', 'left'] as const;
export type Fate = (typeof kFates)[number];

export type Moment = {
  readonly as_of: UnixMs;
  readonly usd: Usd; // notional at risk
  readonly fed_usd: Usd | null;
};

export type ClusterHistory = {
  readonly id: number;
  readonly side: Side;
  readonly price_low: Price;
  readonly price_high: Price;
  readonly price_peak: Price;
  readonly born: UnixMs;
  readonly age: Ms;
  readonly fate: Fate;
  readonly ended: UnixMs | null;
  readonly born_usd: Usd;
  readonly most_usd: Usd;
  readonly last_usd: Usd;
  readonly fed_usd: Usd | null;
  readonly fed_usd_per_hour: Usd | null;
  readonly moments: readonly Moment[]; // thinned; none in messages of the stream
};

export type Clusters = {
  readonly as_of: UnixMs;
  readonly clusters: readonly Cluster[];
  readonly histories: readonly ClusterHistory[];
};

function cluster_of(value: unknown, at: string): Cluster {
  const from = object_of(value, at);
  return {
    side: side_of(from['side'], `${at}.side`),
    price_low: price_of(from['price_low'], `${at}.price_low`),
    price_high: price_of(from['price_high'], `${at}.price_high`),
    price_peak: price_of(from['price_peak'], `${at}.price_peak`),
    notional_at_risk_usd: usd_of(from['notional_at_risk_usd'], `${at}.notional_at_risk_usd`),
    density_interval: maybe(sum_of, from['density_interval'], `${at}.density_interval`),
    expected_liquidation_usd:
      maybe(usd_of, from['expected_liquidation_usd'], `${at}.expected_liquidation_usd`),
  };
}

function moments_of(value: unknown, at: string): Moment[] {
  const from = object_of(value, at);
  const times = list_of(time_of, from['as_of'], `${at}.as_of`);
  const amounts = list_of(usd_of, from['notional_at_risk_usd'], `${at}.notional_at_risk_usd`);
  const fed = list_of((one, field) => maybe(usd_of, one, field), from['fed_usd'], `${at}.fed_usd`);
  if (times.length !== amounts.length) throw new ShapeError(at, 'arrays of one length');
  return times.flatMap((as_of, i) => {
    const usd = amounts[i];
    return usd === undefined ? [] : [{ as_of, usd, fed_usd: fed[i] ?? null }];
  });
}

function history_of(value: unknown, at: string): ClusterHistory {
  const from = object_of(value, at);
  const fate = kFates.find((one) => one === from['fate']);
  if (fate === undefined) throw new ShapeError(`${at}.fate`, 'fate');
  const dollars = (name: string): Usd => usd_of(from[name], `${at}.${name}`);
  return {
    id: number_of(from['id'], `${at}.id`),
    side: side_of(from['side'], `${at}.side`),
    price_low: price_of(from['price_low'], `${at}.price_low`),
    price_high: price_of(from['price_high'], `${at}.price_high`),
    price_peak: price_of(from['price_peak'], `${at}.price_peak`),
    born: time_of(from['born'], `${at}.born`),
    age: ms(1000 * number_of(from['age_s'], `${at}.age_s`)),
    fate,
    ended: maybe(time_of, from['ended'], `${at}.ended`),
    born_usd: dollars('born_usd'),
    most_usd: dollars('most_usd'),
    last_usd: dollars('last_usd'),
    fed_usd: maybe(usd_of, from['fed_usd'], `${at}.fed_usd`),
    fed_usd_per_hour: maybe(usd_of, from['fed_usd_per_hour'], `${at}.fed_usd_per_hour`),
    moments: maybe(moments_of, from['moments'], `${at}.moments`) ?? [],
  };
}

export function clusters_of(body: unknown): Clusters {
  const from = object_of(body, 'body');
  const all = maybe((one, at) => list_of(history_of, one, at), from['cluster_histories'],
    'cluster_histories');
  return {
    as_of: header_of(from['header']).as_of,
    clusters: list_of(cluster_of, from['clusters'], 'clusters'),
    histories: all ?? [],
  };
}

// At least so many moments are kept of a history that had them; at most twice as many, and one.
const kMomentsKept = 100;

function sum_fed(a: Usd | null, b: Usd | null): Usd | null {
  return a === null || b === null ? null : (a + b) as Usd;
}

// As the service thins them (thin() in src/map/cluster_tracker.cpp), so that a curve is the same
// after the page is loaded anew: the moments whose column since birth is a multiple of a power of
// two, and the last one. What came in between is added to the next that is kept. A column that was
// missed has no neighbour in its place.
function thinned(history: ClusterHistory, column_interval: Ms): readonly Moment[] {
  const columns_to = ({ as_of }: Moment): number =>
    Math.round((as_of - history.born) / column_interval);
  const last = history.moments.at(-1);
  if (last === undefined) return history.moments;
  let stride = 1;
  while (columns_to(last) / stride >= 2 * kMomentsKept) stride *= 2;
  const kept: Moment[] = [];
  let fed: Usd | null = 0 as Usd;
  for (const one of history.moments) {
    fed = sum_fed(fed, one.fed_usd);
    if (columns_to(one) % stride !== 0 && one !== last) continue;
    kept.push({ ...one, fed_usd: fed });
    fed = 0 as Usd;
  }
  return kept;
}

const birth_of = ({ born, born_usd }: ClusterHistory): Moment =>
  ({ as_of: born, usd: born_usd, fed_usd: 0 as Usd });

// Messages of the stream have no moments: those that are here are kept, and the end of the history
// is one more. One that is new begins with that of its birth.
export function with_moments(
  fresh: readonly ClusterHistory[], before: readonly ClusterHistory[], column_interval: Ms,
): ClusterHistory[] {
  const known = new Map(before.map((one) => [one.id, one]));
  return fresh.map((one) => {
    const old = known.get(one.id);
    if (one.moments.length > 0) return one;
    if (old === undefined) return one.age > 0 ? one : { ...one, moments: [birth_of(one)] };
    const as_of = (one.born + one.age) as UnixMs;
    const last = old.moments.at(-1);
    if (last !== undefined && last.as_of >= as_of) return { ...one, moments: old.moments };
    const fed = one.fed_usd === null || old.fed_usd === null ? null
      : Math.max(0, one.fed_usd - old.fed_usd) as Usd;
    const moments = [...old.moments, { as_of, usd: one.last_usd, fed_usd: fed }];
    return { ...one, moments: thinned({ ...one, moments }, column_interval) };
  });
}

// What came by the stream while an older answer was under way, with the curves of the answer.
export function with_older(held: Clusters, answer: Clusters, column_interval: Ms): Clusters {
  const told = new Set(answer.histories.map(({ id }) => id));
  const bare = held.histories.map((one) => (told.has(one.id) ? { ...one, moments: [] } : one));
  return { ...held, histories: with_moments(bare, answer.histories, column_interval) };
}
