import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CellLook } from './cell_look.ts';
import { cell_makeup_of } from './cell_makeup.ts';
import type { CellPlace } from './cell_look.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const place = (column: number, row = 7, first = column): CellPlace =>
  ({ instrument: 'a:B', first, column, row, is_newest: false });
const newest = (column: number, row = 7, first = column): CellPlace =>
  ({ ...place(column, row, first), is_newest: true });

function side_of(is_kept: boolean): object {
  return { notional_at_risk_usd: 100, mean_age_s: is_kept ? 90 : null,
    density_interval: is_kept ? { p10: 1, p50: 4, p90: 9 } : null,
    parts: [{ id: 'age_1h', notional_at_risk_usd: 40 }] };
}

const body_of = (index: number, row: number, is_kept = true) => ({ header: {}, index, row,
  as_of: '2025-12-01T00:00:00Z', price_low: 1, price_high: 2, mark: 1.5, long: side_of(is_kept),
  short: side_of(is_kept) });

// A service that answers when it is told to, `late` columns before the one it was asked for.
function look_of({ is_broken = false, late = 0, other_row = 0 } = {}) {
  const asked: { column: number; signal: AbortSignal; answer: () => void }[] = [];
  const look = new CellLook({ bytes: (_, query, __, signal) => new Promise((done, fail) => {
    const [column, row] = [Number(query['column']), Number(query['row'])];
    signal?.addEventListener('abort', () => fail(new DOMException('given up', 'AbortError')));
    asked.push({ column, signal: signal as AbortSignal, answer: () => {
      if (is_broken) fail(new Error('broken'));
      const text = JSON.stringify(body_of(column - late, row + other_row));
      done({ bytes: new TextEncoder().encode(text).buffer as ArrayBuffer, etag: null });
    } });
  }) });
  const rest = async (at: CellPlace): Promise<void> => {
    look.point_at(at);
    await vi.advanceTimersByTimeAsync(200);
    asked.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { look, asked, rest };
}

describe('an answer about a cell', () => {
  it('says by side what waits, for how long, and in which parts', () => {
    const { index, sides } = cell_makeup_of(body_of(5, 7));
    expect(index).toBe(5);
    expect(sides.long).toMatchObject({ usd: 100, mean_age: 90_000,
      interval: { p10: 1, p50: 4, p90: 9 } });
    expect([...sides.short.parts]).toEqual([['age_1h', 40]]);
    const old = cell_makeup_of(body_of(5, 7, false)).sides.long;
    expect([old.mean_age, old.interval]).toEqual([null, null]);
  });
  it('may have parts that are not known yet', () => {
    const side = { ...side_of(true), parts: [{ id: 'age_24h', notional_at_risk_usd: null }] };
    const { sides } = cell_makeup_of({ ...body_of(5, 7), long: side });
    expect([...sides.long.parts]).toEqual([['age_24h', null]]);
  });
  it('that is not as documented is refused by name', () => {
    const body = body_of(5, 7);
    expect(() => cell_makeup_of({ ...body, row: null })).toThrow('row');
    expect(() => cell_makeup_of({ ...body, long: { ...body.long, parts: [{ id: 3 }] } }))
      .toThrow('long.parts[0].id');
  });
});

describe('looking at a cell', () => {
  it('asks where the crosshair rests, and not where it passes', async () => {
    const { look, asked } = look_of();
    for (const column of [5, 6, 7, 8]) {
      look.point_at(place(column));
      await vi.advanceTimersByTimeAsync(100);
    }
    look.point_at(place(8));
    await vi.advanceTimersByTimeAsync(60);
    expect(asked.map(({ column }) => column)).toEqual([8]);
    expect(look.of(place(8))).toBe('awaited');
    asked[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(look.of(place(8))).toMatchObject({ index: 8, row: 7 });
    expect(look.of(place(8, 9)), 'another row').toBe('awaited');
  });
  it('gives up what it asked for when the crosshair moves on', async () => {
    const { look, asked, rest } = look_of();
    look.point_at(place(5));
    await vi.advanceTimersByTimeAsync(200);
    expect(asked[0]?.signal.aborted).toBe(false);
    await rest(place(5, 8));
    expect(asked[0]?.signal.aborted).toBe(true);
    expect([look.of(place(5)), typeof look.of(place(5, 8))]).toEqual(['awaited', 'object']);
    look.point_at(null);
    expect(typeof look.of(place(5, 8))).toBe('object');
  });
  it('keeps two hundred, those looked at last', async () => {
    const { look, asked, rest } = look_of();
    for (let column = 0; column < 200; column += 1) await rest(place(column));
    look.point_at(place(0));
    await rest(place(200));
    expect([0, 1, 200].map((column) => typeof look.of(place(column))))
      .toEqual(['object', 'string', 'object']);
    expect(asked.length).toBe(201);
  });
  it('takes a column of the texel, and none before it', async () => {
    const { look, rest } = look_of({ late: 3 });
    await rest(place(7, 7, 4));
    expect(look.of(place(7, 7, 4))).toMatchObject({ index: 4 });
    await rest(place(9, 7, 8));
    expect(look.of(place(9, 7, 8))).toBe('not_read');
    const other = look_of({ other_row: 1 });
    await other.rest(place(5));
    expect(other.look.of(place(5))).toBe('not_read');
  });
  it('says what could not be read, and asks again', async () => {
    const { look, asked, rest } = look_of({ is_broken: true });
    await rest(place(5));
    expect(look.of(place(5))).toBe('not_read');
    await rest(place(6));
    await rest(place(5));
    expect(asked.length).toBe(3);
  });
  it('knows nothing of another series', async () => {
    const { look, asked, rest } = look_of();
    await rest(place(5));
    look.clear();
    expect(look.of(place(5))).toBe('awaited');
    await rest(place(5));
    expect([asked.length, typeof look.of(place(5))]).toEqual([2, 'object']);
  });
});

describe('looking at the end of the map', () => {
  const index_of = (look: CellLook, at: CellPlace): number | string => {
    const looked = look.of(at);
    return typeof looked === 'string' ? looked : looked.index;
  };
  it('keeps the last answer until a newer one has come', async () => {
    const { look, asked, rest } = look_of();
    await rest(newest(5));
    await vi.advanceTimersByTimeAsync(5000);
    look.point_at(newest(6));
    expect(index_of(look, newest(6)), 'with its own time').toBe(5);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.map(({ column }) => column), 'without a rest').toEqual([5, 6]);
    expect(index_of(look, newest(6))).toBe(5);
    asked[1]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(index_of(look, newest(6))).toBe(6);
  });
  it('answers at speed, with about one request a second', async () => {
    const { look, asked } = look_of();
    const seen = new Set<number | string>();
    for (let column = 0; column < 100; column += 1) {
      look.point_at(newest(column));
      await vi.advanceTimersByTimeAsync(50);
      asked.at(-1)?.answer();
      await vi.advanceTimersByTimeAsync(0);
      if (column > 4) seen.add(index_of(look, newest(column)));
    }
    expect(seen.has('awaited')).toBe(false);
    expect(asked.every(({ signal }) => !signal.aborted)).toBe(true);
    expect([asked.length >= 4, asked.length <= 6]).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(1100);
    asked.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(index_of(look, newest(99)), 'and the last of all').toBe(99);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.at(-1)?.column).toBe(99);
    expect(asked.filter(({ column }) => column === 99).length).toBe(1);
  });
  it('follows a texel while it grows, and to its end', async () => {
    const { look, rest } = look_of();
    await rest(newest(9, 7, 8));
    look.point_at(place(15, 7, 8));
    expect(index_of(look, place(15, 7, 8))).toBe(9);
    look.point_at(newest(16, 7, 16));
    expect(index_of(look, newest(16, 7, 16)), 'that is not the newest place').toBe('awaited');
  });
  it('shows nothing of another row, another texel or a later time', async () => {
    const { look, rest } = look_of();
    await rest(newest(9));
    for (const at of [newest(10, 8), place(10), newest(8), { ...newest(10), instrument: 'c:D' }]) {
      expect(look.of(at)).toBe('awaited');
    }
    look.point_at(newest(10, 8));
    look.point_at(newest(10));
    expect(look.of(newest(10)), 'it was left').toBe('awaited');
  });
  it('says what could not be read until it can', async () => {
    const { look, asked, rest } = look_of({ is_broken: true });
    await rest(newest(5));
    look.point_at(newest(6));
    expect(look.of(newest(6))).toBe('not_read');
    await vi.advanceTimersByTimeAsync(900);
    expect(asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked.length).toBe(2);
  });
});
