import { describe, expect, it, vi } from 'vitest';

import { level, ms, row_position, unix_ms, usd } from '../units/unit.ts';
import { clusters_of, with_moments } from './api_clusters.ts';
import { series_of } from './api_series.ts';
import { clock_of, health_of, map_of } from './api_types.ts';
import { ClockControl, run_progress } from './clock_control.ts';
import { boxes_of, history_as_of, next_pinned } from './cluster_boxes.ts';
import { profile_csv, series_csv } from './csv.ts';
import { SeriesStore } from './series_store.ts';
import { hash_of_view, view_of_hash } from './url_state.ts';
import {
  kDefaultView, kPaneNames, next_tier, toggle_all_panes, toggle_pane,
} from './view.ts';
import type { View } from './view.ts';

const first = unix_ms(1_764_547_200_000);
const iso = (minute: number): string => new Date(first + minute * 60_000).toISOString();
const at = (minute: number) => unix_ms(first + minute * 60_000);
const header = {
  model_version: 'density-6', as_of: iso(60), members: 8, is_simulated: true,
  coverage: [{ instrument: 'a:B', share: 1, feed: null, completeness: null, is_stale: false }],
  assumptions: [],
};

describe('series as of an earlier time', () => {
  const grid = { first_column: first, column_interval: ms(60_000) };
  const store = new SeriesStore(grid);
  const columns = Array.from({ length: 128 }, (_, i) => i);
  const block = (width: number) => {
    const index = columns.filter((i) => i % width === 0);
    const last = (i: number): number => i + width - 1;
    return series_of({
      index, open: index, high: index.map((i) => 1000 + last(i)), low: index.map((i) => i - 1000),
      close: index.map(last), taker_buy_usd: index.map(() => width),
      printed_usd: { long: index.map(() => 2 * width), short: index.map(() => null) },
    });
  };
  store.put({ level: level(0), chunk: 0 }, block(1));
  store.put({ level: level(4), chunk: 0 }, block(16));
  const range = { from: first, to: at(128) };

  it('holds nothing of later columns', () => {
    const cut = store.slice(level(4), range, { column_end: 37, is_cut: true });
    expect(cut.times).toEqual([at(0), at(16), at(32)]);
    expect(cut.fields.close).toEqual([15, 31, 36]);
    expect(cut.fields.high).toEqual([1015, 1031, 1036]);
    expect(cut.fields.low).toEqual([-1000, -984, -968]);
    expect(cut.fields.taker_buy_usd).toEqual([16, 16, 5]);
    expect(cut.fields['printed_usd.long']).toEqual([32, 32, 10]);
    expect(cut.fields['printed_usd.short'][2]).toBeNaN();
  });
  it('asks for the finer texels that the last one is made of', () => {
    const keys = store.chunks_in(level(4), range, { column_end: 37, is_cut: true });
    expect(keys).toEqual([{ level: 4, chunk: 0 }, { level: 0, chunk: 0 }]);
    expect(store.chunks_in(level(4), range, { column_end: 48, is_cut: true }).length).toBe(1);
  });
  it('leaves the last texel unknown until they are here', () => {
    const bare = new SeriesStore(grid);
    bare.put({ level: level(4), chunk: 0 }, block(16));
    const cut = bare.slice(level(4), range, { column_end: 37, is_cut: true });
    expect(cut.fields.close.slice(0, 2)).toEqual([15, 31]);
    expect(cut.fields.close[2]).toBeNaN();
  });
});

const history = (id: number, more: object = {}) => ({
  id, side: 'long', price_low: 90, price_high: 95, price_peak: 92, born: iso(10), age_s: 3000,
  fate: 'alive', ended: null, born_usd: 100, most_usd: 400, last_usd: 300, fed_usd: 260,
  fed_usd_per_hour: 20,
  moments: { as_of: [iso(10), iso(30), iso(60)], notional_at_risk_usd: [100, 400, 300],
    fed_usd: [0, 250, 10] },
  ...more,
});
const cluster = { side: 'long', price_low: 91, price_high: 96, price_peak: 93,
  notional_at_risk_usd: 500, density_interval: { mean: 500, p10: 200, p50: 480, p90: 900 },
  expected_liquidation_usd: 190 };
const all = clusters_of({ header, clusters: [cluster, { ...cluster, side: 'short' }],
  cluster_histories: [history(1), history(2, { price_low: 80, price_high: 85, price_peak: 82,
    fate: 'eaten', ended: iso(60) })] });

describe('clusters', () => {
  it('of the newest column go with the history they share most prices with', () => {
    const boxes = boxes_of(all.clusters, all.histories, null);
    expect(boxes.map((one) => [one.id, one.usd, one.cluster?.notional_at_risk_usd])).toEqual(
      [[1, 300, 500], [2, 300, undefined], [null, 500, 500]]);
    expect(boxes[1]?.to).toBe(at(60));
  });
  it('say of an earlier time what was known then', () => {
    const [alive, ended] = all.histories;
    if (alive === undefined || ended === undefined) throw new Error('two histories');
    expect(history_as_of(alive, at(9))).toBeNull();
    expect(history_as_of(ended, at(60))).toBe(ended);
    const then = history_as_of(ended, at(45));
    expect(then).toMatchObject({ fate: 'alive', ended: null, last_usd: 400, most_usd: 400,
      fed_usd: 250, age: 35 * 60_000 });
    expect(history_as_of({ ...ended, fed_usd: usd(9999) }, at(45))?.fed_usd).toBeNull();
    const boxes = boxes_of(all.clusters, all.histories, at(20));
    expect(boxes.map((one) => [one.id, one.usd, one.cluster])).toEqual(
      [[1, 100, null], [2, 100, null]]);
  });
  it('are pinned one after the other by price, the largest first', () => {
    const boxes = boxes_of([], clusters_of({ header, clusters: [], cluster_histories: [
      history(1), history(2, { price_peak: 99, last_usd: 900 }), history(3, { price_peak: 80 }),
    ] }).histories, null);
    expect(next_pinned(boxes, null, 1)).toBe(2);
    expect(next_pinned(boxes, 2, 1)).toBe(3);
    expect(next_pinned(boxes, 3, 1)).toBe(1);
    expect(next_pinned(boxes, 3, -1)).toBe(2);
    expect(next_pinned([], 2, 1)).toBeNull();
  });
  it('with a fate that no document knows are refused', () => {
    expect(() => clusters_of({ header, clusters: [], cluster_histories: [
      history(1, { fate: 'sold' })] })).toThrow('fate');
  });
});

describe('clusters of the stream', () => {
  it('keep their moments and get one more', () => {
    const { moments: _, ...bare } = history(1, { age_s: 3600, last_usd: 350, fed_usd: 300 });
    const fresh = clusters_of({ header, clusters: [], cluster_histories: [bare] }).histories;
    const [joined] = with_moments(fresh, all.histories, ms(60_000));
    expect(joined?.moments.map((one) => one.usd)).toEqual([100, 400, 300, 350]);
    expect(joined?.moments.at(-1)).toMatchObject({ as_of: at(70), fed_usd: 40 });
    expect(with_moments(fresh, [], ms(60_000))[0]?.moments).toEqual([]);
  });
  it('are thinned on a page that is left open as the service does, and keep what came in', () => {
    const told = (minute: number, moments?: object) => clusters_of({ header, clusters: [],
      cluster_histories: [history(1, { born: iso(0), age_s: 60 * minute, last_usd: minute,
        fed_usd: 2 * minute, moments })] }).histories;
    let kept = told(0, { as_of: [iso(0)], notional_at_risk_usd: [0], fed_usd: [0] });
    for (let minute = 1; minute <= 5003; minute += 1) {
      kept = with_moments(told(minute), kept, ms(60_000));
      expect(kept[0]?.moments.length).toBeLessThanOrEqual(201);
    }
    const moments = kept[0]?.moments ?? [];
    const every_32 = Array.from({ length: 157 }, (_, i) => 32 * i);
    expect(moments.map((one) => one.usd)).toEqual([...every_32, 5003]);
    expect(moments.map((one) => one.as_of)).toEqual(moments.map((one) => at(one.usd)));
    expect(moments.reduce((sum, one) => sum + (one.fed_usd ?? NaN), 0)).toBe(2 * 5003);
    const one_time = kept[0] === undefined ? null : history_as_of(kept[0], at(64));
    expect(one_time).toMatchObject({ last_usd: 64, fed_usd: 128 });
  });
  it('of which columns were left out keep what the service keeps of the others', () => {
    const told = (minute: number, moments?: object) => clusters_of({ header, clusters: [],
      cluster_histories: [history(1, { born: iso(0), age_s: 60 * minute, last_usd: minute,
        fed_usd: minute, moments })] }).histories;
    const is_missed = (minute: number): boolean => minute % 7 === 3 || minute === 640 ||
      (minute > 1000 && minute < 1300);
    let kept = told(0, { as_of: [iso(0)], notional_at_risk_usd: [0], fed_usd: [0] });
    for (let minute = 1; minute <= 5003; minute += 1) {
      if (is_missed(minute)) continue;
      kept = with_moments(told(minute), kept, ms(60_000));
      const stride = 2 ** Math.max(0, Math.floor(Math.log2(minute / 200)) + 1);
      const count = Math.floor(minute / stride) + 1;
      const of_service = Array.from({ length: count }, (_, i) => stride * i)
        .filter((one) => !is_missed(one) && one < minute);
      expect(kept[0]?.moments.map((one) => one.usd)).toEqual([...of_service, minute]);
    }
    expect(kept[0]?.moments.reduce((sum, one) => sum + (one.fed_usd ?? NaN), 0)).toBe(5003);
  });
  it('that are born on the page begin with their birth', () => {
    const told = (minute: number) => clusters_of({ header, clusters: [], cluster_histories: [
      (({ moments: _, ...bare }) => bare)(history(1, { born: iso(0), age_s: 60 * minute,
        born_usd: 100, last_usd: 100 + minute, fed_usd: minute }))] }).histories;
    const kept = with_moments(told(1), with_moments(told(0), [], ms(60_000)), ms(60_000));
    expect(kept[0]?.moments).toEqual([
      { as_of: at(0), usd: 100, fed_usd: 0 }, { as_of: at(1), usd: 101, fed_usd: 1 }]);
  });
});

describe('the clock', () => {
  const body = { now: iso(0), speed: 0, speed_max: 6000, begin: iso(-60), end: iso(600),
    is_over: false, is_steerable: true };
  it('runs to a time, no farther than its end, and can be stopped', async () => {
    const posted: unknown[] = [];
    let now = 0;
    const control = new ClockControl({
      api: {
        json: async () => ({ ...body, now: iso(now) }),
        send: async (_, __, said) => { posted.push(said); return {}; },
      },
      sleep: async () => { now += 200; },
      now_ms: () => 0,
    });
    await control.load();
    await control.run_to(at(5000));
    expect(posted).toEqual([{ run_to: '2025-12-01T10:00:00Z' }]);
    expect(control.run.value).toBeNull();
    expect(control.clock.value?.now).toBe(at(600));
    await control.set_speed(60);
    expect(posted.at(-1)).toEqual({ speed: 60 });
  });
  it('says what was refused', async () => {
    const control = new ClockControl({
      api: { json: vi.fn(async () => body), send: async () => { throw new Error('not here'); } },
      sleep: async () => undefined,
      now_ms: () => 0,
    });
    await control.load();
    await control.run_to(at(60));
    expect(control.problem.value).toBe('not here');
    expect(control.run.value).toBeNull();
  });
  it('is not there in a service without one', async () => {
    const control = new ClockControl({
      api: { json: async () => { throw new Error('404'); }, send: async () => ({}) },
      sleep: async () => undefined,
      now_ms: () => 0,
    });
    await control.load();
    expect(control.clock.value).toBeNull();
    expect(() => clock_of({ ...body, now: 'x' })).toThrow('clock.now');
  });
  it('knows how long the rest takes once something is done', () => {
    const run = { from: at(0), to: at(100), began_ms: 1000 };
    expect(run_progress(run, at(0), 2000)).toEqual({ share: 0, left_ms: null });
    expect(run_progress(run, at(25), 3000)).toEqual({ share: 0.25, left_ms: 6000 });
  });
});

describe('health', () => {
  it('has feeds and what was missed', () => {
    const health = health_of({ status: 'degraded', mode: 'replay', now: iso(0), speed: 0,
      is_over: true, warm_up_share: 0.25, version: '1',
      resumed: { from: iso(-9), columns: 5, seconds_missed: 540, note: null },
      feeds: [{ instrument: 'a:B', age_s: 3.5, readings: 7, refused_readings: 1,
        completeness: 'all', is_stale: true, problem: 'silent' }] });
    expect(health.resumed).toMatchObject({ missed: 540_000, note: null });
    expect(health.feeds[0]).toMatchObject({ age: 3500, is_stale: true, problem: 'silent' });
    expect(health).toMatchObject({ is_over: true, warm_up_share: 0.25 });
  });
});

describe('text for other programs', () => {
  const column = map_of({ header, as_of: iso(60), index: 60, mark: 100, open_interest_usd: null,
    near: [], long: { first_row: 4500, notional_at_risk_usd: [0, 7], density_interval: null },
    short: { first_row: 4700, notional_at_risk_usd: [9], density_interval: { p10: [1], p50: [8],
      p90: [20] } } });
  it('says what it is, and leaves empty what is not known', () => {
    const text = profile_csv(column, 'a:B');
    expect(text).toContain('# model_version: density-6, members: 8\n');
    expect(text).toContain('# as_of: 2025-12-01T01:00:00Z, mark: 100\n');
    expect(text).toMatch(/\nlong,90\.1071\d+,90\.1973\d+,7,,,\n/);
    expect(text).toMatch(/\nshort,109\.947\d+,110\.057\d+,9,1,8,20\n$/);
    const store = new SeriesStore({ first_column: first, column_interval: ms(60_000) });
    store.put({ level: level(0), chunk: 0 }, series_of({ index: [0], open: [94841.70000000001] }));
    const slice = store.slice(level(0), { from: first, to: at(1) },
      { column_end: 1, is_cut: false });
    expect(series_csv(slice, column, 'a:B')).toMatch(/\n2025-12-01T00:00:00Z,94841.7,,,,,/);
  });
});

describe('the view', () => {
  it('has all that is new in its address', () => {
    const view: View = {
      ...kDefaultView, instrument: 'a:B', time: { from: unix_ms(0), to: at(0) },
      tier: 'over-10', has_hindsight: true, as_of: at(7), pace: 0, pinned: 12,
      hidden_panes: ['cvd', 'near'], rows: { low: row_position(1), high: row_position(2) },
    };
    const back = view_of_hash(hash_of_view(view));
    for (const name of ['tier', 'has_hindsight', 'as_of', 'pace', 'pinned', 'hidden_panes'] as
      const) expect(back[name]).toEqual(view[name]);
    for (const bad of ['#tier=7', '#as_of=now', '#pace=3', '#cluster=-1', '#nopane=x']) {
      expect(view_of_hash(bad)).toEqual(kDefaultView);
    }
  });
  it('goes round the tiers and the panes', () => {
    expect(['all', '0-2', '2-5', '5-10', 'over-10'].reduce((view: View) => next_tier(view),
      kDefaultView).tier).toBe('all');
    const none = toggle_all_panes(toggle_pane(kDefaultView, 'cvd'));
    expect(none.hidden_panes).toEqual([...kPaneNames]);
    expect(toggle_all_panes(none).hidden_panes).toEqual([]);
    expect(toggle_pane(toggle_pane(kDefaultView, 'cvd'), 'cvd').hidden_panes).toEqual([]);
  });
});

