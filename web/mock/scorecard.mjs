import { readFileSync } from 'node:fs';

import { header_of, iso } from './answers.mjs';
import { rng_of } from './market.mjs';

// /v1/scorecard over the synthetic market, the feeds of /v1/health, and reports of studies: the
// real ones, shortened and rounded.

const kHour = 60; // columns
const kHoursMost = 1000;

const sum = (part, field) => [0, 1].map((s) =>
  part.reduce((total, one) => total + one[field][s], 0));
const by_side = ([long, short]) => ({ long, short });

function scored(part) {
  return {
    columns: part.length,
    expected_liquidation_usd: by_side(sum(part, 'expected_liquidation_usd')),
    printed_usd: by_side(sum(part, 'printed_usd')),
    crossed_usd: by_side(sum(part, 'crossed_usd')),
  };
}

function columns_of(part) {
  const total = ([long, short]) => long + short;
  const pairs = part.filter((one) => total(one.crossed_usd) > 0)
    .map((one) => [total(one.expected_liquidation_usd), total(one.printed_usd)]);
  const known = { interval_s: 3600 / kHour, count: pairs.length };
  if (pairs.length < 30) return { ...known, log_ratio_mean: null, correlation: null };
  const logs = pairs.map(([expected, printed]) => [Math.log1p(expected), Math.log1p(printed)]);
  const mean = (read) => logs.reduce((a, one) => a + read(one), 0) / logs.length;
  const [x, y] = [mean(([a]) => a), mean(([, b]) => b)];
  const xy = mean(([a, b]) => (a - x) * (b - y));
  const spread = Math.sqrt(mean(([a]) => (a - x) ** 2) * mean(([, b]) => (b - y) ** 2));
  const short = (value) => Number(value.toFixed(4));
  return { ...known, log_ratio_mean: short(y - x), correlation: short(xy / spread) };
}

// The market's minutes err on their own, and sums of them hardly do: whole hours err here too.
function with_error(market, last) {
  const rng = rng_of(97);
  return market.series.slice(0, last * kHour).map((one, i, all) => {
    if (i % kHour === 0) all.factor = [0, 1].map(() => Math.exp(0.6 * rng.normal() - 0.1));
    const printed_usd = one.printed_usd.map((usd, s) => Math.round(usd * all.factor[s]));
    return { ...one, printed_usd };
  });
}

export function scorecard_of(market) {
  const hours = [];
  const last = Math.floor(market.column_end / kHour);
  const series = with_error(market, last);
  for (let hour = Math.max(0, last - kHoursMost); hour < last; hour += 1) {
    const part = series.slice(hour * kHour, (hour + 1) * kHour);
    hours.push({ time: iso(market.time_of((hour + 1) * kHour)), ...scored(part) });
  }
  const all = series.slice(Math.max(0, last - kHoursMost) * kHour);
  let [count, inside] = [0, 0];
  for (const one of all) {
    for (const s of [0, 1]) {
      if (one.expected_liquidation_usd[s] < 10) continue;
      count += 1;
      const printed = one.printed_usd[s];
      if (printed >= one.low_usd[s] && printed <= one.high_usd[s]) inside += 1;
    }
  }
  return {
    header: header_of(market), from: iso(market.time_of((last - hours.length) * kHour)),
    to: iso(market.time_of(last * kHour)), hours, totals: scored(all),
    liquidation_intervals: { nominal: 0.8, count, inside }, columns: columns_of(all),
  };
}

export function feeds_of(markets) {
  const rows = [['all', 0.4, 12, false, null, 0], ['largest_per_second', 2, 0, false, null, 34],
    ['latest_per_second', 96, 3, true, null, 1200],
    ['one_per_second', null, 0, false, 'the connection was refused 4 times', 2]];
  return rows.map(([completeness, age_s, refused, is_stale, problem, gaps], i) => ({
    instrument: i === 0 ? markets[0].id : `simulated:BTC-${i}`, age_s,
    readings: markets[0].column_end * (4 - i), refused_readings: refused, completeness, is_stale,
    problem, gap_steps: gaps, gap_share: gaps / markets[0].column_end, held_interest_steps: 5 * i,
    is_throttled: i > 0, resyncs: null,
  }));
}

export const kStudies = [
  { name: 'map_skill', title: 'How well maps explain recorded liquidations' },
  { name: 'recovery', title: 'Recovery of known positions' },
  { name: 'claims', title: 'Seven things that are said, and one more' },
  { name: 'location', title: 'Where liquidations happen' },
];

export function study_of(name) {
  if (name === 'location') return { study: 'location', distances: [0.01, 0.02] };
  if (!kStudies.some((one) => one.name === name)) return null;
  return JSON.parse(readFileSync(new URL(`./reports/${name}.json`, import.meta.url), 'utf8'));
}
