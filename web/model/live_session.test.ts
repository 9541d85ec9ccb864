import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { row_position, unix_ms } from '../units/unit.ts';
import { MapSession } from './map_session.ts';
import { kDefaultView } from './view.ts';
import type { ApiClient, Query } from './api_client.ts';

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
async function opened() {
  const service = { prints: [print(1, 500)], print_queries: [] as Query[],
    map_queries: [] as Query[], is_map_broken: false };
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
    if (path === '/v1/series') return { index: [], header: { as_of: iso(49) } };
    if (path === '/v1/liquidations') {
      service.print_queries.push(query);
      const usd_min = Number(query['min_usd']);
      return { liquidations: service.prints.filter(({ usd }) => usd >= usd_min).slice(0, 1000) };
    }
    if (path !== '/v1/map') throw new DOMException('not of this test', 'AbortError');
    service.map_queries.push(query);
    if (service.is_map_broken) throw new Error('broken');
    return column_of(String(query['as_of'] ?? iso(49)));
  };
  const stream = { subscribe: () => undefined, unsubscribe: () => undefined };
  const session = new MapSession({ ...kDefaultView, is_fit: false, is_live: false,
    time: { from: first, to: unix_ms(first + 250 * 60_000) },
    rows: { low: row_position(43 * 256), high: row_position(44 * 256) } },
  { json } as unknown as ApiClient, stream, () => { throw new Error('no tile'); });
  session.resize(600, 400, 1);
  await session.start();
  await vi.advanceTimersByTimeAsync(0);
  return { service, session };
}

describe('prints', () => {
  it('that come without end are never more than twice an answer, the largest of them', async () => {
    const { service, session } = await opened();
    for (let i = 0; i < 3000; i += 1) {
      const one = print(2, 100 + i);
      service.prints.unshift(one);
      session.take(prints_told(one));
      expect(session.all_prints.value.length).toBeLessThanOrEqual(2000);
    }
    expect(service.print_queries.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(service.print_queries.length).toBeGreaterThan(1);
    const { all_prints, prints_min_usd } = session;
    expect(all_prints.value.length).toBeLessThan(1000);
    expect(prints_min_usd.value).toBeGreaterThan(100);
    const largest = service.prints.filter(({ usd }) => usd >= prints_min_usd.value);
    expect(all_prints.value.map(({ usd }) => usd)).toEqual(largest.map(({ usd }) => usd));
  });
  it('that come while none are shown are read when they are', async () => {
    const { service, session } = await opened();
    session.change((view) => ({ ...view, hidden: ['prints'] }));
    await vi.advanceTimersByTimeAsync(0);
    service.prints.unshift(print(3, 900));
    session.take(prints_told(print(3, 900)));
    expect(session.all_prints.value.map(({ usd }) => usd)).toEqual([500]);
    session.change((view) => ({ ...view, hidden: [] }));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.all_prints.value.map(({ usd }) => usd)).toEqual([900, 500]);
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
});
