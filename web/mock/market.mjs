import { ClusterTracker } from './cluster_tracker.mjs';

// A seeded synthetic market, in the shape of what the service serves. It is no simulation of
// anything: it only has to look like a market from afar and never to change between two runs.

export const kTileSize = 256;
export const kMinuteMs = 60_000;
const kRowTiles = 4;
const kRows = kRowTiles * kTileSize;
const kLiveRoom = 20_000; // columns that can be added after the start
const kFundingEvery = 480; // columns: eight hours
const kLeverages = [[100, 0.16], [50, 0.24], [25, 0.28], [10, 0.22], [5, 0.1]];

export function rng_of(seed) {
  const rng = { state: seed >>> 0 };
  const next = () => {
    rng.state = (rng.state + 0x6d2b79f5) >>> 0;
    let t = rng.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Object.assign(rng, { next, normal });
}

const kDecayLog = Math.log(0.99955); // a column
export const usd_of_code = (code) => (code === 0 ? 0 : Math.exp((code - 1) / 100));

export class Market {
  constructor({
    id, venues = [id], seed, columns, row_tile, usd_scale, first_column_ms, has_takers = true,
  }) {
    Object.assign(this, { id, venues, usd_scale, first_column_ms, row_tile, has_takers });
    this.known_from = 0; // the column before which nothing is known
    this.digest = `${seed}-${columns}`; // what makes these columns: where it differs, they do
    this.first_row = row_tile * kTileSize;
    this.rng = rng_of(seed);
    this.taker_rng = rng_of(seed + 1000);
    this.capacity = columns + kLiveRoom;
    this.codes = [0, 1].map(() => new Uint16Array(this.capacity * kRows));
    // Dollars times exp(-decay), so that what only decays need not be touched, and their logarithm.
    this.state = [0, 1].map(() => new Float64Array(kRows));
    this.logs = [0, 1].map(() => new Float64Array(kRows).fill(-Infinity));
    this.decay = 0;
    this.series = [];
    this.liquidations = [];
    this.tracker = new ClusterTracker(this);
    this.position = kRows / 2 - 40;
    this.anchor = this.position;
    this.volatility = 0.5;
    this.funding = 0.0001;
    this.other_interest = 260e6 * usd_scale;
    this.gap_at = Math.floor(columns * 0.972);
    for (let i = 0; i < columns; i += 1) this.step();
  }

  // How it stands, to come back to: what happens after that is then the same again.
  save() {
    const { decay, position, anchor, volatility, funding, other_interest } = this;
    const { histories, alive } = this.tracker;
    return {
      numbers: { decay, position, anchor, volatility, funding, other_interest },
      seeds: [this.rng.state, this.taker_rng.state],
      state: this.state.map((one) => one.slice()), logs: this.logs.map((one) => one.slice()),
      columns: this.series.length, prints: this.liquidations.length,
      tracker: structuredClone({ histories, alive }),
    };
  }

  restore(saved) {
    if (this.column_end === saved.columns) return;
    Object.assign(this, saved.numbers);
    [this.rng.state, this.taker_rng.state] = saved.seeds;
    for (const s of [0, 1]) {
      this.state[s].set(saved.state[s]);
      this.logs[s].set(saved.logs[s]);
    }
    this.series.length = saved.columns;
    this.liquidations.length = saved.prints;
    Object.assign(this.tracker, structuredClone(saved.tracker));
  }

  get column_end() { return this.series.length; }
  get row_tiles() { return Array.from({ length: kRowTiles }, (_, i) => this.row_tile + i); }
  time_of(column) { return this.first_column_ms + column * kMinuteMs; }
  price_of(position) { return Math.exp((this.first_row + position) / 1000); }

  // Between two columns the state of the map is a gap twice: nothing is known, which is no zero.
  is_gap(column) {
    return (column >= this.gap_at && column < this.gap_at + 34) || column % 9973 === 4000;
  }

  step() {
    const column = this.column_end;
    const candle = this.move();
    this.enter(candle);
    const crossed = this.eat(candle);
    this.record(column, candle, crossed);
    this.tracker.add(column, candle);
    return column;
  }

  // The path of one minute, in rows.
  move() {
    const { next, normal } = this.rng;
    if (next() < 0.0012) this.volatility += 1.5 + 3 * next();
    this.volatility += 0.012 * (0.6 - this.volatility) + 0.03 * normal() * this.volatility;
    this.volatility = Math.max(0.2, this.volatility);
    if (next() < 0.0004) this.anchor = kRows / 2 + 130 * normal();
    const open = this.position;
    let [low, high] = [open, open];
    for (let i = 0; i < 8; i += 1) {
      const pull = 0.000012 * (this.anchor - this.position);
      const step = this.volatility * 0.36 * normal() + pull;
      this.position = Math.min(kRows - 60, Math.max(60, this.position + step));
      low = Math.min(low, this.position);
      high = Math.max(high, this.position);
    }
    return { open, low, high, close: this.position };
  }

  // New positions at the price, whose liquidations lie where their leverage puts them.
  enter({ open, close, low, high }) {
    const { next, normal } = this.rng;
    const busy = 0.35 + (high - low) * 0.5;
    const usd = 30_000 * this.usd_scale * busy * Math.exp(0.9 * normal());
    const is_up = close > open ? 0.58 : 0.42;
    for (const [leverage, weight] of kLeverages) {
      for (const s of [0, 1]) {
        const side_share = s === 0 ? is_up : 1 - is_up;
        const gap = 1 / leverage - 0.004;
        const move = 1000 * Math.log(s === 0 ? 1 - gap : 1 + gap);
        const amount = usd * weight * side_share * (0.3 + 1.4 * next());
        this.spread(s, close + move, 0.9 + 12 / leverage, amount);
      }
    }
  }

  spread(s, centre, width, usd) {
    const reach = Math.ceil(3 * width);
    const state = this.state[s];
    const scaled = usd / Math.exp(this.decay) / (width * 2.5066);
    for (let r = Math.floor(centre) - reach; r <= Math.floor(centre) + reach; r += 1) {
      if (r < 0 || r >= kRows) continue;
      const z = (r + 0.5 - centre) / width;
      state[r] += scaled * Math.exp(-0.5 * z * z);
      this.logs[s][r] = Math.log(state[r]);
    }
  }

  // What the price crosses is gone; what waits closes slowly on its own.
  eat({ low, high }) {
    const crossed = [0, 0];
    const take = (s, r) => {
      if (this.state[s][r] === 0) return;
      crossed[s] += this.state[s][r] * Math.exp(this.decay);
      this.state[s][r] = 0;
      this.logs[s][r] = -Infinity;
    };
    for (let r = Math.max(0, Math.floor(low)); r < kRows; r += 1) take(0, r);
    for (let r = Math.min(kRows - 1, Math.floor(high)); r >= 0; r -= 1) take(1, r);
    this.decay += kDecayLog;
    return crossed;
  }

  record(column, candle, crossed) {
    const { normal } = this.rng;
    const offset = column * kRows;
    let at_risk = 0;
    for (const s of [0, 1]) {
      const [state, logs, codes] = [this.state[s], this.logs[s], this.codes[s]];
      for (let r = 0; r < kRows; r += 1) {
        const log = logs[r] + this.decay;
        codes[offset + r] = log >= 0 ? 1.5 + 100 * log : 0;
        at_risk += state[r];
      }
    }
    at_risk *= Math.exp(this.decay);
    this.funding += 0.002 * (0.0001 - this.funding) + 0.000004 * normal();
    this.other_interest *= 1 + 0.0008 * normal();
    this.other_interest += 0.001 * (260e6 * this.usd_scale - this.other_interest);
    const expected = crossed.map((usd) => Math.round(0.38 * usd));
    const printed = expected.map((usd) => Math.round(usd * Math.exp(0.55 * normal())));
    const price = (at) => Number(this.price_of(at).toPrecision(9));
    const volume = 1.2e6 * this.usd_scale * (0.4 + (candle.high - candle.low) * 0.4);
    const bought = 0.5 + 0.12 * Math.tanh(candle.close - candle.open) +
      0.03 * this.taker_rng.normal();
    this.series.push({
      open: price(candle.open), high: price(candle.high), low: price(candle.low),
      close: price(candle.close),
      open_interest_usd: Math.round(at_risk + this.other_interest),
      funding_rate: this.series.length % kFundingEvery === kFundingEvery - 1
        ? Number(this.funding.toPrecision(4)) : 0,
      crossed_usd: crossed.map(Math.round), expected_liquidation_usd: expected,
      printed_usd: printed,
      taker_buy_usd: this.has_takers ? Math.round(volume * bought) : null,
      taker_sell_usd: this.has_takers ? Math.round(volume * (1 - bought)) : null,
      ...this.context(column),
      near_1_percent_usd: this.near(candle.close),
      low_usd: expected.map((usd) => Math.round(usd * 0.42)),
      high_usd: expected.map((usd) => Math.round(usd * 2.1 + 4000 * this.usd_scale)),
    });
    this.print(column, candle, printed);
  }

  // The book and the basis, which one of the markets does not record.
  context(column) {
    if (!this.has_takers) return { bid_depth_usd: null, ask_depth_usd: null, basis: null };
    const usd = 9e6 * this.usd_scale * (1 + 0.3 * Math.sin(column / 190));
    const tilt = 0.2 * Math.sin(column / 37);
    return {
      bid_depth_usd: Math.round(usd * (1 - tilt)), ask_depth_usd: Math.round(usd * (1 + tilt)),
      basis: Number((0.0004 * Math.sin(column / 83)).toPrecision(6)),
    };
  }

  // What waits within 1 % of the close, by side.
  near(close) {
    const scale = Math.exp(this.decay);
    const sum = (s, from, to) => this.state[s].subarray(Math.max(0, Math.round(from)),
      Math.round(to)).reduce((total, one) => total + one, 0);
    return [sum(0, close - 10, close), sum(1, close, close + 10)]
      .map((usd) => Math.round(usd * scale));
  }

  print(column, candle, printed) {
    const { next } = this.rng;
    for (const s of [0, 1]) {
      let left = printed[s];
      while (left > 2500 * this.usd_scale) {
        const usd = Math.round(left > 40_000 * this.usd_scale ? left * (0.3 + 0.6 * next()) : left);
        const edge = s === 0 ? candle.low : candle.high;
        this.liquidations.push({
          time_ms: this.time_of(column) + Math.floor(next() * kMinuteMs),
          side: s === 0 ? 'long' : 'short',
          price: Number(this.price_of(edge + (candle.close - edge) * 0.3 * next()).toPrecision(8)),
          usd,
        });
        left -= usd;
      }
    }
  }

  // Smooth patches in which the interval is wide.
  is_wide(column, row) {
    const wave = Math.sin(row / 19 + column / 1400) + Math.sin(row / 7.3 - column / 3100);
    return wave + 0.5 * Math.sin(row / 41 + column / 700) > 1.55;
  }

  code(s, column, row) { return this.codes[s][column * kRows + row - this.first_row]; }
  // Of `count` rows from a row on that the market has.
  codes_of(s, column, row, count) {
    const from = column * kRows + row - this.first_row;
    return this.codes[s].subarray(from, from + count);
  }

  row_count() { return kRows; }
}
