import { signal } from '@preact/signals';

import { rfc3339 } from '../units/time.ts';
import { map_of } from './api_types.ts';
import { BackOff } from './back_off.ts';
import { ColumnLog } from './growth.ts';
import type { UnixMs } from '../units/unit.ts';
import type { ApiClient } from './api_client.ts';
import type { ReadReports } from './back_off.ts';
import type { MapColumn } from './api_types.ts';
import type { Subscription } from './stream_client.ts';

// The part of the positions that is looked at, beside its tiles: its columns as the stream tells of
// them, and the rows of the column that is shown. What is of the whole goes its own way.
// Invariant: `log` and `rows` hold nothing of any other part.

export type PartFeedOptions = ReadReports & {
  readonly api: Pick<ApiClient, 'json'>;
  readonly stream: {
    subscribe(to: Subscription): void;
    unsubscribe(from: Subscription): void;
  };
};

type Place = { readonly instrument: string; readonly part: string };
type Wanted = { readonly as_of: UnixMs | null }; // null: the newest column
export type PartRows = Wanted & { readonly column: MapColumn };

export class PartFeed {
  readonly rows = signal<PartRows | null>(null);
  readonly log = new ColumnLog();
  readonly #options: PartFeedOptions;
  readonly #back_off: BackOff;
  #place: Place | null = null;
  #wanted: Wanted | null = null; // the last that was asked for
  #is_due = false;
  #is_reading = false;
  #requests = new AbortController();

  constructor(options: PartFeedOptions) {
    this.#options = options;
    this.#back_off = new BackOff(options.on_wait_over);
  }

  // Goes to a part, or to none.
  show(instrument: string, part: string | null): void {
    if (part === (this.#place?.part ?? null) &&
      (part === null || instrument === this.#place?.instrument)) return;
    this.leave();
    if (part === null) return;
    this.#place = { instrument, part };
    this.#options.stream.subscribe({ channel: 'map', instrument, part });
  }

  leave(): void {
    if (this.#place !== null) this.#options.stream.unsubscribe({ channel: 'map', ...this.#place });
    this.#requests.abort();
    this.#back_off.reset();
    this.#requests = new AbortController();
    this.#place = null;
    this.#wanted = null;
    this.#is_due = false;
    this.rows.value = null;
    this.log.clear();
  }

  // What has failed may be asked for at once.
  try_again(): void {
    this.#back_off.reset();
  }

  // Reads the rows as of a time, unless they were asked for and no renewal is meant; those that
  // have failed after a pause. One request at a time: while the play head is dragged, what it has
  // passed is not asked for.
  read(as_of: UnixMs | null, is_renewal = false): void {
    if (this.#place === null) return;
    if (this.#wanted !== null && this.#wanted.as_of === as_of && !is_renewal) return;
    if (!this.#back_off.may_ask(String(as_of))) return;
    this.#wanted = { as_of };
    this.#is_due = true;
    if (!this.#is_reading) void this.#read_due();
  }

  async #read_due(): Promise<void> {
    this.#is_reading = true;
    while (this.#is_due && this.#place !== null && this.#wanted !== null) {
      this.#is_due = false;
      await this.#load(this.#place, this.#wanted, this.#requests.signal);
    }
    this.#is_reading = false;
  }

  async #load(place: Place, wanted: Wanted, gone: AbortSignal): Promise<void> {
    const { as_of } = wanted;
    try {
      const query = { ...place, ...(as_of === null ? {} : { as_of: rfc3339(as_of) }) };
      const column = map_of(await this.#options.api.json('/v1/map', query, gone));
      if (place !== this.#place) return;
      if (column.part !== place.part) throw new Error(`the answer is not of ${place.part}`);
      this.rows.value = { column, as_of };
      this.#back_off.reset();
      this.#options.on_read();
    } catch (error) {
      if (place !== this.#place) return;
      if (as_of !== this.#wanted?.as_of) return; // of another time, and that is asked for
      this.#wanted = null; // whoever asks again is heard
      this.#back_off.failed(String(as_of));
      this.#options.on_error(error);
    }
  }
}
