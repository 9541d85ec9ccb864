import { describe, expect, it } from 'vitest';

import { map_of } from '../model/api_types.ts';
import { level, ms, price, row as unit_row, unix_ms, usd } from '../units/unit.ts';
import { draw_words } from './claims.tsx';
import { moments_path } from './cluster_panel.tsx';
import { funding_text } from './funding.ts';
import { arm_words, scenario_hint, scenario_words } from './lab_form_panel.tsx';
import { part_clause, part_groups, part_option, share_texts } from './part_text.ts';
import { path_usd, printed_near } from './probe.ts';
import { are_prints_known, known_prints_text } from './prints_text.ts';
import { kNothingSaid, next_said } from './said.ts';
import { status_of } from './status.ts';
import { is_in_tier } from './tier.ts';
import { volume_delta } from './volume_delta.ts';
import type { Part } from '../model/api_types.ts';
import type { MapSession } from '../model/map_session.ts';
import type { SeriesSlice } from '../model/series_store.ts';
import type { Probe } from './probe.ts';

const row = (value: number): number => 1000 * Math.log(value);

describe('distance tiers', () => {
  it('take rows by the distance of their middle from the mark', () => {
    const mark = row(100);
    const middle = (value: number): number => row(value) - 0.5;
    expect(is_in_tier('0-2', middle(101.9), mark)).toBe(true);
    expect(is_in_tier('0-2', middle(98.1), mark)).toBe(true);
    expect(is_in_tier('0-2', middle(102.1), mark)).toBe(false);
    expect(is_in_tier('2-5', middle(102.1), mark)).toBe(true);
    expect(is_in_tier('2-5', middle(94.9), mark)).toBe(false);
    expect(is_in_tier('5-10', middle(94.9), mark)).toBe(true);
    expect(is_in_tier('over-10', middle(250), mark)).toBe(true);
    expect(is_in_tier('over-10', middle(5), mark)).toBe(true);
  });
  it('take each row once, and none where the mark is not known', () => {
    for (let at = 3000; at < 6000; at += 1) {
      const in_tiers = (['0-2', '2-5', '5-10', 'over-10'] as const)
        .filter((tier) => is_in_tier(tier, at, row(100)));
      expect(in_tiers.length).toBe(1);
      expect(is_in_tier('over-10', at, Number.NaN)).toBe(false);
    }
  });
});

describe('parts of the positions', () => {
  const part = (id: string, kind: Part['kind']): Part => ({ id, kind, about: `about ${id}` });
  const parts = [part('distance_0_2', 'distance'), part('distance_over_10', 'distance'),
    part('age_4h', 'age'), part('bybit_linear:ETHUSDT', 'venue'), part('strange', 'age')];
  it('have words, also one that no rule knows', () => {
    expect(parts.map(part_option)).toEqual(['Entry: under 2 %', 'Entry: over 10 %', 'Open: 4 h',
      'Venue: bybit_linear', 'Open: about strange']);
    expect(parts.map(part_clause)).toEqual(['opened under 2 % from liquidation',
      'opened over 10 % from liquidation', 'open for at least 4 h', 'at bybit_linear',
      'about strange']);
  });
  it('are grouped by their kind, and a kind without any is none', () => {
    expect(part_groups(parts).map((group) => group.parts.length)).toEqual([2, 2, 1]);
    expect(part_groups(parts.slice(0, 3)).map(({ name }) => name))
      .toEqual(['opened … from liquidation', 'open for at least']);
    expect(part_groups([])).toEqual([]);
  });
  it('are shares of the dollars of a cell, and never more than all of them', () => {
    const side = { usd: usd(200), interval: null, mean_age: null,
      parts: new Map([['distance_0_2', usd(201)], ['age_4h', usd(25)]]) };
    const texts = (kind: Part['kind']): string => share_texts(side, parts, kind).join(' ');
    expect(texts('distance')).toBe('0–2 % 100 % · over 10 % –');
    expect(share_texts(side, parts.slice(0, 3), 'age')).toEqual(['4 h 13 %']);
    expect(share_texts(side, parts.slice(0, 3), 'venue')).toEqual([]);
    expect(share_texts({ ...side, usd: usd(0) }, parts, 'distance')).toEqual(['–']);
  });
  it('are not known yet where positions were not watched for so long', () => {
    const ages = [part('age_4h', 'age'), part('age_24h', 'age')];
    const side = { usd: usd(200), interval: null, mean_age: null,
      parts: new Map([['age_4h', usd(25)], ['age_24h', null]]) };
    expect(share_texts(side, ages, 'age')).toEqual(['4 h 13 % ·', '24 h not known yet']);
  });
});

describe('what is said of the crosshair', () => {
  const side = (most: number) => ({ most_usd: usd(most), mean_usd: usd(most), is_wide: false });
  const cell = (most: number): Probe['cell'] =>
    ({ level: level(0), column_count: 1, long: side(most), short: side(0) });
  const made = { usd: usd(5000), interval: { p10: usd(4000), p50: usd(5000), p90: usd(6000) },
    mean_age: ms(7_200_000), parts: new Map() };
  const none = { usd: usd(0), interval: null, mean_age: null, parts: new Map() };
  const looked = { index: 3, as_of: unix_ms(0), row: 7, sides: { long: made, short: none } };
  const at = (more: Partial<Probe>): Probe => ({ time: unix_ms(0), price: price(100),
    row: unit_row(7), mark: null, cell: cell(5000), is_hidden: false, looked: 'awaited',
    place: { instrument: 'a:B', first: 3, column: 3, row: 7, is_newest: true }, ...more });

  it('is its cell, then once what it is made of, and no column that comes', () => {
    const moved = next_said(kNothingSaid, 'a', at({}));
    expect(moved.cell).toMatch(/^100.*: shorts under \$1, longs \$5.*an estimate$/);
    expect(moved.makeup).toBe('');
    const grown = next_said(moved, 'a', at({ cell: cell(9000), time: unix_ms(60_000) }));
    expect(grown.cell).toBe(moved.cell);
    const answered = next_said(grown, 'a', at({ looked }));
    expect([answered.cell, answered.makeup.includes('mean age at least 2h')])
      .toEqual([moved.cell, true]);
    const other = { ...looked, sides: { long: { ...made, mean_age: ms(60_000) }, short: none } };
    expect(next_said(answered, 'a', at({ looked: other }))).toEqual(answered);
    expect(next_said(answered, 'b', at({ cell: cell(9000) }))).toMatchObject({ makeup: '' });
  });
  it('is told when the cell has come', () => {
    const moved = next_said(kNothingSaid, 'a', at({ cell: null }));
    expect(moved.cell).toMatch(/nothing is known/);
    const later = next_said(moved, 'a', at({ cell: null, time: unix_ms(60_000) }));
    expect(later.cell).toBe(moved.cell);
    expect(next_said(later, 'a', at({})).cell).toMatch(/longs/);
  });
});

describe('volume delta', () => {
  it('adds what is known, and is null where it is not', () => {
    const fields = { taker_buy_usd: [5, Number.NaN, 7], taker_sell_usd: [2, 1, 9] } as unknown as
      SeriesSlice['fields'];
    expect(volume_delta({ fields })).toEqual([3, null, 1]);
  });
});

describe('the status', () => {
  const session_of = (health: object) => {
    const column = { header: { coverage: [] } };
    const values = { column, stream_state: 'open', is_reached: true, as_of: null,
      view: { is_live: true },
      health: { status: 'ok', feeds: [], speed: 60, is_over: false, ...health } };
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])) as
      unknown as MapSession;
  };
  it('calls live only what is', () => {
    const word = (health: object): string => status_of(session_of(health)).word;
    expect(word({ mode: 'demo' })).toBe('Live ×60');
    expect(word({ mode: 'replay' })).toBe('Replay ×60');
    expect(word({ mode: 'replay', is_over: true })).toBe('Over');
    expect(word({ mode: 'replay', speed: 0 })).toBe('Paused');
    expect(word({ mode: 'demo', is_over: true })).toBe('Over');
    expect(word({ mode: 'store', is_over: true })).toBe('Recorded');
    expect(word({ mode: 'store' })).toBe('Reading');
    expect(word({ mode: 'store', status: 'degraded' })).toBe('Degraded');
  });
  it('says what is at its end', () => {
    const why = (mode: string): string => status_of(session_of({ mode, is_over: true })).why;
    expect(why('replay')).toMatch(/^The recorded data is at its end/);
    expect(why('demo')).toMatch(/^The simulated market is at its end/);
  });
});

describe('funding', () => {
  it('is what was paid last, and never a rate of zero', () => {
    const fields = { funding_rate: [0, 0.0001, 0, 0, Number.NaN] } as unknown as
      SeriesSlice['fields'];
    const times = [0, 1, 2, 3, 4].map((hour) => unix_ms(1_764_547_200_000 + hour * 3_600_000));
    const text = (at: number): string => funding_text({ fields, times }, at);
    expect(text(0)).toBe('none in view');
    expect(text(1)).toBe('0.0100 %');
    expect(text(3)).toBe('last 0.0100 %, about 2h before');
    expect(text(4)).toBe('not known');
  });
});

describe('beside the cell', () => {
  const header = { model_version: 'm', as_of: '2025-12-01T00:00:00Z', members: 1, coverage: [],
    assumptions: [] };
  const side = (first_row: number) => ({ first_row, notional_at_risk_usd: [1, 2, 3, 4] });
  const column = map_of({ header, as_of: '2025-12-01T00:00:00Z', mark: Math.exp(4.6025),
    open_interest_usd: null, near: [], long: side(4599), short: side(4602) });

  it('lies what a move from the mark would cross, of the side that it crosses', () => {
    expect(path_usd(column, price(Math.exp(4.6005)))).toEqual({ side: 'long', usd: 9 });
    expect(path_usd(column, price(Math.exp(4.6045)))).toEqual({ side: 'short', usd: 6 });
    expect(path_usd(column, price(Math.exp(5)))).toEqual({ side: 'short', usd: 10 });
  });
  it('lies what was printed near in time and price', () => {
    const print = (time: number, at: number, amount: number) =>
      ({ time: unix_ms(time), side: 'long', price: price(at), usd: usd(amount) }) as const;
    const prints = [print(0, 100, 1), print(600_000, 100.4, 2), print(0, 101, 4),
      print(700_000, 100, 8)];
    const near = printed_near(prints, unix_ms(0), price(100), ms(36_000_000));
    expect(near).toEqual({ sides: { long: 3, short: 0 }, around: 600_000 });
  });
});

describe('prints', () => {
  const view = { from: unix_ms(60_000), to: unix_ms(180_000) };
  const known = (from: number, to: number) => ({ from: unix_ms(from), to: unix_ms(to) });
  it('say of which time they are all here', () => {
    expect(known_prints_text(known(0, 180_000), view)).toBe('');
    expect(known_prints_text(known(61_001, 120_000), view)).toBe(
      ', since 1 Jan 1970 00:01:02, until 1 Jan 1970 00:02:00');
    expect(known_prints_text(null, view)).toBe(', earlier ones not read');
  });
  it('are known of a texel that begins before the view, and of none before the first', () => {
    expect(are_prints_known(known(60_000, 180_000), view, unix_ms(30_000))).toBe(true);
    expect(are_prints_known(known(90_000, 180_000), view, unix_ms(80_000))).toBe(false);
    expect(are_prints_known(known(0, 90_000), view, unix_ms(91_000))).toBe(false);
    expect(are_prints_known(null, view, unix_ms(91_000))).toBe(false);
  });
});

describe('moments', () => {
  it('are drawn from zero, and not while there is one alone', () => {
    const moment = (minute: number, amount: number) =>
      ({ as_of: unix_ms(minute * 60_000), usd: usd(amount), fed_usd: null });
    expect(moments_path([moment(0, 5), moment(10, 10)], 100, 50)?.line)
      .toBe('M0.0 26.0L100.0 2.0');
    expect(moments_path([moment(0, 5)], 100, 50)).toBeNull();
  });
});

describe('scenarios', () => {
  const of = (more: object) =>
    scenario_hint({ name: 'a', about: 'It is so', values: {}, venues: 1, claims: [], ...more });
  it('have names in words, and those of arms are short at their claim', () => {
    expect(scenario_words('thin_book')).toBe('thin book');
    expect(scenario_words('arm: thin book')).toBe('arm: thin book');
    expect(['arm: thin book', 'arm: 12 % news', 'charm: a'].map(arm_words))
      .toEqual(['thin book', '12 % news', 'charm: a']);
  });
  it('say how many venues they have, and which claims were tried on them', () => {
    expect(of({})).toBe('It is so');
    expect(of({ venues: 3, claims: [3] })).toBe('It is so · 3 venues · claim 3');
    expect(of({ venues: null, claims: [2, 7] })).toBe('It is so · claims 2, 7');
  });
  it('are one draw, whatever a study says', () => {
    expect(draw_words(24)).toMatch(/one draw; the verdict stands on 24 of each arm\.$/);
    expect(draw_words(null)).toMatch(/stands on many\.$/);
  });
});
