import type { Price, Side, UnixMs, Usd } from '../units/unit.ts';
import type { Cluster, ClusterHistory, Moment } from './api_clusters.ts';

// Clusters as the map shows them: a box from when it was born to when it ended, in the rows it was
// born with. Looked at as of an earlier time, a box says only what was known then.

export type Box = {
  readonly id: number | null; // null: no history; a cluster of the newest column alone
  readonly side: Side;
  readonly price_low: Price;
  readonly price_high: Price;
  readonly price_peak: Price;
  readonly from: UnixMs | null;
  readonly to: UnixMs | null; // null: it is alive
  readonly usd: Usd;
  readonly history: ClusterHistory | null;
  readonly cluster: Cluster | null; // what the newest column has there
};

function total_fed(moments: readonly Moment[]): number | null {
  let sum = 0;
  for (const { fed_usd } of moments) {
    if (fed_usd === null) return null;
    sum += fed_usd;
  }
  return sum;
}

// Whether the moments say all that came in, or only samples of it.
function are_moments_whole(history: ClusterHistory): boolean {
  const sum = total_fed(history.moments);
  return sum !== null && history.fed_usd !== null &&
    Math.abs(sum - history.fed_usd) <= 0.01 * Math.max(1, history.fed_usd);
}

// What was known of a cluster at `time`; null: it had not been born, or nothing of then is kept.
export function history_as_of(history: ClusterHistory, time: UnixMs): ClusterHistory | null {
  if (history.born > time) return null;
  const end = history.born + history.age;
  if (end <= time) return history;
  const moments = history.moments.filter((one) => one.as_of <= time);
  const last = moments.at(-1);
  if (last === undefined) return null;
  const fed = are_moments_whole(history) ? total_fed(moments) : null;
  return {
    ...history,
    age: (time - history.born) as ClusterHistory['age'],
    fate: 'alive',
    ended: null,
    most_usd: Math.max(...moments.map((one) => one.usd)) as Usd,
    last_usd: last.usd,
    fed_usd: fed as Usd | null,
    fed_usd_per_hour: null,
    moments,
  };
}

function overlap_of(a: ClusterHistory, b: Cluster): number {
  if (a.side !== b.side) return 0;
  return Math.min(a.price_high, b.price_high) - Math.max(a.price_low, b.price_low);
}

// The history that a cluster of the newest column goes on with: the one it shares most prices with.
function best_match(cluster: Cluster, alive: readonly ClusterHistory[]): ClusterHistory | null {
  let best: ClusterHistory | null = null;
  let most = 0;
  for (const one of alive) {
    const overlap = overlap_of(one, cluster);
    if (overlap > most) [best, most] = [one, overlap];
  }
  return best;
}

function box_of_history(history: ClusterHistory, cluster: Cluster | null): Box {
  const { id, side, price_low, price_high, price_peak, born, ended, last_usd } = history;
  return {
    id, side, price_low, price_high, price_peak, from: born,
    to: history.fate === 'alive' ? null : ended ?? (born + history.age) as UnixMs,
    usd: last_usd, history, cluster,
  };
}

// `as_of` null: now. The clusters of the newest column say nothing of an earlier time.
export function boxes_of(
  clusters: readonly Cluster[], histories: readonly ClusterHistory[], as_of: UnixMs | null,
): Box[] {
  const known = as_of === null ? histories
    : histories.flatMap((one) => history_as_of(one, as_of) ?? []);
  const alive = known.filter((one) => one.fate === 'alive');
  const matched = new Map<number, Cluster>();
  const alone: Box[] = [];
  for (const cluster of as_of === null ? clusters : []) {
    const history = best_match(cluster, alive);
    const before = history === null ? undefined : matched.get(history.id);
    if (history !== null) {
      const is_larger = before === undefined ||
        before.notional_at_risk_usd < cluster.notional_at_risk_usd;
      if (is_larger) matched.set(history.id, cluster);
      continue;
    }
    const { side, price_low, price_high, price_peak, notional_at_risk_usd: usd } = cluster;
    alone.push({ id: null, side, price_low, price_high, price_peak, from: null, to: null, usd,
      history: null, cluster });
  }
  return [...known.map((one) => box_of_history(one, matched.get(one.id) ?? null)), ...alone];
}

// The next pinned cluster by price among those alive; `up` 1 or -1. From none: the largest.
export function next_pinned(boxes: readonly Box[], pinned: number | null, up: 1 | -1)
  : number | null {
  const alive = boxes.filter((one) => one.id !== null && one.to === null)
    .sort((a, b) => a.price_peak - b.price_peak);
  if (alive.length === 0) return null;
  const at = alive.findIndex((one) => one.id === pinned);
  if (at < 0) {
    return alive.reduce((most, one) => (one.usd > most.usd ? one : most)).id;
  }
  return alive[(at + up + alive.length) % alive.length]?.id ?? null;
}
