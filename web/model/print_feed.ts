import { signal } from '@preact/signals';

import { rfc3339 } from '../units/time.ts';
import { unix_ms, usd } from '../units/unit.ts';
import { is_abort } from './api_client.ts';
import { liquidations_of } from './api_types.ts';
import { span_of } from './view.ts';
import type { UnixMs, Usd } from '../units/unit.ts';
import type { ApiClient } from './api_client.ts';
import type { Liquidation } from './api_types.ts';
import type { TimeRange } from './tile_grid.ts';

// The largest printed liquidations of the range that is shown, and those that came by the stream
// since they were read, drawn or not: the read-out counts them too.

export type PrintFeedOptions = {
  readonly api: Pick<ApiClient, 'json'>;
  readonly on_error: (error: unknown) => void;
  readonly on_due: () => void; // too many: they are to be read anew
};

type Range = { readonly instrument: string; readonly from: UnixMs; readonly to: UnixMs };
// What was asked for, and what came by the stream since.
type Request = { readonly range: Range; readonly gone: AbortController; came: Liquidation[] };

const kPrintsMax = 1000;
const kAttempts = 6;

function range_of(instrument: string, time: TimeRange): Range {
  const step = 2 ** Math.floor(Math.log2(span_of(time) / 4));
  return { instrument, from: unix_ms(Math.floor(time.from / step) * step),
    to: unix_ms(Math.ceil(time.to / step) * step) };
}

const text_of = ({ instrument, from, to }: Range): string => `${instrument} ${from} ${to}`;
const text_of_print = ({ time, side, price, usd: size }: Liquidation): string =>
  `${time} ${side} ${price} ${size}`;

// Those of `came` that are not in the answer. Two may be the same in all that is told of them.
function not_in(answer: readonly Liquidation[], came: readonly Liquidation[]): Liquidation[] {
  const counts = new Map<string, number>();
  for (const one of answer) {
    const text = text_of_print(one);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return came.filter((one) => {
    const left = counts.get(text_of_print(one)) ?? 0;
    counts.set(text_of_print(one), left - 1);
    return left <= 0;
  });
}

// From which size on a quarter of them would be left, at a half decade.
function size_of_quarter(prints: readonly Liquidation[], min_usd: number): number {
  const sizes = prints.map((one) => one.usd).sort((a, b) => b - a);
  const wanted = sizes[Math.floor(kPrintsMax / 4)] ?? 1;
  const half_decade = Math.ceil(Math.log10(Math.max(wanted, min_usd * 2, 10)) * 2) / 2;
  return Math.round(10 ** half_decade);
}

export class PrintFeed {
  readonly all = signal<readonly Liquidation[]>([]);
  readonly min_usd = signal<Usd>(usd(0));
  readonly #options: PrintFeedOptions;
  #shown = ''; // the range that was read, or is; '': none
  #request: Request | null = null;
  #is_due = false;

  constructor(options: PrintFeedOptions) {
    this.#options = options;
  }

  clear(): void {
    this.#request?.gone.abort();
    this.#request = null;
    this.#is_due = false;
    this.#shown = '';
    this.all.value = [];
  }

  // Too many: the largest are read anew, and until then the oldest are left out.
  take(fresh: readonly Liquidation[]): void {
    if (this.#request !== null) {
      this.#request.came = [...fresh, ...this.#request.came].slice(0, 2 * kPrintsMax);
    }
    const large = fresh.filter((one) => one.usd >= this.min_usd.value);
    if (large.length === 0) return;
    this.all.value = [...large, ...this.all.value].slice(0, 2 * kPrintsMax);
    if (this.all.value.length >= 2 * kPrintsMax) this.#options.on_due();
  }

  // Reads the range, unless it was and no renewal is meant. Another range is asked for at once, a
  // renewal when what is under way is here.
  read(instrument: string, time: TimeRange, is_renewal: boolean): void {
    const range = range_of(instrument, time);
    const is_same = text_of(range) === this.#shown;
    if (is_same && !is_renewal) return;
    if (is_same && this.#request !== null) {
      this.#is_due = true;
      return;
    }
    this.#request?.gone.abort();
    void this.#read(range);
  }

  async #read(range: Range): Promise<void> {
    const request: Request = { range, gone: new AbortController(), came: [] };
    this.#request = request;
    this.#shown = text_of(range);
    this.#is_due = false;
    try {
      await this.#load(request);
    } catch (error) {
      if (request.gone.signal.aborted) return;
      this.#shown = ''; // whoever asks again is heard
      if (!is_abort(error)) this.#options.on_error(error);
    }
    if (request.gone.signal.aborted) return;
    this.#request = null;
    if (this.#is_due) void this.#read(range);
  }

  // Too many: only larger ones are asked for, and the legend says from which size on, so that a
  // long range does not show its end alone.
  async #load(request: Request): Promise<void> {
    const { range: { instrument, from, to }, gone: { signal: gone } } = request;
    let min_usd = 0;
    for (let attempt = 0; attempt < kAttempts; attempt += 1) {
      const prints = liquidations_of(await this.#options.api.json('/v1/liquidations', {
        instrument, from: rfc3339(from), to: rfc3339(to), min_usd, limit: kPrintsMax,
      }, gone));
      if (gone.aborted) return;
      const large = request.came.filter((one) => one.usd >= min_usd);
      this.all.value = [...not_in(prints, large), ...prints];
      this.min_usd.value = usd(min_usd);
      if (prints.length < kPrintsMax) return;
      min_usd = size_of_quarter(prints, min_usd);
    }
  }
}
