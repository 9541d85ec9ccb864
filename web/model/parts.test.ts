import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { level, ms, row_position, unix_ms } from '../units/unit.ts';
import { instruments_of } from './api_types.ts';
import { profile_csv } from './csv.ts';
import { key_text } from './heatmap_tile.ts';
import { MapSession } from './map_session.ts';
import { empty_tile } from './tile_update.ts';
import { hash_of_view, view_of_hash } from './url_state.ts';
import { kDefaultView, step_part } from './view.ts';
import type { ApiClient, Query } from './api_client.ts';
import type { HeatmapTile } from './heatmap_tile.ts';
import type { Subscription } from './stream_client.ts';
import type { View } from './view.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const first = unix_ms(1_764_547_200_000);
const grid = { first_column: first, column_interval: ms(60_000) };
const iso = (minute: number): string => new Date(first + minute * 60_000).toISOString();
const kParts = [{ id: 'distance_0_2', kind: 'distance', about: 'near' },
  { id: 'age_4h', kind: 'age', about: 'old' }];
const kIds = kParts.map(({ id }) => id);
const instrument = (id: string, column_end: number, parts: object[]) => ({ id, venues: [],
  column_interval_s: 60, is_simulated: true, members: 8, quote: 'USD', first_column: iso(0),
  series: 'first', column_end, row_log: 0.001, row_tiles: [43], parts });
// Codes by which the tests tell parts apart.
const kCodes: Record<string, number> = { '': 700, distance_0_2: 500, age_4h: 600 };

const base64 = (bytes: number[]): string => btoa(String.fromCharCode(...bytes));
function update(column: number, part?: string, kind: 'snapshot' | 'delta' = 'delta') {
  const code = kCodes[part ?? ''] ?? 0;
  const side = { first_row: 43 * 256, codes: base64([code & 255, code >> 8]), wide: base64([0]) };
  const data = { column, time: iso(column), series: { close: column }, long: side, short: side };
  return { channel: 'map', instrument: 'a:B', kind, data,
    ...(part === undefined ? {} : { part }) } as const;
}

function column_body(query: Query, column_end: number): object {
  const side = { first_row: 43 * 256, notional_at_risk_usd: [kCodes[String(query['part'] ?? '')]],
    ...(query['part'] === undefined ? { density_interval: { p10: [1], p50: [2], p90: [3] } }
      : {}) };
  const header = { model_version: 'm', as_of: iso(column_end), is_simulated: true, members: 8,
    coverage: [], assumptions: [] };
  return { header, index: column_end - 1, part: query['part'] ?? null,
    as_of: query['as_of'] ?? iso(column_end - 1), mark: 1, open_interest_usd: null, near: [],
    long: side, short: side };
}

// Two series, the second without parts; each tile has all columns, and the code of its part.
function service_of(view: Partial<View> = {}) {
  const service = { column_end: 50, tiles: [] as string[], maps: [] as Query[],
    absent: new Set<string>(), subscribed: new Set<string>(), as_part: null as string | null,
    is_part_broken: false };
  const decoded: HeatmapTile[] = [];
  const json = async (path: string, query: Query): Promise<unknown> => {
    if (path === '/v1/instruments') {
      return { instruments: [instrument('a:B', service.column_end, kParts),
        instrument('c:D', service.column_end, [])] };
    }
    if (path === '/v1/health') {
      return { status: 'ok', mode: 'demo', now: iso(0), speed: 1, is_over: false, feeds: [],
        model_version: 'm', version: 'v', resumed: null };
    }
    if (path === '/v1/series') return { index: [], header: { as_of: iso(service.column_end - 1) } };
    if (path !== '/v1/map') throw new DOMException('not of this test', 'AbortError');
    service.maps.push(query);
    if (service.is_part_broken && query['part'] !== undefined) throw new Error('broken');
    return column_body(service.as_part === null ? query : { ...query, part: service.as_part },
      service.column_end);
  };
  const bytes = async (_: string, query: Query) => {
    const part = String(query['part'] ?? '');
    service.tiles.push(part);
    if (service.absent.has(part)) return null;
    const tile = empty_tile({ level: level(0), column: 0, row: 43 }, grid);
    tile.column_count.fill(1, 0, service.column_end);
    tile.sides[0].most.fill(kCodes[part] ?? 0);
    decoded.push(tile);
    return { bytes: new ArrayBuffer(0), etag: null };
  };
  const text = ({ channel, part }: Subscription): string => `${channel} ${part ?? ''}`.trim();
  const stream = { subscribe: (to: Subscription) => service.subscribed.add(text(to)),
    unsubscribe: (from: Subscription) => service.subscribed.delete(text(from)) };
  const session = new MapSession({ ...kDefaultView, is_fit: false, is_live: false,
    time: { from: first, to: unix_ms(first + 250 * 60_000) },
    rows: { low: row_position(43 * 256), high: row_position(44 * 256) }, ...view },
  { json, bytes } as unknown as ApiClient, stream, async () => decoded.shift() as HeatmapTile);
  session.resize(600, 400, 1);
  return { service, session };
}

const pass = (time: number) => vi.advanceTimersByTimeAsync(time);

// The code of a column in the tile that is shown, and whether it is known.
function shown(session: MapSession, column: number): [number, number] {
  const [key] = session.tiles_at(level(0));
  const tile = key === undefined ? undefined : session.tiles.peek(key);
  return [tile?.sides[0].most[256 * column] ?? -1, tile?.column_count[column] ?? -1];
}

async function opened(view: Partial<View> = {}) {
  const all = service_of(view);
  await all.session.start();
  await pass(0);
  return all;
}

const choose = async (session: MapSession, part: string | null) => {
  session.change((view) => ({ ...view, part }));
  await pass(0);
};

describe('a part of the positions', () => {
  it('has tiles of its own, and the whole keeps its', async () => {
    const { service, session } = await opened();
    expect(shown(session, 9)).toEqual([700, 1]);
    await choose(session, 'age_4h');
    expect(session.tiles_at(level(0)).map(key_text)).toEqual(['0/0/43/age_4h']);
    expect(shown(session, 9)).toEqual([600, 1]);
    await choose(session, 'distance_0_2');
    expect(shown(session, 9)).toEqual([500, 1]);
    await choose(session, null);
    expect(shown(session, 9)).toEqual([700, 1]);
    expect(service.tiles).toEqual(['', 'age_4h', 'distance_0_2']);
  });
  it('comes live by a subscription of its own, beside that of the whole', async () => {
    const { service, session } = await opened();
    const whole = ['map', 'liquidations', 'clusters', 'health'];
    await choose(session, 'age_4h');
    expect([...service.subscribed]).toEqual([...whole, 'map age_4h']);
    service.column_end = 51;
    session.take(update(50));
    expect(shown(session, 50), 'the whole says nothing of a part').toEqual([600, 0]);
    session.take(update(50, 'distance_0_2'));
    expect(shown(session, 50), 'nor does another part').toEqual([600, 0]);
    session.take(update(50, 'age_4h'));
    expect(shown(session, 50)).toEqual([600, 1]);
    await pass(1000);
    expect(service.tiles, 'a column that follows costs no request').toEqual(['', 'age_4h']);
    await choose(session, 'distance_0_2');
    expect([...service.subscribed]).toEqual([...whole, 'map distance_0_2']);
    await choose(session, null);
    expect([...service.subscribed]).toEqual(whole);
  });
  it('is read again where it has holes, after it was left and after a lost stream', async () => {
    const { service, session } = await opened({ part: 'age_4h' });
    await choose(session, null);
    for (const column of [50, 51, 52]) {
      service.column_end = column + 1;
      session.take(update(column));
    }
    await choose(session, 'age_4h');
    session.take(update(52, 'age_4h', 'snapshot'));
    await pass(1000);
    expect([50, 52].map((column) => shown(session, column)[1])).toEqual([1, 1]);
    service.column_end = 60;
    session.take(update(59));
    session.on_gap(update(59, 'age_4h', 'snapshot'));
    session.take(update(59, 'age_4h', 'snapshot'));
    await pass(1000);
    expect([54, 59].map((column) => shown(session, column)[1])).toEqual([1, 1]);
  });
});

describe('a part that is not known yet', () => {
  it('is not asked for again and again, and comes once it is known', async () => {
    const { service, session } = await opened();
    service.absent.add('age_4h');
    await choose(session, 'age_4h');
    session.take({ ...update(49, 'age_4h', 'snapshot'), data: null });
    for (let column = 50; column < 60; column += 1) {
      service.column_end = column + 1;
      session.take(update(column));
      await pass(1000);
    }
    expect(service.tiles).toEqual(['', 'age_4h']);
    expect(shown(session, 55)).toEqual([-1, -1]);
    service.absent.clear();
    service.column_end = 61;
    session.take(update(60));
    session.take(update(60, 'age_4h'));
    await pass(1000);
    expect(shown(session, 60)).toEqual([600, 1]);
    expect(service.tiles).toEqual(['', 'age_4h', 'age_4h']);
  });
  it('costs no request a column where its tile is there and empty', async () => {
    const { service, session } = await opened({ part: 'age_4h' });
    session.take({ ...update(49, 'age_4h', 'snapshot'), data: null });
    for (let column = 50; column < 55; column += 1) {
      service.column_end = column + 1;
      session.take(update(column));
      await pass(1000);
    }
    expect(service.tiles).toEqual(['age_4h']);
  });
});

describe('the rows of a part', () => {
  it('have no band, and the whole goes on beside it', async () => {
    const { service, session } = await opened({ part: 'age_4h' });
    const rows = () => session.profile.value?.sides.long;
    expect([rows()?.mean, rows()?.p10]).toEqual([[600], null]);
    expect(session.column.value?.sides.long.p10).toEqual([1]);
    await choose(session, 'distance_0_2');
    expect(rows()?.mean).toEqual([500]);
    session.look_back_to(unix_ms(first + 20 * 60_000));
    expect(session.profile.value, 'rows of now are not those of then').toBeNull();
    await pass(0);
    expect(session.profile.value?.as_of).toBe(first + 20 * 60_000);
    await choose(session, null);
    expect(rows()?.mean).toEqual([700]);
    expect(service.maps.filter(({ part }) => part !== undefined).map(({ part, as_of }) =>
      [part, as_of === undefined])).toEqual(
      [['age_4h', true], ['distance_0_2', true], ['distance_0_2', false]]);
  });
  it('are never later than the play head', async () => {
    const { service, session } = await opened({ part: 'age_4h' });
    const at = (minute: number) => unix_ms(first + minute * 60_000);
    const shown_as_of = () => session.profile.value?.as_of ?? null;
    session.look_back_to(at(30));
    await pass(0);
    expect([shown_as_of(), session.is_column_late.value]).toEqual([at(30), false]);
    service.is_part_broken = true;
    session.look_back_to(at(20));
    expect(shown_as_of()).toBeNull();
    await pass(0);
    expect([shown_as_of(), session.is_column_late.value]).toEqual([null, true]);
    expect(session.column.value?.as_of, 'of the whole').toBe(at(20));
    for (let i = 0; i < 9; i += 1) {
      session.refresh();
      await pass(100);
    }
    expect(service.maps.filter(({ part }) => part !== undefined).length).toBe(3);
    expect(session.problems.first.value).toBe('broken');
    service.is_part_broken = false;
    await pass(200);
    expect(session.problems.first.value).toBeNull();
    expect([shown_as_of(), session.is_column_late.value]).toEqual([at(20), false]);
    session.look_back_to(at(25));
    expect([shown_as_of(), session.is_column_late.value], 'earlier').toEqual([at(20), true]);
  });
  it('are read once when all is read again', async () => {
    const { service, session } = await opened({ part: 'age_4h' });
    service.maps.length = 0;
    session.renew();
    await pass(100);
    expect(service.maps.map(({ part }) => part ?? 'all').sort()).toEqual(['age_4h', 'all']);
    session.take(update(50));
    await pass(1000);
    expect(service.maps.length, 'and with a column').toBe(4);
  });
  it('are of nothing else', async () => {
    const { service, session } = await opened();
    service.as_part = 'distance_0_2';
    await choose(session, 'age_4h');
    expect(session.profile.value).toBeNull();
    expect(session.problems.first.value).toMatch(/not of age_4h/);
  });
});

describe('a part that is not there', () => {
  it('is said, and all positions are shown', async () => {
    const { service, session } = await opened({ part: 'age_9h' });
    expect(session.view.value.part).toBeNull();
    expect(session.note.value).toBe('The series has no part age_9h; these are all positions');
    expect(service.tiles).toEqual(['']);
    session.change((view) => view_of_hash('#part=nothing', view));
    session.keep_within();
    expect(session.view.value.part).toBeNull();
    expect(session.note.value).toMatch(/no part nothing/);
  });
  it('is left with the series that has it', async () => {
    const { service, session } = await opened({ part: 'age_4h' });
    const other = session.instruments.value.find(({ id }) => id === 'c:D');
    if (other === undefined) throw new Error('two series');
    session.open(other);
    await pass(0);
    expect([session.view.value.part, session.profile.value?.part]).toEqual([null, null]);
    expect([...service.subscribed]).toEqual(['map', 'liquidations', 'clusters', 'health']);
  });
  it('of a kind that no document knows is refused', () => {
    expect(() => instruments_of({ instruments: [instrument('a:B', 1,
      [{ id: 'x', kind: 'colour', about: '' }])] })).toThrow('parts[0].kind');
  });
});

describe('parts in the view', () => {
  it('go round in both directions', () => {
    const ids = (by: 1 | -1): (string | null)[] => {
      let view: View = kDefaultView;
      return [0, 1, 2].map(() => {
        view = step_part(view, kIds, by);
        return view.part;
      });
    };
    expect(ids(1)).toEqual([...kIds, null]);
    expect(ids(-1)).toEqual([...[...kIds].reverse(), null]);
    expect(step_part({ ...kDefaultView, part: 'age_4h' }, [], 1).part).toBeNull();
  });
  it('are in the address', () => {
    for (const part of ['age_4h', 'bybit_linear:ETHUSDT', null]) {
      const hash = hash_of_view({ ...kDefaultView, part });
      expect(hash.includes('part=')).toBe(part !== null);
      expect(view_of_hash(hash).part).toBe(part);
    }
    expect(view_of_hash('#part=').part).toBeNull();
  });
  it('are said in text for other programs', async () => {
    const { session } = await opened({ part: 'age_4h' });
    const column = session.profile.value;
    if (column === null) throw new Error('no rows');
    const text = profile_csv(column, 'a:B', ['Only positions open for at least 4 h']);
    expect(text).toMatch(/\n# part: age_4h\n# Only positions open for at least 4 h\n/);
  });
});
