// Follows clusters of the synthetic market as map.md says: a cluster keeps the rows it was born
// with, and nothing that was said of it is written again but how it ended, once.

const kEvery = 20; // columns between two looks
const kAliveMax = 14;

export class ClusterTracker {
  constructor(market) {
    this.market = market;
    this.histories = [];
    this.alive = [];
  }

  add(column, candle) {
    this.follow(column, candle);
    if (column % kEvery === 0) this.give_birth(column);
  }

  held(one) {
    const { market } = this;
    let sum = 0;
    for (let r = one.low; r < one.high; r += 1) sum += market.state[one.s][r];
    return sum * Math.exp(market.decay);
  }

  follow(column, candle) {
    this.alive = this.alive.filter((one) => {
      const usd = this.held(one);
      const is_eaten = one.s === 0 ? candle.low <= one.peak : candle.high >= one.peak;
      const fate = is_eaten ? 'eaten' : usd < 0.5 * one.most ? 'decayed' : null;
      const fed = Math.max(0, usd - one.last);
      one.fed_since += fed;
      if (fate !== null || column % kEvery === 0) {
        one.moments.push({ column, usd, fed: one.fed_since });
        one.fed_since = 0;
      }
      Object.assign(one, { last: usd, last_column: column, fed: one.fed + fed });
      one.most = Math.max(one.most, usd);
      if (fate !== null) Object.assign(one, { fate, ended: column });
      return fate === null;
    });
  }

  give_birth(column) {
    const { market } = this;
    for (const s of [0, 1]) {
      const rows = market.state[s];
      const lit = rows.filter((usd) => usd > 0);
      const mean = lit.reduce((a, b) => a + b, 0) / Math.max(1, lit.length);
      for (let r = 2; r + 2 < rows.length && this.alive.length < kAliveMax; r += 1) {
        if (rows[r] < 2.6 * mean || rows[r] < rows[r - 1] || rows[r] < rows[r + 1]) continue;
        let [low, high] = [r, r];
        while (low > 0 && r - low < 12 && rows[low - 1] > 0.6 * rows[r]) low -= 1;
        while (high - r < 12 && rows[high + 1] > 0.6 * rows[r]) high += 1;
        if (this.alive.some((one) => one.s === s && one.low <= high && one.high > low)) continue;
        this.bear(s, low, high + 1, r + 0.5, column);
        r = high + 1;
      }
    }
  }

  bear(s, low, high, peak, column) {
    const one = { id: this.histories.length + 1, s, low, high, peak, born: column, fate: 'alive',
      ended: null, fed: 0, fed_since: 0, moments: [], last_column: column };
    const usd = this.held(one);
    Object.assign(one, { born_usd: usd, most: usd, last: usd });
    one.moments.push({ column, usd, fed: 0 });
    this.histories.push(one);
    this.alive.push(one);
  }
}
