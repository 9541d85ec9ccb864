import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { unix_ms } from '../units/unit.ts';
import { ColumnLook } from './column_look.ts';
import type { Place } from './column_look.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const place = (column: number): Place =>
  ({ instrument: 'a:B', column, as_of: unix_ms(60_000 * column) });

function body_of(has_band: boolean): object {
  const side = { first_row: 7, notional_at_risk_usd: [5],
    ...(has_band ? { density_interval: { p10: [1], p50: [4], p90: [9] } } : {}) };
  const header = { model_version: 'm', as_of: '2025-12-01T00:00:00Z', members: 9, coverage: [],
    assumptions: [] };
  return { header, as_of: '2025-12-01T00:00:00Z', mark: 100, near: [], long: side, short: side };
}

// A service whose columns from `kept_from` on have bands; it answers when it is told to.
function look_of(kept_from: number, is_broken = false) {
  const asked: { column: number; signal: AbortSignal; answer: () => void }[] = [];
  const look = new ColumnLook({ bytes: (_, query, __, signal) => new Promise((done, fail) => {
    const column = Date.parse(String(query['as_of'])) / 60_000;
    signal?.addEventListener('abort', () => fail(new DOMException('given up', 'AbortError')));
    asked.push({ column, signal: signal as AbortSignal, answer: () => {
      if (is_broken) fail(new Error('broken'));
      const text = JSON.stringify(body_of(column >= kept_from));
      done({ bytes: new TextEncoder().encode(text).buffer as ArrayBuffer, etag: null });
    } });
  }) });
  const rest = async (column: number): Promise<void> => {
    look.point_at(place(column));
    await vi.advanceTimersByTimeAsync(200);
    asked.at(-1)?.answer();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { look, asked, rest };
}

describe('looking at a column', () => {
  it('asks where the crosshair rests, and not where it passes', async () => {
    const { look, asked } = look_of(0);
    for (const column of [5, 6, 7, 8]) {
      look.point_at(place(column));
      await vi.advanceTimersByTimeAsync(100);
    }
    look.point_at(place(8));
    await vi.advanceTimersByTimeAsync(60);
    expect(asked.map(({ column }) => column)).toEqual([8]);
    expect(look.of(8)).toBe('awaited');
    asked[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(look.of(8)).toMatchObject({ sides: { long: { p10: [1], p90: [9] } } });
  });
  it('gives up what it asked for when the crosshair moves on', async () => {
    const { look, asked, rest } = look_of(0);
    look.point_at(place(5));
    await vi.advanceTimersByTimeAsync(200);
    expect(asked[0]?.signal.aborted).toBe(false);
    await rest(6);
    expect(asked[0]?.signal.aborted).toBe(true);
    expect([look.of(5), typeof look.of(6)]).toEqual(['awaited', 'object']);
    look.point_at(null);
    expect(typeof look.of(6)).toBe('object');
  });
  it('keeps fifty, those looked at last', async () => {
    const { look, asked, rest } = look_of(0);
    for (let column = 0; column < 50; column += 1) await rest(column);
    look.point_at(place(0));
    await rest(50);
    expect([look.of(0), look.of(1), look.of(50)].map((one) => typeof one))
      .toEqual(['object', 'string', 'object']);
    expect(asked.length).toBe(51);
  });
  it('asks for nothing before a column that has no band', async () => {
    const { look, asked, rest } = look_of(100);
    await rest(60);
    await rest(40);
    expect([look.of(60), look.of(40), look.of(61)]).toEqual(['not_kept', 'not_kept', 'awaited']);
    expect(asked.length).toBe(1);
  });
  it('says what could not be read, and asks again', async () => {
    const { look, asked, rest } = look_of(0, true);
    await rest(5);
    expect(look.of(5)).toBe('not_read');
    await rest(6);
    await rest(5);
    expect(asked.length).toBe(3);
  });
  it('knows nothing of another series', async () => {
    const { look, asked, rest } = look_of(0);
    await rest(5);
    look.clear();
    expect(look.of(5)).toBe('awaited');
    await rest(5);
    expect([asked.length, typeof look.of(5)]).toEqual([2, 'object']);
  });
});
