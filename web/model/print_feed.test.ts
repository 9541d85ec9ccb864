import { effect } from '@preact/signals';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { price, unix_ms, usd } from '../units/unit.ts';
import { BackOff } from './back_off.ts';
import { PrintFeed } from './print_feed.ts';
import { Problems } from './problems.ts';
import type { Query } from './api_client.ts';
import type { Liquidation } from './api_types.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const turn = () => vi.advanceTimersByTimeAsync(0);
const range = { from: unix_ms(0), to: unix_ms(2 ** 23) };
const kMs = 1000;
// The number of a print says when it came; those of higher numbers come first in an answer.
const print = (number: number, size: number): Liquidation =>
  ({ time: unix_ms(number * kMs), side: 'long', price: price(1000), usd: usd(size) });
const prints_of = (count: number, size_of: (number: number) => number): Liquidation[] =>
  Array.from({ length: count }, (_, i) => print(count - i, size_of(count - i)));

// Of 25, one is large and four are of middle size.
const mixed = (number: number): number =>
  (number % 25 === 0 ? 20_000 : number % 5 === 0 ? 5000 : 50);

function feed_of(prints: Liquidation[]) {
  const service = { prints, asked: [] as number[], broken_at: 0, errors: [] as unknown[], due: 0,
    is_endless: false, waits_over: 0 };
  const json = async (_: string, query: Query): Promise<unknown> => {
    const least = Number(query['min_usd']);
    service.asked.push(least);
    if (service.asked.length === service.broken_at) throw new Error('broken');
    return { liquidations: service.prints
      .filter((one) => service.is_endless || one.usd >= least).slice(0, Number(query['limit']))
      .map((one) => ({ ...one, time: new Date(one.time).toISOString() })) };
  };
  const feed = new PrintFeed({ api: { json }, on_error: (error) => { service.errors.push(error); },
    on_read: () => undefined, on_wait_over: () => { service.waits_over += 1; },
    on_due: () => { service.due += 1; } });
  const read = async (is_renewal = false, instrument = 'a:B') => {
    feed.read(instrument, range, is_renewal);
    await turn();
  };
  const sizes = (): number[] => feed.all.value.map((one) => one.usd);
  return { service, feed, read, sizes };
}

describe('a feed of too many prints', () => {
  it('shows nothing that is not whole, and what was until then', async () => {
    const { service, feed, read } = feed_of(prints_of(1500, mixed));
    const seen: number[][] = [];
    effect(() => { seen.push([feed.all.value.length, feed.min_usd.value]); });
    await read();
    expect(seen).toEqual([[0, 0], [300, 100]]);
    expect(feed.known.value).toEqual(range);
    service.prints = prints_of(7500, mixed);
    await read(true);
    expect(service.asked, 'begins with the size that is shown').toEqual([0, 100, 100, 10_000]);
    expect(seen).toEqual([[0, 0], [300, 100], [300, 10_000]]);
    expect(feed.known.value).toEqual(range);
  });
  it('looks for smaller ones when there are few', async () => {
    const { service, feed, read, sizes } = feed_of(prints_of(1500, mixed));
    await read();
    service.prints = prints_of(50, (number) => 2000 + number);
    await read(true);
    service.prints = prints_of(60, (number) => 10 * number);
    await read(true);
    expect(feed.min_usd.value).toBe(0);
    expect(sizes()).toEqual(service.prints.map((one) => one.usd));
  });
  it('that cannot be read to the end says since when it has all', async () => {
    const { service, feed, read } = feed_of(prints_of(1500, mixed));
    service.broken_at = 2;
    await read();
    expect(service.errors.length).toBe(1);
    expect([feed.all.value.length, feed.min_usd.value]).toEqual([1000, 0]);
    expect(feed.known.value).toEqual({ from: 501 * kMs + 1, to: range.to });
  });
  it('says since when it has all where no size leaves few enough', async () => {
    const { service, feed, read } = feed_of(prints_of(1500, () => 50));
    service.is_endless = true;
    await read();
    expect(service.asked.length).toBe(6);
    expect(feed.min_usd.value).toBe(service.asked[5]);
    expect(feed.known.value).toEqual({ from: 501 * kMs + 1, to: range.to });
  });
  it('says since when it has all while the oldest are left out', async () => {
    const { service, feed, read } = feed_of(prints_of(900, () => 50));
    await read();
    for (let number = 901; number <= 2010; number += 1) feed.take([print(number, 50)]);
    expect(feed.all.value.length).toBe(2000);
    expect(feed.known.value).toEqual({ from: 10 * kMs + 1, to: range.to });
    expect(service.due).toBe(11);
  });
});

describe('a feed of prints that is cleared', () => {
  it('has nothing of the instrument before, nor its least size', async () => {
    const { feed, read, sizes } = feed_of(prints_of(1500, mixed));
    await read();
    expect(feed.min_usd.value).toBe(100);
    feed.clear();
    expect([feed.min_usd.value, feed.known.value]).toEqual([0, null]);
    feed.take([print(1, 20)]);
    expect(sizes()).toEqual([20]);
  });
});

describe('a feed of prints that fails', () => {
  it('waits also with the renewal that was asked for meanwhile', async () => {
    const { service, feed, read } = feed_of([print(1, 20)]);
    service.broken_at = 1;
    feed.read('a:B', range, false);
    await read(true);
    expect([service.asked.length, service.waits_over]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([service.asked.length, service.waits_over]).toEqual([1, 1]);
  });
});

describe('problems', () => {
  it('end by their source alone, and the one that has lasted longest is told', () => {
    const problems = new Problems();
    problems.tell('a', new Error('first'));
    problems.tell('b', 'second');
    problems.tell('a', new Error('first again'));
    problems.tell('c', new DOMException('given up', 'AbortError'));
    expect(problems.first.value).toBe('first again');
    problems.end('a');
    expect(problems.first.value).toBe('second');
    problems.end('b');
    expect(problems.first.value).toBeNull();
  });
});

describe('a pause', () => {
  it('is twice as long each time, up to half a minute, and over for what is other', async () => {
    const over = vi.fn();
    const pause = new BackOff(over);
    const lengths: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      pause.failed('a');
      let waited = 0;
      for (; !pause.may_ask('a'); waited += 1) await vi.advanceTimersByTimeAsync(1000);
      lengths.push(waited);
    }
    expect(lengths).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect(over).toHaveBeenCalledTimes(7);
    pause.failed('a');
    expect(pause.may_ask('b')).toBe(true);
    expect(pause.may_ask('a')).toBe(true);
    pause.failed('a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(over, 'nobody has asked').toHaveBeenCalledTimes(7);
    expect(pause.may_ask('a'), 'it has begun anew').toBe(true);
  });
});
