import { describe, expect, it, vi } from 'vitest';

import { unix_ms, level, ms } from '../units/unit.ts';
import { ApiClient, ApiError, refusal_text } from './api_client.ts';
import { series_of, series_of_entry } from './api_series.ts';
import { health_of, map_of } from './api_types.ts';
import { column_message_of } from './column_message.ts';
import { ColumnLog } from './growth.ts';
import { ShapeError } from './json.ts';
import { KeyGate, protocols_of } from './key_gate.ts';
import { SeriesStore } from './series_store.ts';
import { StreamClient } from './stream_client.ts';
import type { Socket, StreamState } from './stream_client.ts';

type Answer = [status: number, body: unknown, headers?: Record<string, string>] | Error;

function client_of(answers: Answer[], keys?: KeyGate) {
  const seen: [string, RequestInit][] = [];
  const slept: number[] = [];
  const client = new ApiClient({
    base: '',
    ...(keys === undefined ? {} : { keys }),
    random: () => 0.5,
    sleep: async (delay) => { slept.push(delay); },
    fetch: async (url, init) => {
      seen.push([url, init]);
      const answer = answers.shift();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('too many');
      const body = answer[0] === 304 ? null : JSON.stringify(answer[1]);
      return new Response(body, { status: answer[0], headers: answer[2] ?? {} });
    },
  });
  return { client, seen, slept };
}

describe('the API client', () => {
  it('asks with the ETag and takes what it has', async () => {
    const { client, seen } = client_of([[200, { a: 1 }, { etag: '"x"' }], [304, null]]);
    expect(await client.json('/v1/map', { instrument: 'a:b' })).toEqual({ a: 1 });
    expect(await client.json('/v1/map', { instrument: 'a:b' })).toEqual({ a: 1 });
    expect(seen[0]?.[0]).toBe('/v1/map?instrument=a%3Ab');
    expect(seen[1]?.[1].headers).toEqual({ 'If-None-Match': '"x"' });
  });
  it('tries again what may pass, later each time', async () => {
    const { client, slept } = client_of([new Error('net'), [503, {}], [429, {}], [200, 7]]);
    expect(await client.json('/v1/x', {})).toBe(7);
    expect(slept).toEqual([300, 600, 1200]);
  });
  it('gives up in the end, and at once on what will not pass', async () => {
    const errors = [new Error('1'), new Error('2'), new Error('3'), new Error('4')];
    await expect(client_of(errors).client.json('/v1/x', {})).rejects.toThrow('4');
    const refused = client_of([[400, { detail: 'no such level', errc: 104 }]]);
    const error = await refused.client.json('/v1/x', {}).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400, errc: 104, message: 'no such level' });
    expect(refused.seen.length).toBe(1);
  });
  it('says null for a tile that is not there or is still the same', async () => {
    expect(await client_of([[404, {}]]).client.bytes('/t', {})).toBeNull();
    expect(await client_of([[304, null]]).client.bytes('/t', {}, '"e"')).toBeNull();
  });
});

function gate_of(kept: string | null, trials: (number | null)[]) {
  const store = { kept };
  const tried: string[] = [];
  const gate = new KeyGate({
    read: () => store.kept,
    write: (key) => { store.kept = key; },
  }, async (key) => {
    tried.push(key);
    return trials.shift() ?? null;
  });
  return { gate, store, tried };
}

describe('the key', () => {
  const key_of = ([, init]: [string, RequestInit]) =>
    new Headers(init.headers).get('Authorization');

  it('is asked for by a 401, and everything that waits goes on with it', async () => {
    const { gate, store } = gate_of(null, [401, 200]);
    const { client, seen } = client_of([[401, {}], [401, {}], [200, 1], [200, 2]], gate);
    const both = Promise.all([client.json('/v1/a', {}), client.send('POST', '/v1/b', { x: 1 })]);
    await vi.waitFor(() => expect(gate.is_asking.value).toBe(true));
    await gate.give(' fl_wrong ');
    expect(gate.problem.value).toMatch(/does not know this key/);
    expect(seen.length).toBe(2);
    await gate.give('fl_right');
    expect((await both).sort()).toEqual([1, 2]);
    expect(seen.map(key_of)).toEqual([null, null, 'Bearer fl_right', 'Bearer fl_right']);
    expect(seen.every(([url]) => !url.includes('fl_'))).toBe(true);
    expect(store.kept).toBe('fl_right');
    expect(gate.is_asking.value).toBe(false);
  });
  it('that was kept is used at once, and is told when it is no longer accepted', async () => {
    const { gate } = gate_of('fl_old', []);
    const { client, seen } = client_of([[200, 1], [401, {}]], gate);
    await client.bytes('/v1/heatmap/tile', {});
    expect(seen.map(key_of)).toEqual(['Bearer fl_old']);
    const gone = new AbortController();
    const waits = client.json('/v1/a', {}, gone.signal);
    await vi.waitFor(() => expect(gate.problem.value).toMatch(/no longer accepted/));
    gone.abort();
    await expect(waits).rejects.toThrow('given up');
  });
  it('says why it is not taken', async () => {
    const { gate, tried } = gate_of(null, [403, 429, 500, null]);
    const said = async (key: string): Promise<string | null> => {
      await gate.give(key);
      return gate.problem.value;
    };
    expect(await said('no spaces')).toMatch(/letters, digits/);
    expect(tried).toEqual([]);
    expect(await said('a')).toMatch(/not allow to read/);
    expect(await said('a')).toMatch(/Too many/);
    expect(await said('a')).toMatch(/answers 500/);
    expect(await said('a')).toMatch(/does not answer/);
    expect(gate.key).toBeNull();
  });
  it('may be changed, and kept when nothing else is given', () => {
    const { gate } = gate_of('fl_old', []);
    gate.ask();
    gate.close();
    expect([gate.is_asking.value, gate.key]).toEqual([false, 'fl_old']);
    gate.refused('fl_old');
    gate.close();
    expect(gate.is_asking.value).toBe(true);
    expect(protocols_of('fl_old')).toEqual(['faultline', 'key.fl_old']);
    expect(protocols_of(null)).toEqual([]);
  });
  it('that lacks a scope is told in words, and nothing else is', () => {
    expect(refusal_text(new ApiError(403, 'x', 411), 'lab')).toMatch(/scope lab/);
    expect(refusal_text(new ApiError(403, 'foreign origin', 412), 'lab')).toBe('foreign origin');
  });
});

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: unknown[] = [];
  send(text: string): void { this.sent.push(JSON.parse(text)); }
  close(): void { this.onclose?.(); }
  say(seq: number, kind: string, more: object = {}): void {
    const text = { channel: 'map', instrument: 'a:b', seq, kind, data: seq, ...more };
    this.onmessage?.({ data: JSON.stringify(text) });
  }
}

function stream_of() {
  vi.useFakeTimers();
  const sockets: FakeSocket[] = [];
  const log: unknown[] = [];
  const states: StreamState[] = [];
  const stream = new StreamClient({
    open: () => { sockets.push(new FakeSocket()); return sockets.at(-1) as FakeSocket; },
    set_timer: (run, delay) => setTimeout(run, delay) as unknown as number,
    clear_timer: (timer) => clearTimeout(timer),
    random: () => 1,
    stale_after_ms: 10_000,
    on_message: ({ data }) => log.push(data),
    on_gap: () => log.push('gap'),
    on_state: (state) => states.push(state),
  });
  stream.subscribe({ channel: 'map', instrument: 'a:b' });
  stream.start();
  sockets[0]?.onopen?.();
  return { stream, sockets, log, states };
}

describe('the stream', () => {
  it('counts: a hole and a merge are gaps, a repetition is nothing', () => {
    const { sockets: [socket], log } = stream_of();
    socket?.say(5, 'snapshot');
    socket?.say(6, 'delta');
    socket?.say(6, 'delta');
    socket?.say(8, 'delta');
    socket?.say(9, 'delta', { coalesced: 3 });
    expect(log).toEqual([5, 6, 'gap', 8, 'gap', 9]);
  });
  it('comes back later each time and goes on where it was', () => {
    const { sockets, log, states } = stream_of();
    sockets[0]?.say(5, 'snapshot');
    sockets[0]?.close();
    vi.advanceTimersByTime(499);
    expect(sockets.length).toBe(1);
    vi.advanceTimersByTime(1);
    sockets[1]?.close();
    vi.advanceTimersByTime(999);
    expect(sockets.length).toBe(2);
    vi.advanceTimersByTime(1);
    sockets[2]?.onopen?.();
    expect(sockets[2]?.sent).toEqual(
      [{ op: 'subscribe', channel: 'map', instrument: 'a:b', since: 5 }]);
    sockets[2]?.say(6, 'delta');
    expect(log).toEqual([5, 6]);
    expect(states).toEqual(['connecting', 'open', 'reconnecting', 'open']);
  });
  it('counts a part by itself, and goes on with it where it was', () => {
    const { stream, sockets, log } = stream_of();
    const part = { channel: 'map', instrument: 'a:b', part: 'age_4h' } as const;
    stream.subscribe(part);
    sockets[0]?.say(5, 'snapshot');
    sockets[0]?.say(7, 'snapshot', { part: 'age_4h', data: 'part' });
    sockets[0]?.say(6, 'delta');
    sockets[0]?.say(8, 'delta', { part: 'age_4h', data: 'part' });
    sockets[0]?.say(9, 'delta', { part: 'age_1h', data: 'of nobody' });
    expect(log).toEqual([5, 'part', 6, 'part']);
    sockets[0]?.close();
    vi.advanceTimersByTime(500);
    sockets[1]?.onopen?.();
    expect(sockets[1]?.sent).toEqual([
      { op: 'subscribe', channel: 'map', instrument: 'a:b', since: 6 },
      { op: 'subscribe', ...part, since: 8 }]);
    stream.unsubscribe(part);
    expect(sockets[1]?.sent.at(-1)).toEqual({ op: 'unsubscribe', ...part });
    sockets[1]?.say(7, 'delta');
    sockets[1]?.say(9, 'delta', { part: 'age_4h', data: 'late' });
    expect(log.slice(4)).toEqual([7]);
  });
  it('is stale in silence, and then dead', () => {
    const { sockets, states } = stream_of();
    vi.advanceTimersByTime(10_000);
    expect(states.at(-1)).toBe('stale');
    vi.advanceTimersByTime(10_000);
    expect(states.at(-1)).toBe('reconnecting');
    vi.advanceTimersByTime(500);
    expect(sockets.length).toBe(2);
  });
  it('does not count what nobody wants any more', () => {
    const { stream, sockets: [socket], log } = stream_of();
    stream.unsubscribe({ channel: 'map', instrument: 'a:b' });
    socket?.say(1, 'snapshot');
    expect(log).toEqual([]);
    stream.stop();
    vi.useRealTimers();
  });
});

describe('answers', () => {
  it('that are not as documented are refused by name', () => {
    expect(() => health_of({ status: 'ok', mode: 'demo', now: 'yesterday' })).toThrow('now');
    expect(() => map_of({ header: null })).toThrow(ShapeError);
    expect(() => column_message_of({ column: 1 })).toThrow(ShapeError);
  });
  it('of the stream have codes of two bytes, little end first', () => {
    const side = { first_row: 3, codes: btoa('\x01\x02\xff\x00'), wide: btoa('\x02') };
    const message = column_message_of({
      column: 9, time: '2025-12-01T00:09:00Z', series: {}, long: side, short: side,
    });
    expect([...message.sides[1].codes]).toEqual([513, 255]);
    expect([...message.sides[0].wide]).toEqual([2]);
  });
});

describe('series', () => {
  const grid = { first_column: unix_ms(1_764_547_200_000), column_interval: ms(60_000) };
  const whole = (column_end: number) => ({ column_end, is_cut: false });
  const range = { from: grid.first_column, to: unix_ms(grid.first_column + 4 * 60_000) };

  it('merge new columns at every level, and forget an interval they cannot merge', () => {
    const store = new SeriesStore(grid);
    const entry = (low: number, high: number, close: number, printed: number | null) => ({
      open: low, low, high, close, printed_usd: { long: printed, short: 1 },
      liquidation_interval: { long: { low: 1, high: 9 }, short: null },
    });
    const first = series_of_entry(0, entry(5, 9, 8, 10));
    for (const at of [0, 1]) store.put({ level: level(at), chunk: 0 }, first, 1);
    const log = new ColumnLog();
    const side = { first_row: 0, codes: new Uint16Array(), wide: new Uint8Array() };
    log.add({ column: 1, sides: [side, side], series: series_of_entry(1, entry(4, 8, 6, 7)) });
    for (const at of [0, 1, 1]) store.grow({ level: level(at), chunk: 0 }, log);
    const coarse = store.slice(level(1), range, whole(2));
    expect(coarse.times).toEqual([range.from]);
    expect(coarse.fields.open).toEqual([5]);
    expect(coarse.fields.low).toEqual([4]);
    expect(coarse.fields.close).toEqual([6]);
    expect(coarse.fields['printed_usd.long']).toEqual([17]);
    const fine = store.slice(level(0), range, whole(2));
    expect(fine.fields['printed_usd.long']).toEqual([10, 7]);
    expect(fine.fields['liquidation_interval.long.high']).toEqual([9, 9]);
    expect(fine.fields['liquidation_interval.short.high']).toEqual([Number.NaN, Number.NaN]);
    expect(fine.fields.funding_rate[0]).toBeNaN();
  });
  it('keep holes as unknown', () => {
    const store = new SeriesStore(grid);
    store.put({ level: level(0), chunk: 0 }, series_of({ index: [0, 2], open: [1, 3] }));
    expect(store.slice(level(0), range, whole(4)).fields.open)
      .toEqual([1, Number.NaN, 3, Number.NaN]);
  });
});
