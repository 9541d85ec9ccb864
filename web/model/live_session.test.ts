import { effect } from '@preact/signals';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { row_position, unix_ms } from '../units/unit.ts';
import { MapSession } from './map_session.ts';
import { kDefaultView } from './view.ts';
import type { ApiClient, Query } from './api_client.ts';
import type { View } from './view.ts';

// A session that is left open: what comes for hours, and what fails for a while.

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const first = unix_ms(1_764_547_200_000);
const iso = (minute: number): string => new Date(first + minute * 60_000).toISOString();
const print = (minute: number, usd: number) =>
  ({ time: iso(minute), side: 'long', price: 1000, usd });
const prints_told = (...liquidations: object[]) => ({ channel: 'liquidations', instrument: 'a:B',
  kind: 'delta', data: { liquidations } } as const);
const side = { first_row: 43 * 256, notional_at_risk_usd: [1],
  density_interval: { p10: [1], p50: [2], p90: [3] } };

function column_of(as_of: string): object {
  const header = { model_version: 'm', as_of, is_simulated: true, members: 8, coverage: [],
    assumptions: [] };
  return { header, index: 49, part: null, as_of, mark: 1, open_interest_usd: null, near: [],
    long: side, short: side };
}

// Fifty columns, and prints from a size on.
async function opened(view: Partial<View> = {}, faults: { are_prints_broken?: boolean } = {}) {
  const service = { prints: [print(1, 500)], print_queries: [] as Query[],
    map_queries: [] as Query[], is_map_broken: false, is_past_broken: false,
    broken_level: -1, series_asked: 0, clusters: null as null | (() => Promise<object>),
    map_waits: null as Promise<void> | null, are_prints_broken: false, ...faults,
    hold_prints: false, held: [] as (() => void)[],
    let_prints_go: async () => {
      service.hold_prints = false;
      for (const go of service.held.splice(0)) go();
      await vi.advanceTimersByTimeAsync(0);
    } };
  const json = async (path: string, query: Query): Promise<unknown> => {
    if (path === '/v1/instruments') {
      return { instruments: [{ id: 'a:B', venues: [], column_interval_s: 60, is_simulated: true,
        members: 8, quote: 'USD', first_column: iso(0), series: 'first', column_end: 50,
        row_log: 0.001, row_tiles: [], parts: [] }] };
    }
    if (path === '/v1/health') {
      return { status: 'ok', mode: 'demo', now: iso(0), speed: 1, is_over: false, feeds: [],
        model_version: 'm', version: 'v', resumed: null };
    }
    if (path === '/v1/series') {
      service.series_asked += 1;
      if (query['level'] === service.broken_level) throw new Error('no series');
      return { index: [], header: { as_of: iso(49) } };
    }
    if (path === '/v1/clusters' && service.clusters !== null) return service.clusters();
    if (path === '/v1/liquidations') {
      service.print_queries.push(query);
      const usd_min = Number(query['min_usd']);
      if (service.hold_prints) await new Promise<void>((go) => { service.held.push(go); });
      if (service.are_prints_broken) throw new Error('broken');
      return { liquidations: service.prints.filter(({ usd }) => usd >= usd_min).slice(0, 1000) };
    }
    if (path !== '/v1/map') throw new DOMException('not of this test', 'AbortError');
    service.map_queries.push(query);
    if (service.map_waits !== null) await service.map_waits;
    if (service.is_map_broken) throw new Error('broken');
    if (service.is_past_broken && query['as_of'] !== undefined) throw new Error('no past');
    return column_of(String(query['as_of'] ?? iso(49)));
  };
  const stream = { subscribe: () => undefined, unsubscribe: () => undefined };
  const session = new MapSession({ ...kDefaultView, is_fit: false, is_live: false, ...view,
    time: { from: first, to: unix_ms(first + 250 * 60_000) },
    rows: { low: row_position(43 * 256), high: row_position(44 * 256) } },
  { json } as unknown as ApiClient, stream, () => { throw new Error('no tile'); });
  session.resize(600, 400, 1);
  await session.start();
  await vi.advanceTimersByTimeAsync(0);
  return { service, session };
}

const usd_of = (session: MapSession): number[] => session.prints.value.map(({ usd }) => usd);

describe('prints', () => {
  it('that come without end are never more than twice an answer, the largest of them', async () => {
    const { service, session } = await opened();
    for (let i = 0; i < 3000; i += 1) {
      const one = print(2, 100 + i);
      service.prints.unshift(one);
      session.take(prints_told(one));
      expect(session.prints.value.length).toBeLessThanOrEqual(2000);
    }
    expect(service.print_queries.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(service.print_queries.length).toBeGreaterThan(1);
    const { prints, prints_min_usd } = session;
    expect(prints.value.length).toBeLessThan(1000);
    expect(prints_min_usd.value).toBeGreaterThan(100);
    const largest = service.prints.filter(({ usd }) => usd >= prints_min_usd.value);
    expect(prints.value.map(({ usd }) => usd)).toEqual(largest.map(({ usd }) => usd));
  });
  it('are read and kept also while none are drawn: the read-out has them', async () => {
    const { service, session } = await opened({ hidden: ['prints'] });
    expect(usd_of(session)).toEqual([500]);
    service.prints.unshift(print(3, 900));
    session.take(prints_told(print(3, 900)));
    expect(usd_of(session)).toEqual([900, 500]);
    const asked = service.print_queries.length;
    session.change((view) => ({ ...view, hidden: [] }));
    await vi.advanceTimersByTimeAsync(0);
    expect(usd_of(session)).toEqual([900, 500]);
    expect(service.print_queries.length).toBe(asked);
  });
});

describe('prints that are being read', () => {
  it('are joined by what comes meanwhile, none of it twice', async () => {
    const { service, session } = await opened();
    service.hold_prints = true;
    session.renew();
    await vi.advanceTimersByTimeAsync(0);
    // The answer has one of the two that are the same, and not the one that comes last.
    for (const one of [print(3, 900), print(3, 900), print(4, 700)]) {
      session.take(prints_told(one));
      if (service.prints.length === 1) service.prints.unshift(one);
    }
    await service.let_prints_go();
    expect(usd_of(session)).toEqual([700, 900, 900, 500]);
  });
  it('are joined by smaller ones than those of the range before', async () => {
    const { service, session } = await opened();
    service.prints = Array.from({ length: 1500 }, (_, i) => print(2, 1000 + i));
    session.renew();
    await vi.advanceTimersByTimeAsync(0);
    expect(session.prints_min_usd.value).toBeGreaterThan(20);
    service.hold_prints = true;
    service.prints = [print(1, 500)];
    session.change((view) => ({ ...view,
      time: { from: first, to: unix_ms(first + 90 * 60_000) } }));
    await vi.advanceTimersByTimeAsync(0);
    session.take(prints_told(print(4, 20)));
    await service.let_prints_go();
    expect(session.prints_min_usd.value).toBe(0);
    expect(usd_of(session)).toEqual([20, 500]);
  });
  it('are read once more when that was asked for meanwhile', async () => {
    const { service, session } = await opened();
    service.hold_prints = true;
    session.renew();
    await vi.advanceTimersByTimeAsync(0);
    const asked = service.print_queries.length;
    service.prints.unshift(print(3, 900));
    session.renew();
    await vi.advanceTimersByTimeAsync(0);
    expect(service.print_queries.length).toBe(asked);
    await service.let_prints_go();
    expect(service.print_queries.length).toBe(asked + 1);
    expect(usd_of(session)).toEqual([900, 500]);
  });
});

describe('prints that could not be read', () => {
  it('are asked for again with the next thing, after a pause', async () => {
    const { service, session } = await opened({}, { are_prints_broken: true });
    expect(session.problems.first.value).toBe('broken');
    expect(usd_of(session)).toEqual([]);
    service.are_prints_broken = false;
    session.refresh();
    await vi.advanceTimersByTimeAsync(900);
    expect(usd_of(session)).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(usd_of(session)).toEqual([500]);
    expect(session.problems.first.value).toBeNull();
  });
  it('are asked for ever less often, also those that are due', async () => {
    const { service, session } = await opened();
    service.are_prints_broken = true;
    const asked = service.print_queries.length;
    for (let i = 0; i < 600; i += 1) {
      session.on_gap(prints_told());
      session.refresh();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(service.print_queries.length - asked).toBe(6);
    session.renew();
    await vi.advanceTimersByTimeAsync(0);
    expect(service.print_queries.length - asked).toBe(6);
    session.try_again();
    await vi.advanceTimersByTimeAsync(0);
    expect(service.print_queries.length - asked, 'the service is back').toBe(7);
  });
});

describe('the column of the play head', () => {
  it('that could not be read is asked for again with the next thing that is', async () => {
    const { service, session } = await opened();
    service.is_map_broken = true;
    session.look_back_to(unix_ms(first + 20 * 60_000));
    await vi.advanceTimersByTimeAsync(0);
    const asked = service.map_queries.length;
    expect(session.is_column_late.value).toBe(true);
    expect(service.map_queries.at(-1)).toMatchObject({ as_of: expect.stringMatching(/T/) });
    await vi.advanceTimersByTimeAsync(5000);
    expect(service.map_queries.length).toBe(asked); // not on its own, over and over
    service.is_map_broken = false;
    session.renew();
    await vi.advanceTimersByTimeAsync(0);
    expect(session.column.value?.as_of).toBe(first + 20 * 60_000);
    expect(session.is_column_late.value).toBe(false);
  });
  it('is asked for when the one before it fails while the play head goes on', async () => {
    const { service, session } = await opened();
    let fail = (): void => undefined;
    service.map_waits = new Promise((_, no) => { fail = () => no(new Error('broken')); });
    session.look_back_to(unix_ms(first + 20 * 60_000));
    await vi.advanceTimersByTimeAsync(0);
    session.look_back_to(unix_ms(first + 30 * 60_000));
    await vi.advanceTimersByTimeAsync(0);
    service.map_waits = null;
    fail();
    await vi.advanceTimersByTimeAsync(0);
    expect(session.column.value?.as_of).toBe(first + 30 * 60_000);
    expect(session.is_column_late.value).toBe(false);
  });
});

it('a message that is not read is a problem until the next of its channel', async () => {
  const { session } = await opened();
  const health = (data: unknown) =>
    ({ channel: 'health', instrument: '', kind: 'snapshot', data } as const);
  session.take(health({}));
  expect(session.problems.first.value).not.toBeNull();
  session.take(prints_told());
  expect(session.problems.first.value).not.toBeNull();
  session.take(health({ status: 'ok', mode: 'demo', now: iso(0), speed: 1, is_over: false,
    feeds: [], model_version: 'm', version: 'v', resumed: null }));
  expect(session.problems.first.value).toBeNull();
});

describe('what fails for good', () => {
  const column_told = (column: number) => ({ channel: 'map', instrument: 'a:B', kind: 'delta',
    data: { column, time: iso(column), series: { close: column },
      long: { first_row: 0, codes: '', wide: '' }, short: { first_row: 0, codes: '', wide: '' } },
  } as const);
  it('is asked for ever less often, and its problem stands while others go on', async () => {
    const { service, session } = await opened();
    service.is_past_broken = true;
    session.look_back_to(unix_ms(first + 20 * 60_000));
    await vi.advanceTimersByTimeAsync(0);
    const seen: (string | null)[] = [];
    effect(() => { seen.push(session.problems.first.value); });
    for (let column = 50; column < 110; column += 1) {
      session.take(column_told(column));
      await vi.advanceTimersByTimeAsync(1000);
    }
    const asked = service.map_queries.filter((query) => query['as_of'] !== undefined);
    expect(asked.length).toBe(6);
    expect(service.map_queries.length, 'the newest, again and again').toBeGreaterThan(50);
    expect(seen).toEqual(['no past']);
    session.look_back_to(unix_ms(first + 30 * 60_000));
    await vi.advanceTimersByTimeAsync(0);
    expect(service.map_queries.at(-1)?.['as_of'], 'another at once').toBe(
      iso(30).replace('.000Z', 'Z'));
    session.look_back_to(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(session.problems.first.value).toBeNull();
  });
  it('may be a piece of the series, until another is looked at', async () => {
    const { service, session } = await opened();
    service.series_asked = 0;
    session.resize(60, 400, 1);
    service.broken_level = session.series_level.value;
    for (let i = 0; i < 600; i += 1) {
      session.refresh();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(service.series_asked).toBe(6);
    expect(session.problems.first.value).toBe('no series');
    session.resize(600, 400, 1);
    await vi.advanceTimersByTimeAsync(0);
    expect(session.problems.first.value).toBeNull();
  });
});

describe('the curves of clusters', () => {
  const told = (minute: number, moments?: number[]) => ({
    header: { model_version: 'm', as_of: iso(minute), is_simulated: true, members: 8, coverage: [],
      assumptions: [] }, clusters: [],
    cluster_histories: [{ id: 1, side: 'long', price_low: 90, price_high: 95, price_peak: 92,
      born: iso(0), age_s: 60 * minute, fate: 'alive', ended: null, born_usd: 0, most_usd: 99,
      last_usd: minute, fed_usd: minute, fed_usd_per_hour: 60,
      ...(moments === undefined ? {} : { moments: { as_of: moments.map(iso),
        notional_at_risk_usd: moments, fed_usd: moments.map((_, i) => (i === 0 ? 0 : 1)) } }) }],
  });
  const message = (minute: number) => ({ channel: 'clusters', instrument: 'a:B',
    kind: 'snapshot', data: told(minute) } as const);
  const curve = (session: MapSession): number[] | undefined =>
    session.clusters.value?.histories[0]?.moments.map((one) => one.usd);
  it('are read again when a message was missed, and keep what comes meanwhile', async () => {
    const { service, session } = await opened();
    let answer = (): void => undefined;
    service.clusters = async () => told(2, [0, 1, 2]);
    session.renew();
    await vi.advanceTimersByTimeAsync(0);
    expect(curve(session)).toEqual([0, 1, 2]);
    service.clusters = () => new Promise((done) => {
      answer = () => done(told(4, [0, 1, 2, 3, 4]));
    });
    session.on_gap(message(4));
    session.take(message(4));
    expect(curve(session)).toEqual([0, 1, 2, 4]);
    await vi.advanceTimersByTimeAsync(1000);
    session.take(message(5));
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(curve(session)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
