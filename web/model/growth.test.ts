import { describe, expect, it, vi } from 'vitest';

import { level, ms, row_position, unix_ms } from '../units/unit.ts';
import { series_of_entry } from './api_series.ts';
import { ColumnLog, grow, grown_to } from './growth.ts';
import { MapSession } from './map_session.ts';
import { SeriesStore } from './series_store.ts';
import { empty_tile } from './tile_update.ts';
import { kDefaultView } from './view.ts';
import type { ApiClient, Query } from './api_client.ts';
import type { ColumnMessage } from './column_message.ts';
import type { HeatmapTile } from './heatmap_tile.ts';

const first = unix_ms(1_764_547_200_000);
const grid = { first_column: first, column_interval: ms(60_000) };
const iso = (minute: number): string => new Date(first + minute * 60_000).toISOString();
const entry = (column: number) => ({ open: 1000, low: 999, high: 1001, close: column,
  funding_rate: 0.001, printed_usd: { long: 1, short: 0 } });

function message_of(column: number): ColumnMessage {
  const side = { first_row: 43 * 256, codes: new Uint16Array([7]), wide: new Uint8Array(1) };
  return { column, sides: [side, side], series: series_of_entry(column, entry(column)) };
}

function log_of(...columns: number[]): ColumnLog {
  const log = new ColumnLog();
  for (const column of columns) log.add(message_of(column));
  return log;
}

describe('what grows with the stream', () => {
  it('is whole up to the first column that did not come', () => {
    const taken: number[] = [];
    const growth = grown_to(5);
    const take = ({ column }: ColumnMessage): void => { taken.push(column); };
    grow(growth, log_of(3, 4, 5, 6, 9, 10), take);
    expect(taken).toEqual([5, 6, 9, 10]);
    expect(growth).toEqual({ whole_to: 7, seen_to: 11 });
    grow(growth, log_of(9, 10, 11), take);
    expect(taken).toEqual([5, 6, 9, 10, 11]);
    expect(growth.whole_to).toBe(7);
  });
  it('takes no column twice, and forgets old ones', () => {
    const log = log_of(1, 2, 2, 1, ...Array.from({ length: 700 }, (_, i) => i + 3));
    expect(log.from(0).length).toBe(600);
    expect(log.from(702).map(({ column }) => column)).toEqual([702]);
    expect(log.from(703)).toEqual([]);
  });
  it('counts a column once in a texel that an answer has already', () => {
    const store = new SeriesStore(grid);
    const key = { level: level(2), chunk: 0 };
    store.put(key, series_of_entry(0, { ...entry(2), printed_usd: { long: 3, short: 0 } }), 3);
    expect(store.grow(key, log_of(1, 2, 3))).toBe(true);
    expect(store.is_whole(key, 4)).toBe(true);
    expect(store.is_whole(key, 5)).toBe(false);
    const range = { from: first, to: unix_ms(first + 4 * 60_000) };
    const { fields } = store.slice(level(2), range, { column_end: 4, is_cut: false });
    expect(fields['printed_usd.long']).toEqual([4]);
    expect(fields.funding_rate[0], 'what was paid adds up').toBeCloseTo(0.002, 12);
  });
});

// --- A session ---------------------------------------------------------------------------------

const base64 = (bytes: number[]): string => btoa(String.fromCharCode(...bytes));
const side_body = { first_row: 43 * 256, codes: base64([7, 0]), wide: base64([0]) };
const column_body = (column: number) => ({ column, time: iso(column), series: entry(column),
  long: side_body, short: side_body });
const stream_message = (column: number, kind: 'snapshot' | 'delta') => ({
  channel: 'map', instrument: 'a:B', kind, data: column_body(column),
} as const);

// A service with so many columns, all of them in its tiles; an answer waits until it is let go.
function service_of(column_end: number) {
  const service = { column_end, asked: 0, waiting: [] as (() => void)[], is_held: false,
    id: 'a:B', series: 'first', named: [] as unknown[] };
  const tile_now = (): HeatmapTile => {
    const tile = empty_tile({ level: level(0), column: 0, row: 43 }, grid);
    tile.column_count.fill(1, 0, service.column_end);
    return tile;
  };
  const tiles: HeatmapTile[] = [];
  const json = async (path: string): Promise<unknown> => {
    if (path === '/v1/instruments') {
      return { instruments: [{ id: service.id, venues: [], column_interval_s: 60,
        is_simulated: true, members: 8, quote: 'USD', first_column: iso(0), series: service.series,
        column_end: service.column_end,
        row_log: 0.001, row_tiles: [43], parts: [] }] };
    }
    if (path === '/v1/health') {
      return { status: 'ok', mode: 'demo', now: iso(0), speed: 1, is_over: false, feeds: [],
        model_version: 'm', version: 'v', resumed: null };
    }
    if (path === '/v1/series') return { index: [], header: { as_of: iso(service.column_end - 1) } };
    throw new DOMException('not of this test', 'AbortError');
  };
  const bytes = async (_: string, query: Query) => {
    service.asked += 1;
    service.named.push(query['series']);
    tiles.push(tile_now());
    if (service.is_held) await new Promise<void>((go) => { service.waiting.push(go); });
    return { bytes: new ArrayBuffer(0), etag: null };
  };
  const api = { json, bytes } as unknown as ApiClient;
  const stream = { subscribe: () => undefined, unsubscribe: () => undefined };
  const view = { ...kDefaultView, is_fit: false,
    time: { from: first, to: unix_ms(first + 250 * 60_000) },
    rows: { low: row_position(43 * 256), high: row_position(44 * 256) } };
  const session = new MapSession(view, api, stream, async () => tiles.shift() as HeatmapTile);
  session.resize(600, 400, 1);
  const known = (): number[] => {
    const tile = session.tiles.peek({ level: level(0), column: 0, row: 43 });
    return [...tile?.column_count.subarray(0, service.column_end) ?? []];
  };
  return { service, session, known };
}

const all = (count: number): number[] => Array.from({ length: count }, () => 1);

async function pass(time: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(time);
}

describe('a map that is opened while columns are made', () => {
  it('reads again what came between the tile and the snapshot', async () => {
    vi.useFakeTimers();
    const { service, session, known } = service_of(50);
    await session.start();
    await pass(0);
    expect(known()).toEqual(all(50));
    service.column_end = 65;
    session.take(stream_message(64, 'snapshot'));
    expect(known()).toEqual([...all(50), ...all(14).fill(0), 1]);
    await pass(1000);
    expect(known()).toEqual(all(65));
    const { asked } = service;
    service.column_end = 66;
    session.take(stream_message(65, 'delta'));
    await pass(5000);
    expect(known()).toEqual(all(66));
    expect(service.asked, 'a column that follows costs no request').toBe(asked);
    vi.useRealTimers();
  });
  it('adds what came while the tile was under way', async () => {
    vi.useFakeTimers();
    const { service, session, known } = service_of(50);
    service.is_held = true;
    await session.start();
    await pass(0);
    for (const column of [50, 51, 52]) {
      service.column_end = column + 1;
      session.take(stream_message(column, 'delta'));
    }
    for (const go of service.waiting) go();
    await pass(0);
    expect(known()).toEqual(all(53));
    vi.useRealTimers();
  });
  it('asks a few times only while many columns are left out', async () => {
    vi.useFakeTimers();
    const { service, session, known } = service_of(20);
    await session.start();
    await pass(0);
    for (let i = 0; i < 40; i += 1) {
      service.column_end += 5;
      session.take(stream_message(service.column_end - 1, 'delta'));
      await pass(20);
    }
    await pass(1000);
    expect(known()).toEqual(all(220));
    expect(service.asked).toBeLessThan(8);
    vi.useRealTimers();
  });
});

describe('a map whose service is another', () => {
  it('goes to another instrument, and says so, when its own is gone', async () => {
    vi.useFakeTimers();
    const { service, session } = service_of(50);
    await session.start();
    await pass(0);
    expect(session.note.value).toBeNull();
    service.id = 'c:D';
    session.check_instrument();
    await pass(0);
    expect(session.instrument.value?.id).toBe('c:D');
    expect(session.note.value).toBe('a:B is not served any more; this is c:D');
    vi.useRealTimers();
  });
  it('shows no time that the series does not have', async () => {
    vi.useFakeTimers();
    for (const days of [-400, 400]) {
      const { session } = service_of(50);
      const time = { from: unix_ms(first - 90 * 86_400_000), to: unix_ms(first - 89 * 86_400_000) };
      const as_of = unix_ms(first + days * 86_400_000);
      session.view.value = { ...session.view.value, time, is_live: false, as_of };
      await session.start();
      await pass(0);
      expect(session.view.value.as_of).toBeNull();
      expect(session.view.value.time.to).toBeGreaterThan(first);
      expect(session.note.value).toMatch(/does not have that time/);
    }
    vi.useRealTimers();
  });
  it('is fitted to the price, also where its first rows hold it', async () => {
    vi.useFakeTimers();
    const { session } = service_of(50);
    const rows = { low: row_position(6800), high: row_position(7010) };
    session.view.value = { ...session.view.value, is_fit: true, rows };
    await session.start();
    await pass(0);
    session.take(stream_message(50, 'delta'));
    await pass(1000);
    const { low, high } = session.view.value.rows;
    expect(high - low).toBeCloseTo(122, 0);
    session.take(stream_message(51, 'delta'));
    expect(session.view.value.rows, 'and then it stays').toEqual({ low, high });
    vi.useRealTimers();
  });
  it('drops what it knows when the service has another series', async () => {
    vi.useFakeTimers();
    const { service, session, known } = service_of(50);
    await session.start();
    await pass(0);
    Object.assign(service, { series: 'second', column_end: 30 });
    session.take(stream_message(29, 'snapshot'));
    session.on_gap({ ...stream_message(29, 'snapshot') });
    await pass(1000);
    expect(service.named[0]).toBe('first');
    expect(service.named.at(-1)).toBe('second');
    expect(session.instrument.value?.column_end).toBe(30);
    expect(known()).toEqual(all(30));
    vi.useRealTimers();
  });
});

describe('a map that is begun', () => {
  it('keeps a linked time until there is a first column, and later ones are awaited', async () => {
    vi.useFakeTimers();
    for (const [days, is_kept] of [[-400, false], [400, true]] as const) {
      const { service, session } = service_of(0);
      session.view.value = { ...session.view.value, is_live: false,
        as_of: unix_ms(first + days * 86_400_000) };
      await session.start();
      await pass(0);
      expect(session.phase.value).toBe('empty');
      expect(session.view.value.as_of).not.toBeNull();
      service.column_end = 50;
      session.check_instrument();
      await pass(0);
      expect(session.view.value.as_of !== null).toBe(is_kept);
    }
    vi.useRealTimers();
  });
  it('is empty again when its service begins anew', async () => {
    vi.useFakeTimers();
    const { service, session } = service_of(50);
    await session.start();
    await pass(0);
    expect(session.phase.value).not.toBe('empty');
    service.column_end = 0;
    session.take({ ...stream_message(50, 'snapshot'), data: null });
    session.check_instrument();
    await pass(0);
    expect(session.problems.first.value).toBeNull();
    expect(session.phase.value).toBe('empty');
    expect(session.newest_column.value).toBeNull();
    vi.useRealTimers();
  });
});
