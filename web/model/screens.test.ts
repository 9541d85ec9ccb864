import { describe, expect, it, vi } from 'vitest';

import { ApiClient } from './api_client.ts';
import {
  base_value, body_of_form, bounds_of, form_of_query, form_of_run, held_text, kDefaultForm,
  query_of_form, set_arm, set_number, set_scenario, set_value, value_in,
} from './lab_form.ts';
import { LabSession } from './lab_session.ts';
import { hours_csv, run_csv } from './csv.ts';
import { arms_of_claim, fields_of, is_arm, run_of, runs_of, scenarios_of } from './lab_types.ts';
import { Resource, once_a_body } from './resource.ts';
import {
  align, both_of, differences, hours_of, mean_of, near_ratio, sum_of,
} from './run_compare.ts';
import { map_part_of, page_hash, screen_of_hash } from './screen.ts';
import { hours_shown, query_of_scorecard, scorecard_view_of_query } from './scorecard_session.ts';
import {
  bins_of_hours, both_sides, ratio_of, scorecard_of, service_health_of, sum_of_hours,
} from './scorecard_types.ts';
import {
  kSliderSteps, moved_value, place_of_value, slider_scale_of, value_of_place,
} from './slider_scale.ts';
import { studies_of, study_of } from './study_types.ts';
import { usd } from '../units/unit.ts';
import type { Field, Run } from './lab_types.ts';

const kHeader = { model_version: 'density-6', as_of: '2025-12-01T00:00:00Z', is_simulated: true,
  members: 64, coverage: [], assumptions: [] };
const sides = (long: unknown, short: unknown) => ({ long, short });

describe('the address of a screen', () => {
  it('keeps the map\'s part as it is', () => {
    const own = new URLSearchParams({ scenario: 'hunters', set: 'readers.hunters:4' });
    const hash = page_hash('lab', own, '#i=simulated:BTCUSDT&span=1d');
    expect(hash).toBe('#screen=lab&scenario=hunters&set=readers.hunters:4' +
      '&i=simulated:BTCUSDT&span=1d');
    expect(screen_of_hash(hash)).toBe('lab');
    expect(map_part_of(hash)).toBe('#i=simulated:BTCUSDT&span=1d');
    expect(page_hash('map', own, '#span=1d')).toBe('#span=1d');
  });
  it('is the map where it says nothing that is known', () => {
    for (const hash of ['', '#', '#screen=', '#screen=stress', '#span=1d', '#%%%']) {
      expect(screen_of_hash(hash)).toBe('map');
    }
  });
  it('says which hours of the scorecard', () => {
    const view = scorecard_view_of_query(new URLSearchParams('last=3d&of=long'));
    expect(view).toEqual({ last: '3d', side: 'long' });
    expect(query_of_scorecard(view).toString()).toBe('last=3d&of=long');
    expect(scorecard_view_of_query(new URLSearchParams('last=9y&of=up')))
      .toEqual({ last: 'all', side: 'both' });
  });
});

describe('the scorecard', () => {
  const hour = (time: string, long: number | null, printed: number) => ({
    time, columns: 60, expected_liquidation_usd: sides(long, 10), printed_usd: sides(printed, 5),
    crossed_usd: sides(100, null),
  });
  const body = {
    header: kHeader,
    hours: [hour('2025-12-01T01:00:00Z', 40, 50), hour('2025-12-01T02:00:00Z', null, 7),
      hour('2025-12-01T04:00:00Z', 2, 3)],
    totals: hour('2025-12-01T04:00:00Z', 42, 60),
    liquidation_intervals: { nominal: 0.8, count: 10, inside: 7 },
    columns: { interval_s: 60, count: 12, log_ratio_mean: null, correlation: null },
  };
  it('is read with null where nothing is known', () => {
    const card = scorecard_of(body);
    expect(card.hours.length).toBe(3);
    expect(card.hours[1]?.expected).toEqual({ long: null, short: 10 });
    expect(card.hours[0]?.crossed.short).toBeNull();
    expect(card.intervals).toEqual({ nominal: 0.8, count: 10, inside: 7 });
    expect(card.columns).toEqual(
      { interval_s: 60, count: 12, log_ratio_mean: null, correlation: null });
  });
  it('may lack all but its header and hours', () => {
    const card = scorecard_of({ header: kHeader, hours: [] });
    expect(card.totals.expected).toEqual({ long: null, short: null });
    expect(card.intervals).toEqual({ nominal: null, count: 0, inside: 0 });
    expect(() => scorecard_of({ header: kHeader })).toThrow('hours');
    expect(() => scorecard_of({ header: kHeader, hours: [{ time: 'now' }] })).toThrow('time');
  });
  it('is summed without taking the unknown for zero', () => {
    const { hours } = scorecard_of(body);
    const sum = sum_of_hours(hours);
    expect(sum.expected).toEqual({ long: 42, short: 30 });
    expect(sum.crossed).toEqual({ long: 300, short: null });
    expect(both_sides(sum.printed)).toBe(75);
    expect(ratio_of(usd(75), both_sides(sum.expected))).toBeCloseTo(75 / 72, 12);
    expect(ratio_of(usd(75), usd(0))).toBeNull();
    expect(sum_of_hours([]).printed.long).toBeNull();
    expect(hours_shown(hours, '24h').length).toBe(3);
  });
  it('is put together by the clock', () => {
    const { hours } = scorecard_of(body);
    expect(bins_of_hours(hours, 3).map((bin) => bin.hours)).toEqual([1, 1, 1]);
    const bins = bins_of_hours(hours, 2);
    expect(bins.map(({ from, time, printed }) =>
      [new Date(from).getUTCHours(), new Date(time).getUTCHours(), printed.long]))
      .toEqual([[0, 2, 57], [2, 4, 3]]);
  });
  it('is text for other programs', () => {
    const card = scorecard_of(body);
    const lines = hours_csv(card, card.hours.slice(0, 2), 'a:B').split('\n');
    expect(lines[0]).toBe('# Faultline, scorecard, a:B, a simulated market');
    expect(lines[4]).toBe('time,columns,expected_liquidation_usd.long,' +
      'expected_liquidation_usd.short,printed_usd.long,printed_usd.short,crossed_usd.long,' +
      'crossed_usd.short');
    expect(lines.slice(5)).toEqual(['2025-12-01T01:00:00Z,60,40,10,50,5,100,',
      '2025-12-01T02:00:00Z,60,,10,7,5,100,', '']);
  });
});

describe('feeds', () => {
  it('are told of as far as they are known', () => {
    const health = service_health_of({
      status: 'degraded', mode: 'demo', now: '2025-12-01T00:00:00Z',
      resumed: { from: '2025-11-30T23:00:00Z', columns: 9, seconds_missed: 40, note: 'as before' },
      feeds: [{ instrument: 'a:b', age_s: 3, readings: 9, refused_readings: 1, is_stale: true,
        completeness: 'all', problem: null, gap_steps: 4, gap_share: 0.02,
        held_interest_steps: 0, is_throttled: true, resyncs: null }, { instrument: 'c:d' }],
    });
    expect(health.resumed).toBe('40 seconds were missed; as before');
    expect(health.feeds[0]).toMatchObject({ refused: 1, is_stale: true, problem: null,
      gap_steps: 4, gap_share: 0.02, held_interest_steps: 0, is_throttled: true, resyncs: null });
    expect(health.feeds[1]).toMatchObject({ age_s: null, completeness: 'unknown', gap_steps: null,
      gap_share: null, held_interest_steps: null, is_throttled: null, resyncs: null });
  });
});

describe('studies', () => {
  const estimate = { value: 0.2, low: 0.1, high: 0.3 };
  it('are listed, with their name where there is no title', () => {
    expect(studies_of({ studies: [{ name: 'claims' }] })).toEqual(
      [{ name: 'claims', title: 'claims' }]);
  });
  it('of claims have verdicts and what judges', () => {
    const study = study_of({ study: 'claims', claims: [{ number: 1, statement: 'It is so.',
      verdict: 'undecided', parts: [{ what: 'a', estimate, expected: 'above 0' },
        { what: 'b', estimate: null }] }] });
    if (study.kind !== 'claims') throw new Error(study.kind);
    expect(study.claims[0]?.parts.map(({ expected }) => expected)).toEqual(['above 0', null]);
    expect(study.claims[0]?.parts[1]?.estimate).toBeNull();
  });
  it('of recovery and skill may lack numbers', () => {
    const recovery = study_of({ study: 'recovery', scenarios: [{ name: 'x', targets: [
      { map: 'faultline_full', most: 0.12, is_met: true }], maps: { faultline_full: {
      excess_l1_5: estimate, coverage_80: null } } }] });
    if (recovery.kind !== 'recovery') throw new Error(recovery.kind);
    expect(recovery.scenarios[0]?.full).toEqual({ excess_l1: estimate, bias: null,
      coverage_80: null, intensity_coverage_80: null });
    const skill = study_of({ study: 'map_skill', windows: [{ name: 'primary', scores: [
      { contestant: 'b1', timing: 'in_hour', is_placebo: true, r_squared: estimate }],
    liquidation_interval: [{ contestant: 'faultline', bands: [
      { level: 0.8, coverage: estimate }] }] }] });
    if (skill.kind !== 'map_skill') throw new Error(skill.kind);
    expect(skill.windows[0]?.scores[0]).toMatchObject({ is_in_hour: true, is_placebo: true });
    expect(skill.windows[0]?.bands[0]).toMatchObject({ level: 0.8, coverage_long: null });
  });
  it('that are not known are no error', () => {
    expect(study_of({ study: 'location' })).toEqual({ kind: 'other', problem: null });
    expect(study_of({ study: 'claims', claims: [{}] })).toMatchObject({ kind: 'other' });
    expect(study_of([])).toMatchObject({ kind: 'other' });
  });
});

const field = (name: string, least: number, most: number, usual: number): Field =>
  ({ name, about: '', least, most, default: usual, is_whole: false, is_slider: true });
const kLeverage = field('holders.leverage_median', 1, 125, 8);
const kHunters = { ...field('readers.hunters', 0, 1000, 0), is_whole: true };
const kDepth = field('makers.depth_usd_per_percent', 1000, 1e11, 1e7);
const kBias = field('holders.long_bias', -5, 5, 0);

describe('a slider', () => {
  it('is logarithmic where the most is a hundred times the least', () => {
    expect(slider_scale_of(kDepth).kind).toBe('log');
    expect(slider_scale_of(kLeverage).kind).toBe('log');
    expect(slider_scale_of({ ...kLeverage, most: 100 }).kind).toBe('linear');
    expect(slider_scale_of(kBias).kind).toBe('linear');
    expect(slider_scale_of(kHunters).kind).toBe('log_from_zero');
    expect(place_of_value({ kind: 'log' }, kDepth, 1e7)).toBeCloseTo(0.5, 12);
  });
  it('moves with every step of an arrow key, to its ends and back', () => {
    for (const one of [kLeverage, kHunters, kDepth, kBias]) {
      const scale = slider_scale_of(one);
      for (const step of [1, -1]) {
        let value = step > 0 ? one.least : one.most;
        for (let i = 0; i < 400 && value !== (step > 0 ? one.most : one.least); i += 1) {
          const shown = Math.round(place_of_value(scale, one, value) * kSliderSteps);
          const place = Math.min(kSliderSteps, Math.max(0, shown + step)) / kSliderSteps;
          const next = moved_value(scale, one, value, place);
          expect(step * (next - value), `${one.name} at ${value}`).toBeGreaterThan(0);
          value = next;
        }
        expect(value).toBe(step > 0 ? one.most : one.least);
      }
    }
  });
  it('comes back to where it was, and never out of its bounds', () => {
    for (const one of [kLeverage, kHunters, kDepth, kBias]) {
      const scale = slider_scale_of(one);
      expect(value_of_place(scale, one, 0)).toBe(one.least);
      expect(value_of_place(scale, one, 1)).toBe(one.most);
      let before = one.least;
      for (let place = 0; place <= 1; place += 1 / 64) {
        const value = value_of_place(scale, one, place);
        expect(value).toBeGreaterThanOrEqual(before);
        const again = value_of_place(scale, one, place_of_value(scale, one, value));
        expect(again).toBeCloseTo(value, 9);
        before = value;
      }
      expect(place_of_value(scale, one, one.most * 9)).toBe(1);
    }
    expect(value_of_place(slider_scale_of(kHunters), kHunters, 0.31) % 1).toBe(0);
    expect(place_of_value({ kind: 'linear' }, field('a', 3, 3, 3), 3)).toBe(0);
  });
});

describe('the form of an experiment', () => {
  const hunters = { name: 'hunters', about: '', values: { 'readers.hunters': 4 },
    venues: null, claims: [] };
  it('keeps what differs from the scenario', () => {
    let form = set_scenario(kDefaultForm, 'hunters');
    expect(base_value(kHunters, hunters)).toBe(4);
    form = set_value(form, kHunters, hunters, 9);
    expect(value_in(form, kHunters, hunters)).toBe(9);
    expect(body_of_form(form, 'hunters')).toEqual({ scenario: 'hunters', seed: 1, hours: 24,
      members: 64, values: { 'readers.hunters': 9 } });
    form = set_value(form, kHunters, hunters, 4);
    expect(form.values).toEqual({});
    expect(set_value(form, kHunters, hunters, 1e9).values).toEqual({ 'readers.hunters': 1000 });
    expect(set_value(form, kHunters, hunters, Number.NaN)).toBe(form);
    expect(set_number(form, 'hours', 1e6).hours).toBe(168);
    expect(set_number(form, 'hours', Number.NaN)).toBe(form);
    expect(set_value(form, kHunters, hunters, 7.4).values).toEqual({ 'readers.hunters': 7 });
    expect(set_value(form, kBias, hunters, 0.4).values).toEqual({ 'holders.long_bias': 0.4 });
    expect(set_scenario({ ...form, values: { a: 1 } }, 'balanced').values).toEqual({});
  });
  it('says what may be asked for, where it takes something else', () => {
    expect(held_text('hours', bounds_of('hours'), 12)).toBeNull();
    for (const value of [0, 2.5, 169, Number.NaN]) {
      expect(held_text('hours', bounds_of('hours'), value)).toBe(
        'hours: a whole number from 1 to 168');
    }
    expect(held_text('long bias', kBias, 0.4)).toBeNull();
    expect(held_text('long bias', kBias, 6)).toBe('long bias: a number from −5 to 5');
  });
  it('is in the address, and is read from it with care', () => {
    const form = { scenario: 'hunters', seed: 3, hours: 48, members: 64,
      values: { 'readers.hunters': 9, 'value.news_size': 0.015 } };
    expect(form_of_query(query_of_form(form))).toEqual(form);
    expect(form_of_query(new URLSearchParams('seed=-1&hours=x&set=a:,:3,b:1e999,c:2')))
      .toEqual({ ...kDefaultForm, values: { c: 2 } });
  });
  it('takes an arm with the seed and hours of the study, and says so in the address', () => {
    for (const name of ['arm: thin book', 'arm: 12 % news']) {
      const form = set_arm({ scenario: 'hunters', seed: 3, hours: 48, members: 32,
        values: { 'readers.hunters': 9 } }, name);
      expect(form).toEqual({ scenario: name, seed: 101, hours: 24, members: 32, values: {} });
      const hash = page_hash('lab', query_of_form(form), '#span=1d');
      expect(form_of_query(new URLSearchParams(hash.slice(1)))).toEqual(form);
      expect(map_part_of(hash)).toBe('#span=1d');
    }
  });
});

const run_body = (more: object = {}): object => ({
  id: 7, scenario: 'hunters', seed: 1, hours: 3, values: { 'readers.hunters': 9 },
  status: 'running', share: 0.5, seconds_left: null, problem: null, hours_done: 2,
  time: ['2025-12-01T01:00:00Z', '2025-12-01T02:00:00Z'], mark: [1, 2],
  relative_l1: [0.5, null], true_near_usd: sides([100, 0], [100, 0]),
  near_usd: sides([80, 5], [80, 5]), true_liquidated_usd: sides([1, 2], [3, null]),
  printed_usd: sides([], []),
  newest: { time: '2025-12-01T02:00:00Z', mark: 2, bin_log: 0.005, true_usd: sides([1], [2]),
    mean: sides([3], [4]), p10: null, p90: null },
  ...more,
});

describe('a run', () => {
  it('is read, also before its first hour', () => {
    const run = run_of(run_body());
    expect(run.id).toBe('7');
    expect(run.newest?.sides.short).toEqual({ truth: [2], mean: [4], p10: null, p90: null });
    expect(run.expected.long).toEqual([]);
    const bare = run_of({ id: 'a', scenario: 's', seed: 1, hours: 1, status: 'waiting' });
    expect(bare).toMatchObject({ share: 0, time: [], newest: null, values: {} });
    expect(() => run_of(run_body({ status: 'asleep' }))).toThrow('status');
    expect(runs_of({ runs: [run_body({ problem: { detail: 'no memory' } })] })[0]?.problem)
      .toBe('no memory');
    expect(runs_of({ runs: [9, 11, 10].map((id) => run_body({ id })) }).map(({ id }) => id))
      .toEqual(['11', '10', '9']);
  });
  it('has a ratio only where there is truth', () => {
    const run = run_of(run_body());
    expect(near_ratio(run)).toEqual([0.8, null]);
    expect(both_of(run.true_liquidated)).toEqual([4, null]);
    expect(sum_of(run.true_liquidated)).toBe(6);
    expect(sum_of(run.printed)).toBeNull();
    expect(mean_of(run.relative_l1)).toBe(0.5);
    expect(mean_of([])).toBeNull();
    expect(hours_of(run)).toEqual([0, 1]);
  });
  it('fills the form again', () => {
    expect(form_of_run(run_of(run_body()), kDefaultForm)).toEqual({ scenario: 'hunters', seed: 1,
      hours: 3, members: 64, values: { 'readers.hunters': 9 } });
  });
  it('is text for other programs', () => {
    const lines = run_csv(run_of(run_body())).split('\n');
    expect(lines[0]).toBe('# Faultline, run 7 of the lab, hunters, a simulated market');
    expect(lines[2]).toBe('# changed: readers.hunters = 9');
    expect(lines[5]).toMatch(/^time,relative_l1,true_near_usd.long,true_near_usd.short,near_usd/);
    expect(lines.slice(6)).toEqual(['2025-12-01T01:00:00Z,0.5,100,100,80,80,1,3,,,,',
      '2025-12-01T02:00:00Z,,0,0,5,5,2,,,,,', '']);
    expect(run_csv(run_of(run_body({ values: {} })))).toMatch(/# changed: nothing\n/);
  });
  it('is compared hour by hour and value by value', () => {
    expect(align([{ at: [0, 1], values: [5, 6] }, { at: [1, 2], values: [7, null] }])).toEqual(
      { at: [0, 1, 2], values: [[5, 6, null], [null, 7, null]] });
    const scenarios = [
      { name: 'hunters', about: '', values: { 'holders.leverage_median': 14 }, venues: 1,
        claims: [] },
      { name: 'calm', about: '', values: {}, venues: null, claims: [] }];
    const runs = [run_of(run_body()), run_of(run_body({ scenario: 'calm', values: {} }))];
    expect(differences(runs, scenarios, [kLeverage, kHunters, kBias])).toEqual([
      { name: 'holders.leverage_median', values: [14, 8] },
      { name: 'readers.hunters', values: [9, 0] },
    ]);
  });
  it('is chosen from scenarios and fields', () => {
    const body = { name: 'a', values: { x: 1, y: 'no' }, claims: [2, 7] };
    expect(scenarios_of({ scenarios: [body] })).toEqual(
      [{ name: 'a', about: '', values: { x: 1 }, venues: null, claims: [2, 7] }]);
    for (const claims of [undefined, null, 2, '2', [2.5], ['2'], [null]]) {
      expect(() => scenarios_of({ scenarios: [{ name: 'a', claims }] })).toThrow('claims');
    }
    expect(fields_of({ fields: [{ name: 'a', least: 0, most: 1, default: 0 }] })[0]?.is_slider)
      .toBe(false);
    expect(() => fields_of({ fields: [{ name: 'a', least: 0, most: 1 }] })).toThrow('default');
  });
  it('is one of an arm where a claim was tried on it', () => {
    const all = scenarios_of({ scenarios: [{ name: 'a', claims: [] }, { name: 'b', claims: [2, 7] },
      { name: 'c', claims: [7] }] });
    expect(all.map(is_arm)).toEqual([false, true, true]);
    expect([2, 7, 8].map((claim) => arms_of_claim(all, claim).map(({ name }) => name)))
      .toEqual([['b'], ['b', 'c'], []]);
  });
});

describe('what is read again and again', () => {
  it('keeps the old value when a reading fails', async () => {
    const answers: (number | Error)[] = [1, new Error('gone'), 2];
    const one = new Resource(async () => {
      const answer = answers.shift();
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    });
    expect(one.phase.value).toBe('idle');
    const first = one.load();
    expect(one.phase.value).toBe('loading');
    await first;
    await one.load();
    expect([one.value.value, one.phase.value, one.problem.value]).toEqual([1, 'failed', 'gone']);
    await one.load();
    expect([one.value.value, one.problem.value]).toEqual([2, null]);
    one.clear();
    expect([one.value.value, one.phase.value]).toEqual([null, 'idle']);
  });
  it('lets only the newest reading count', async () => {
    const open: ((value: number) => void)[] = [];
    const one = new Resource(() => new Promise<number>((done) => { open.push(done); }));
    const readings = [one.load(), one.load()];
    open[1]?.(2);
    open[0]?.(1);
    expect(await Promise.all(readings)).toEqual([false, true]);
    expect(one.value.value).toBe(2);
  });
  it('is made of a body once', () => {
    const read = vi.fn((body: unknown) => [body]);
    const once = once_a_body(read);
    const body = {};
    expect(once(body)).toBe(once(body));
    expect(read).toHaveBeenCalledTimes(1);
  });
});

const kHuntersBody = { scenarios: [{ name: 'hunters', values: {}, claims: [] }] };

// A service of three runs at most, in a few lines.
function lab_of(answers: Record<string, () => unknown>) {
  const asked: string[] = [];
  const api = new ApiClient({
    base: '', sleep: async () => undefined, random: () => 0,
    fetch: async (url, init) => {
      const name = `${init.method ?? 'GET'} ${url}`;
      asked.push(name);
      const answer = answers[name]?.();
      if (answer === undefined) {
        return new Response(JSON.stringify({ detail: 'full', field: 'hours' }), { status: 409 });
      }
      return new Response(JSON.stringify(answer), { status: 200 });
    },
  });
  return { lab: new LabSession(api, kDefaultForm), asked };
}

describe('the lab', () => {
  it('reads a run once a second until it is over', async () => {
    vi.useFakeTimers();
    let status = 'running';
    const run = () => run_body({ status });
    const { lab, asked } = lab_of({
      'GET /v1/lab/scenarios': () => kHuntersBody,
      'GET /v1/lab/fields': () => ({ fields: [] }),
      'GET /v1/lab/runs': () => ({ runs: [run()] }), 'GET /v1/lab/runs/7': run,
    });
    lab.open();
    await vi.advanceTimersByTimeAsync(3500);
    const watched = lab.watched.value as Run;
    expect([watched.id, watched.status]).toEqual(['7', 'running']);
    const count = () => asked.filter((one) => one === 'GET /v1/lab/runs/7').length;
    expect(count()).toBe(4);
    status = 'done';
    await vi.advanceTimersByTimeAsync(1000);
    expect(lab.watched.value?.status).toBe('done');
    const after = count();
    await vi.advanceTimersByTimeAsync(5000);
    expect(count()).toBe(after);
    lab.close();
    const all = asked.length;
    await vi.advanceTimersByTimeAsync(9000);
    expect(asked.length).toBe(all);
    vi.useRealTimers();
  });
  it('says what the service did not like, and forgets runs that are gone', async () => {
    let runs: object[] = [run_body({ status: 'done' }), run_body({ id: 8, status: 'done' })];
    const { lab } = lab_of({
      'GET /v1/lab/scenarios': () => kHuntersBody,
      'GET /v1/lab/runs': () => ({ runs }),
      'GET /v1/lab/runs/7': () => runs[0], 'GET /v1/lab/runs/8': () => runs[1],
    });
    await lab.scenarios.load();
    await lab.start();
    expect(lab.problem.value).toEqual({ text: 'full', field: 'hours' });
    lab.compare('7', true);
    lab.compare('8', true);
    lab.refresh();
    await vi.waitFor(() => expect(lab.compared.value.length).toBe(2));
    lab.watch('7');
    runs = runs.slice(0, 1);
    lab.refresh();
    await vi.waitFor(() => expect(lab.compared_ids.value).toEqual(['7']));
    expect([...lab.details.value.keys()]).toEqual(['7']);
    lab.compare('7', false);
    expect(lab.compared.value).toEqual([]);
  });
});
