import { iso } from './answers.mjs';
import { kMinuteMs } from './market.mjs';
import { feeds_of } from './scorecard.mjs';

// The clock of the mock: a column every so often, or as fast as it goes until a time.

const kRunSliceMs = 30;
const kEndAfterMs = 3 * 86_400_000;

export class Ticker {
  constructor(tick, every_ms) {
    Object.assign(this, { tick, timer: null, is_running: false, speed: 0 });
    if (every_ms > 0) this.set_speed(kMinuteMs / every_ms);
  }

  set_speed(speed) {
    this.stop();
    this.speed = speed;
    if (speed > 0) this.timer = setInterval(this.tick, Math.max(20, kMinuteMs / speed));
  }

  // As many columns as fit into a slice of time, so that others are answered in between.
  run(is_there) {
    const speed = this.speed;
    this.stop();
    this.is_running = true;
    this.timer = setInterval(() => {
      const end = performance.now() + kRunSliceMs;
      while (!is_there() && performance.now() < end) this.tick();
      if (is_there()) this.set_speed(speed);
    }, 2 * kRunSliceMs);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.is_running = false;
  }
}

export function health_of(state) {
  const [market] = state.markets;
  const now = iso(market.time_of(market.column_end - 1));
  const { sick, has_bad_feeds } = state;
  const is_ok = sick === null && !has_bad_feeds;
  return {
    status: is_ok ? 'ok' : 'degraded', mode: 'demo', now, speed: state.ticker.speed,
    is_over: false, warm_up_share: null, model_version: 'density-6', version: 'mock',
    resumed: state.resumed,
    feeds: has_bad_feeds ? feeds_of(state.markets) : plain_feeds_of(state),
  };
}

function plain_feeds_of({ markets, sick }) {
  const [market] = markets;
  return markets.flatMap(({ venues }) => venues).map((instrument, i) => ({
    instrument, age_s: 4, readings: market.column_end, refused_readings: 0, completeness: 'all',
    is_stale: false, problem: i === 0 ? sick : null, gap_steps: 0, gap_share: 0,
    held_interest_steps: 0, is_throttled: false, resyncs: null,
  }));
}

export function clock_of(state) {
  const [market] = state.markets;
  return {
    now: iso(market.time_of(market.column_end - 1)), speed: state.ticker.speed, speed_max: 6000,
    begin: iso(market.first_column_ms), end: iso(state.began_ms + kEndAfterMs), is_over: false,
    is_hurrying: state.ticker.is_running, is_steerable: true, warm_up_share: null,
  };
}

export function steer(state, request, done) {
  let text = '';
  request.on('data', (part) => { text += part; }).on('end', () => {
    const { speed, run_to } = JSON.parse(text);
    if (speed !== undefined) state.ticker.set_speed(Math.min(speed, 6000));
    if (run_to !== undefined) {
      const [market] = state.markets;
      const end = Date.parse(run_to);
      state.ticker.run(() => market.time_of(market.column_end - 1) >= end);
    }
    done();
  });
}
