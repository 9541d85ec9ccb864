import { readFileSync } from 'node:fs';

import { iso } from './answers.mjs';
import { rng_of } from './market.mjs';

// Runs of a lab that simulates nothing: curves with the looks of a market and its map, the same for
// the same request, that take as long as they are told to.

const { fields: kFields, scenarios: kScenarios } = JSON.parse(
  readFileSync(new URL('./reports/lab.json', import.meta.url), 'utf8'));
export { kFields, kScenarios };

const kBins = 20;
const kBinLog = 0.005;
const kBegin = Date.UTC(2025, 11, 1);
const kHourMs = 3_600_000;
const kWaitMost = 4;
const kKept = 8;

const pair = (make) => ({ long: make(0), short: make(1) });

// Money a bin from the mark outward: a hump where the leverage puts it, in lumps.
function profile(rng, { leverage, bias, scale }, hour, s) {
  const centre = 100 / leverage / 0.5;
  const side = Math.exp((s === 0 ? 1 : -1) * bias * 0.4);
  const smooth = Array.from({ length: kBins }, (_, i) => scale * side *
    (0.12 + Math.exp(-(((i - centre) / 6) ** 2)) * (0.7 + 0.3 * Math.sin(hour / 5 + s))));
  const truth = smooth.map((usd, i) => Math.round(usd *
    Math.exp(0.75 * Math.sin(i * 2.1 + s * 3 + hour / 9) + 0.35 * rng.normal()) * 0.8));
  return { smooth: smooth.map(Math.round), truth };
}

function values_of(request) {
  const base = kScenarios.find(({ name }) => name === request.scenario)?.values ?? {};
  const at = (name) => request.values[name] ?? base[name] ??
    kFields.find((field) => field.name === name).default;
  return {
    leverage: at('holders.leverage_median'), bias: at('holders.long_bias'),
    scale: 40 * at('holders.count') * (0.6 + at('readers.avoider_share')),
    depth: at('makers.depth_usd_per_percent'), news: at('value.news_count'),
  };
}

function hours_of(request) {
  const rng = rng_of(request.seed * 7919 + request.scenario.length);
  const values = values_of(request);
  let mark = 100_000;
  return Array.from({ length: request.hours }, (_, hour) => {
    const shock = values.news > 0 && hour === 9 ? -0.03 * Math.sqrt(1e7 / values.depth) : 0;
    mark *= Math.exp(0.004 * rng.normal() + shock);
    const sides = [0, 1].map((s) => profile(rng, values, hour, s));
    const near = (name) => pair((s) => sides[s][name].slice(0, 10).reduce((a, b) => a + b, 0));
    const warm = 0.55 + 0.5 * Math.exp(-hour / 8);
    const moved = pair((s) => Math.round((shock === 0 ? 30_000 : s === 0 ? 4e6 : 2000) *
      Math.exp(0.9 * rng.normal())));
    const part = (from, low, spread) => pair((s) => Math.round(
      from[s === 0 ? 'long' : 'short'] * low * Math.exp(spread * rng.normal())));
    const error = warm + 0.05 * rng.normal() + 0.2 * Math.max(0, values.leverage - 10) / 10;
    return {
      time: iso(kBegin + (hour + 1) * kHourMs), mark: Math.round(mark),
      open_interest_usd: Math.round(1e8 * Math.exp(0.02 * rng.normal())),
      relative_l1: Number(Math.max(0.05, error).toFixed(4)),
      true_near_usd: near('truth'), near_usd: near('smooth'),
      true_liquidated_usd: moved, printed_usd: part(moved, 0.8, 0.1),
      expected_liquidation_usd: part(moved, 0.75, 0.5), sides,
    };
  });
}

export class Lab {
  constructor({ ms_per_hour = 200, now = () => performance.now() } = {}) {
    Object.assign(this, { ms_per_hour, now, runs: [], next: 1 });
  }

  // What has come to its end since the last look, and what begins then.
  settle() {
    for (;;) {
      const going = this.runs.find((run) => run.status === 'running');
      if (going !== undefined) {
        const over = going.began + going.request.hours * this.ms_per_hour;
        if (this.now() < over) return;
        going.status = 'done';
        going.hours_done = going.request.hours;
        this.begin(over);
      } else if (!this.begin(this.now())) {
        return;
      }
    }
  }

  begin(at) {
    const next = this.runs.findLast((run) => run.status === 'waiting');
    if (next === undefined) return false;
    Object.assign(next, { status: 'running', began: at });
    return true;
  }

  start(body) {
    this.settle();
    if (!kScenarios.some(({ name }) => name === body.scenario)) {
      return { status: 400, title: 'no such scenario', field: 'scenario', value: body.scenario };
    }
    for (const [name, value] of Object.entries(body.values ?? {})) {
      const field = kFields.find((one) => one.name === name);
      if (field === undefined || !(value >= field.least && value <= field.most)) {
        return { status: 400, title: 'out of bounds', field: `values.${name}`, value };
      }
    }
    const waiting = this.runs.filter((run) => run.status === 'waiting').length;
    if (waiting >= kWaitMost) return { status: 409, title: 'four runs wait already' };
    const request = { scenario: body.scenario, seed: body.seed ?? 1, hours: body.hours ?? 24,
      members: body.members ?? 64,
      values: body.values ?? {} };
    const run = { id: this.next, request, status: 'waiting', hours_done: 0, began: 0 };
    run.hours = hours_of(request);
    this.next += 1;
    this.runs.unshift(run);
    this.settle();
    const over = this.runs.filter(({ status }) => status !== 'waiting' && status !== 'running');
    const gone = over.slice(kKept);
    this.runs = this.runs.filter((one) => !gone.includes(one));
    return { run: this.summary_of(run) };
  }

  cancel(id) {
    this.settle();
    const run = this.find(id);
    if (run === undefined) return null;
    this.summary_of(run); // counts the hours that are done
    if (run.status === 'waiting' || run.status === 'running') run.status = 'cancelled';
    this.settle();
    return this.summary_of(run);
  }

  find(id) { return this.runs.find((run) => run.id === id); }

  summary_of(run) {
    const { request } = run;
    if (run.status === 'running') {
      run.hours_done = Math.min(request.hours,
        Math.floor((this.now() - run.began) / this.ms_per_hour));
    }
    const share = run.hours_done / request.hours;
    const left = (request.hours - run.hours_done) * this.ms_per_hour / 1000;
    return {
      id: run.id, ...request, status: run.status, share: Number(share.toFixed(4)),
      seconds_left: run.status === 'running' && run.hours_done > 0 ? Math.ceil(left) : null,
      problem: null,
    };
  }

  list() {
    this.settle();
    return { runs: this.runs.map((run) => this.summary_of(run)).reverse() };
  }

  body_of(run) {
    this.settle();
    const summary = this.summary_of(run);
    const hours = run.hours.slice(0, run.hours_done);
    const column = (name) => hours.map((one) => one[name]);
    const sides = (name) => pair((s) => hours.map((one) => one[name][s === 0 ? 'long' : 'short']));
    return {
      ...summary, hours_done: run.hours_done, time: column('time'), mark: column('mark'),
      open_interest_usd: column('open_interest_usd'), relative_l1: column('relative_l1'),
      true_near_usd: sides('true_near_usd'), near_usd: sides('near_usd'),
      true_liquidated_usd: sides('true_liquidated_usd'), printed_usd: sides('printed_usd'),
      expected_liquidation_usd: sides('expected_liquidation_usd'),
      newest: newest_of(hours.at(-1)),
    };
  }
}

function newest_of(hour) {
  if (hour === undefined) return null;
  const smooth = (factor) => pair((s) => hour.sides[s].smooth.map((usd, i) =>
    Math.round(usd * factor ** (0.4 + i / kBins))));
  return {
    time: hour.time, mark: hour.mark, bin_log: kBinLog,
    true_usd: pair((s) => hour.sides[s].truth), mean: smooth(1), p10: smooth(0.5),
    p90: smooth(1.8),
  };
}
