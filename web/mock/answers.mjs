import { kMinuteMs, kTileSize, usd_of_code } from './market.mjs';
import { part_of, parts_of } from './parts.mjs';

// The JSON of /v1, in the forms of docs/formats/api.md.

const texts = new Map(); // minutes are asked for again and again

export function iso(ms) {
  const known = texts.get(ms);
  if (known !== undefined) return known;
  const text = new Date(ms).toISOString().replace('.000Z', 'Z');
  if (ms % kMinuteMs === 0) texts.set(ms, text);
  return text;
}

const by_side = ([long, short]) => ({ long, short });

export function header_of(market) {
  return {
    model_version: 'density-6', as_of: iso(market.time_of(market.column_end - 1)),
    instrument: market.id, is_simulated: true, members: 64,
    units: { money: 'USD', price: 'USDT' },
    coverage: market.venues.map((instrument, i) => ({
      instrument, share: market.venues.length === 1 ? 1 : [0.64, 0.36][i], feed: 'mock',
      completeness: ['all', 'largest_per_second'][i], is_stale: false,
    })),
    assumptions: ['a synthetic market of the mock server'],
  };
}

export function instrument_of(market) {
  return {
    id: market.id, venues: market.venues, quote: 'USDT', is_simulated: true, members: 64,
    series: market.digest, column_interval_s: kMinuteMs / 1000,
    first_column: iso(market.first_column_ms), column_end: market.column_end, row_log: 0.001,
    row_tiles: market.row_tiles, parts: parts_of(market),
  };
}

// The ensemble's interval of a row: wide where the tiles say so.
function interval_of(market, column, row, usd) {
  const factor = market.is_wide(column, row) ? 2.6 : 1.45;
  return { p10: Math.round(usd / factor), p50: Math.round(usd * 0.96),
    p90: Math.round(usd * factor) };
}

// Columns that the service has whole, with their bands. Of older ones it has the codes of tiles.
const kKeptWhole = 720;
const is_whole = (market, column) => column >= market.column_end - kKeptWhole;

function side_of(market, column, s, part) {
  if (column < part.known_from) return { first_row: market.first_row, notional_at_risk_usd: [] };
  const rows = Array.from({ length: market.row_count() }, (_, i) => market.first_row + i);
  const usd = rows.map((row) => Math.round(usd_of_code(part.code(s, column, row))));
  const begin = Math.max(0, usd.findIndex((value) => value >= 1));
  const end = usd.findLastIndex((value) => value >= 1) + 1;
  const shown = rows.slice(begin, end);
  const bands = shown.map((row, i) => interval_of(market, column, row, usd[begin + i]));
  return {
    first_row: market.first_row + begin,
    notional_at_risk_usd: usd.slice(begin, end),
    ...(part !== market || !is_whole(market, column) ? {} : { density_interval: {
      p10: bands.map((one) => one.p10), p50: bands.map((one) => one.p50),
      p90: bands.map((one) => one.p90),
    } }),
  };
}

function near_of(market, column, mark) {
  return [0.01, 0.02, 0.05, 0.1].map((reach) => {
    const sum = (s) => {
      const edge = 1000 * Math.log(mark * (s === 0 ? 1 - reach : 1 + reach));
      const at = 1000 * Math.log(mark);
      let usd = 0;
      for (let i = 0; i < market.row_count(); i += 1) {
        const row = market.first_row + i;
        if (row >= Math.min(edge, at) && row < Math.max(edge, at)) {
          usd += usd_of_code(market.code(s, column, row));
        }
      }
      return { mean: Math.round(usd), p10: Math.round(usd * 0.74), p50: Math.round(usd * 0.98),
        p90: Math.round(usd * 1.31) };
    };
    return { reach, long: sum(0), short: sum(1) };
  });
}

const interval_of_feed = ({ low_usd, high_usd }) =>
  by_side([0, 1].map((s) => ({ low: low_usd[s], high: high_usd[s] })));

function feed_of(one) {
  return {
    readings: 1, expected_liquidation_usd: by_side(one.expected_liquidation_usd),
    printed_usd: by_side(one.printed_usd), liquidation_interval: interval_of_feed(one),
  };
}

// With a part its rows, and all else of the column.
export function map_of(market, column, part) {
  const one = market.series[column];
  const outside = is_whole(market, column) ? by_side([0, 0]) : null;
  return {
    header: header_of(market), index: column, part: part.part ?? null, row_log: 0.001,
    as_of: iso(market.time_of(column)), model_version: 'density-6',
    mark: one.close, open: one.open, high: one.high, low: one.low, close: one.close,
    open_interest_usd: one.open_interest_usd, near: near_of(market, column, one.close),
    crossed_usd: by_side(one.crossed_usd), feed: feed_of(one),
    long: side_of(market, column, 0, part), short: side_of(market, column, 1, part),
    below_usd: outside, above_usd: outside, never_usd: outside,
  };
}

// How long ago the dollars of a row were opened: hours where it is old, minutes where it is new.
const age_of = (row, s) => Math.round(9000 * (1.2 + Math.sin(row / 23 + s)));

// A row that no column had holds nothing.
function cell_side(market, column, row, s) {
  const is_there = market.row_tiles.includes(Math.floor(row / kTileSize));
  const dollars = (of) => (is_there ? Math.round(usd_of_code(of.code(s, column, row))) : 0);
  const usd = dollars(market);
  const is_kept = is_whole(market, column);
  return {
    notional_at_risk_usd: usd,
    density_interval: is_kept ? interval_of(market, column, row, usd) : null,
    mean_age_s: is_kept && usd >= 1 ? age_of(row, s) : null,
    parts: parts_of(market).map(({ id }) => {
      const part = part_of(market, id);
      return { id, notional_at_risk_usd: column < part.known_from ? null : dollars(part) };
    }),
  };
}

// Of the last column up to this one, and what a row of it is made of.
export function cell_of(market, wanted, row) {
  let column = Math.min(wanted, market.column_end - 1);
  while (column > 0 && market.is_gap(column)) column -= 1;
  const price = (at) => Number(Math.exp(at / 1000).toPrecision(8));
  return {
    header: header_of(market), index: column, as_of: iso(market.time_of(column)), row,
    price_low: price(row), price_high: price(row + 1), mark: market.series[column].close,
    long: cell_side(market, column, row, 0), short: cell_side(market, column, row, 1),
  };
}

// Columns [from, to) as one entry of a series.
function entry_of(market, from, to) {
  const part = market.series.slice(from, to);
  const sum = (field, s) => part.reduce((total, one) => total + one[field][s], 0);
  const sums = (field) => [sum(field, 0), sum(field, 1)];
  const flow = (field) => (part[0][field] === null ? null
    : part.reduce((total, one) => total + one[field], 0));
  return {
    open: part[0].open, high: Math.max(...part.map((one) => one.high)),
    low: Math.min(...part.map((one) => one.low)), close: part.at(-1).close,
    open_interest_usd: part.at(-1).open_interest_usd,
    funding_rate: part.reduce((total, one) => total + one.funding_rate, 0),
    bid_depth_usd: part.at(-1).bid_depth_usd, ask_depth_usd: part.at(-1).ask_depth_usd,
    basis: part.at(-1).basis,
    taker_buy_usd: flow('taker_buy_usd'), taker_sell_usd: flow('taker_sell_usd'),
    near_1_percent_usd: part.at(-1).near_1_percent_usd,
    crossed_usd: sums('crossed_usd'), expected_liquidation_usd: sums('expected_liquidation_usd'),
    printed_usd: sums('printed_usd'), low_usd: sums('low_usd'), high_usd: sums('high_usd'),
  };
}

// The texels that have a column in [from, to), whole: without times all there are.
function texels_of(market, from_ms, to_ms, level) {
  const width = 2 ** level;
  const column = (ms) => Math.ceil((ms - market.first_column_ms) / kMinuteMs);
  const from = Number.isNaN(from_ms) ? 0 : Math.max(0, column(from_ms));
  const to = Number.isNaN(to_ms) ? market.column_end : Math.min(market.column_end, column(to_ms));
  return { width, first: Math.floor(from / width), end: to > from ? Math.ceil(to / width) : 0 };
}

export function series_of(market, from_ms, to_ms, level) {
  const { width, first, end } = texels_of(market, from_ms, to_ms, level);
  const entries = Array.from({ length: Math.max(0, end - first) }, (_, i) =>
    entry_of(market, (first + i) * width, Math.min(market.column_end, (first + i + 1) * width)));
  const column = (field) => entries.map((one) => one[field]);
  const sides = (field) => by_side([0, 1].map((s) => entries.map((one) => one[field][s])));
  // An interval of a sum is no sum of intervals.
  const edges = (field) => (level === 0 ? sides(field)
    : by_side([0, 1].map(() => entries.map(() => null))));
  const [low, high] = [edges('low_usd'), edges('high_usd')];
  return {
    header: header_of(market), level, index: entries.map((_, i) => (first + i) * width),
    time: entries.map((_, i) => iso(market.time_of((first + i) * width))),
    open: column('open'), high: column('high'), low: column('low'), close: column('close'),
    open_interest_usd: column('open_interest_usd'), funding_rate: column('funding_rate'),
    taker_buy_usd: column('taker_buy_usd'), taker_sell_usd: column('taker_sell_usd'),
    bid_depth_usd: column('bid_depth_usd'), ask_depth_usd: column('ask_depth_usd'),
    basis: column('basis'),
    near_1_percent_usd: sides('near_1_percent_usd'),
    crossed_usd: sides('crossed_usd'),
    expected_liquidation_usd: sides('expected_liquidation_usd'),
    printed_usd: sides('printed_usd'),
    liquidation_interval: {
      long: { low: low.long, high: high.long }, short: { low: low.short, high: high.short },
    },
  };
}

const whole = Math.round;

// At most 200 moments, each with what was fed since the one before.
function moments_of(market, { moments }) {
  const step = Math.max(1, Math.ceil(moments.length / 199));
  const out = { as_of: [], notional_at_risk_usd: [], fed_usd: [] };
  let sum = 0;
  moments.forEach(({ column, usd, fed }, i) => {
    sum += fed;
    if (i % step !== 0 && i + 1 !== moments.length) return;
    out.as_of.push(iso(market.time_of(column)));
    out.notional_at_risk_usd.push(whole(usd));
    out.fed_usd.push(whole(sum));
    sum = 0;
  });
  return out;
}

function history_of(market, one, with_moments) {
  const price = (row) => Number(Math.exp((market.first_row + row) / 1000).toPrecision(8));
  return {
    id: one.id, side: one.s === 0 ? 'long' : 'short', price_low: price(one.low),
    price_high: price(one.high), price_peak: price(one.peak),
    born: iso(market.time_of(one.born)), age_s: (one.last_column - one.born) * 60, fate: one.fate,
    ended: one.ended === null ? null : iso(market.time_of(one.ended)),
    born_usd: whole(one.born_usd), most_usd: whole(one.most), last_usd: whole(one.last),
    fed_usd: whole(one.fed),
    fed_usd_per_hour: whole((one.fed / Math.max(1, one.last_column - one.born)) * 60),
    ...(with_moments ? { moments: moments_of(market, one) } : {}),
  };
}

export function clusters_of(market, with_moments = true) {
  const column = market.column_end - 1;
  const mark = market.series[column].close;
  const clusters = [];
  for (const s of [0, 1]) {
    const usd = Array.from({ length: market.row_count() }, (_, i) =>
      usd_of_code(market.code(s, column, market.first_row + i)));
    const mean = usd.reduce((a, b) => a + b, 0) / usd.filter((value) => value > 1).length;
    for (let r = 1; r + 1 < usd.length; r += 1) {
      if (usd[r] < 1.9 * mean || usd[r] < usd[r - 1] || usd[r] < usd[r + 1]) continue;
      let [low, high] = [r, r];
      while (low > 0 && usd[low - 1] > 0.62 * usd[r]) low -= 1;
      while (high + 1 < usd.length && usd[high + 1] > 0.62 * usd[r]) high += 1;
      const total = Math.round(usd.slice(low, high + 1).reduce((a, b) => a + b, 0));
      const price = (row) => Number(Math.exp((market.first_row + row) / 1000).toPrecision(8));
      clusters.push({
        side: s === 0 ? 'long' : 'short', price_low: price(low), price_high: price(high + 1),
        price_peak: price(r + 0.5), distance: Number((price(r + 0.5) / mark - 1).toPrecision(4)),
        notional_at_risk_usd: total,
        density_interval: { mean: total, p10: Math.round(total * 0.7), p50: total,
          p90: Math.round(total * 1.4) },
        expected_liquidation_usd: Math.round(total * 0.38),
      });
      r = high + 1;
    }
  }
  clusters.sort((a, b) => b.notional_at_risk_usd - a.notional_at_risk_usd);
  return {
    header: header_of(market), clusters: clusters.slice(0, 12),
    cluster_histories: market.tracker.histories.map((one) =>
      history_of(market, one, with_moments)),
  };
}

export function print_of(one) {
  return { time: iso(one.time_ms), side: one.side, price: one.price, usd: one.usd,
    instrument: 'simulated', completeness: 'all' };
}

export function liquidations_of(market, from_ms, to_ms, min_usd, limit) {
  const found = [];
  for (let i = market.liquidations.length - 1; i >= 0 && found.length < limit; i -= 1) {
    const one = market.liquidations[i];
    if (one.time_ms >= from_ms && one.time_ms < to_ms && one.usd >= min_usd) {
      found.push(print_of(one));
    }
  }
  return { header: header_of(market), liquidations: found };
}

// The data of a message of the channel `map`, of a market or of a part of one; null where it is not
// known yet.
export function column_message(market, column) {
  if (column < market.known_from) return null;
  const side = (s) => {
    const codes = Buffer.alloc(2 * market.row_count());
    const wide = Buffer.alloc(market.row_count() / 8);
    for (let i = 0; i < market.row_count(); i += 1) {
      const code = market.code(s, column, market.first_row + i);
      codes.writeUInt16LE(code, 2 * i);
      if (code > 0 && market.is_wide(column, market.first_row + i)) wide[i >> 3] |= 1 << (i & 7);
    }
    return { first_row: market.first_row, codes: codes.toString('base64'),
      wide: wide.toString('base64') };
  };
  const { low_usd, high_usd, ...entry } = entry_of(market, column, column + 1);
  return {
    column, time: iso(market.time_of(column)),
    series: {
      ...entry,
      crossed_usd: by_side(entry.crossed_usd),
      near_1_percent_usd: by_side(entry.near_1_percent_usd),
      expected_liquidation_usd: by_side(entry.expected_liquidation_usd),
      printed_usd: by_side(entry.printed_usd),
      liquidation_interval: interval_of_feed({ low_usd, high_usd }),
    },
    long: side(0), short: side(1),
  };
}
