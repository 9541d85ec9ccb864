import { batch, signal } from '@preact/signals';

import { rfc3339 } from '../units/time.ts';
import { unix_ms, usd } from '../units/unit.ts';
import { liquidations_of } from './api_types.ts';
import { BackOff } from './back_off.ts';
import { span_of } from './view.ts';
import type { UnixMs, Usd } from '../units/unit.ts';
import type { ApiClient } from './api_client.ts';
import type { ReadReports } from './back_off.ts';
import type { Liquidation } from './api_types.ts';
import type { TimeRange } from './tile_grid.ts';

// The largest printed liquidations of the range that is shown, and those that came by the stream
// since they were read, drawn or not: the read-out counts them too.
// Invariant: `all` has every print of `known` from `min_usd` up, but for what the stream has lost.

export type PrintFeedOptions = ReadReports & {
  readonly api: Pick<ApiClient, 'json'>;
  readonly on_due: () => void; // too many: they are to be read anew
};

type Range = { readonly instrument: string; readonly from: UnixMs; readonly to: UnixMs };
// What was asked for, what came by the stream since, and the last answer.
type Request = {
  readonly range: Range;
  readonly gone: AbortController;
  came: Liquidation[];
  answer: Answer | null;
};
type Answer = { readonly prints: readonly Liquidation[]; readonly min_usd: number };

const kPrintsMax = 1000;
const kPrintsFew = 100; // of so few, smaller ones are looked for
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
  readonly known = signal<TimeRange | null>(null); // null: none was read
  readonly #options: PrintFeedOptions;
  readonly #back_off: BackOff;
  #shown = ''; // the range that was read, or is; '': none
  #published = ''; // the range that `all` is of
  #request: Request | null = null;
  #is_due = false;

  constructor(options: PrintFeedOptions) {
    this.#options = options;
    this.#back_off = new BackOff(options.on_wait_over);
  }

  clear(): void {
    this.#request?.gone.abort();
    this.#request = null;
    this.#is_due = false;
    this.#back_off.reset();
    this.#shown = '';
    this.#published = '';
    batch(() => {
      this.all.value = [];
      this.min_usd.value = usd(0);
      this.known.value = null;
    });
  }

  // Too many: the largest are read anew, and until then the oldest are left out.
  take(fresh: readonly Liquidation[]): void {
    if (this.#request !== null) {
      this.#request.came = [...fresh, ...this.#request.came].slice(0, 2 * kPrintsMax);
    }
    const large = fresh.filter((one) => one.usd >= this.min_usd.value);
    if (large.length === 0) return;
    const all = [...large, ...this.all.value];
    const known = this.known.value;
    const left_out = all.slice(2 * kPrintsMax).map(({ time }) => time + 1);
    batch(() => {
      this.all.value = all.slice(0, 2 * kPrintsMax);
      if (known === null || left_out.length === 0) return;
      this.known.value = { ...known, from: unix_ms(Math.max(known.from, ...left_out)) };
    });
    if (all.length >= 2 * kPrintsMax) this.#options.on_due();
  }

  // What has failed may be asked for at once.
  try_again(): void {
    this.#back_off.reset();
  }

  // Reads the range, unless it was and no renewal is meant. Another range is asked for at once, a
  // renewal when what is under way is here, one that has failed after a pause.
  read(instrument: string, time: TimeRange, is_renewal: boolean): void {
    const range = range_of(instrument, time);
    const is_same = text_of(range) === this.#shown;
    if (is_same && !is_renewal) return;
    if (is_same && this.#request !== null) {
      this.#is_due = true;
      return;
    }
    if (!this.#back_off.may_ask(text_of(range))) return;
    this.#request?.gone.abort();
    void this.#read(range);
  }

  async #read(range: Range): Promise<void> {
    const request: Request = { range, gone: new AbortController(), came: [], answer: null };
    this.#request = request;
    this.#shown = text_of(range);
    this.#is_due = false;
    try {
      await this.#load(request);
      if (request.gone.signal.aborted) return;
      this.#back_off.reset();
      this.#options.on_read();
    } catch (error) {
      if (request.gone.signal.aborted) return;
      this.#shown = ''; // whoever asks again is heard
      this.#back_off.failed(text_of(range));
      this.#options.on_error(error);
    }
    this.#request = null;
    if (request.answer !== null) this.#publish(request, request.answer);
    if (this.#is_due && this.#back_off.may_ask(text_of(range))) void this.#read(range);
  }

  // Too many: only larger ones are asked for, and the legend says from which size on, so that a
  // long range does not show its end alone. What is shown in the meantime is what was: the last
  // answer alone is of use, which has the end of the range if still there were too many.
  async #load(request: Request): Promise<void> {
    const { range, gone: { signal: gone } } = request;
    const { instrument, from, to } = range;
    let min_usd = this.#least_of(range);
    for (let attempt = 0; attempt < kAttempts; attempt += 1) {
      const prints = liquidations_of(await this.#options.api.json('/v1/liquidations', {
        instrument, from: rfc3339(from), to: rfc3339(to), min_usd, limit: kPrintsMax,
      }, gone));
      if (gone.aborted) return;
      request.answer = { prints, min_usd };
      if (prints.length < kPrintsMax) return;
      min_usd = size_of_quarter(prints, min_usd);
    }
  }

  // The size to begin with. What is read anew has no fewer prints than before, so that it has too
  // many again of smaller ones, unless there were few.
  #least_of(range: Range): number {
    const is_same = text_of(range) === this.#published;
    return is_same && this.all.value.length >= kPrintsFew ? this.min_usd.value : 0;
  }

  #publish({ range, came }: Request, { prints, min_usd }: Answer): void {
    const is_whole = prints.length < kPrintsMax;
    const oldest = prints.reduce((time, one) => Math.min(time, one.time), Infinity);
    this.#published = text_of(range);
    batch(() => {
      this.all.value = [...not_in(prints, came.filter((one) => one.usd >= min_usd)), ...prints];
      this.min_usd.value = usd(min_usd);
      this.known.value = { from: is_whole ? range.from : unix_ms(oldest + 1), to: range.to };
    });
  }
}
