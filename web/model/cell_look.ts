import { signal } from '@preact/signals';

import { cell_makeup_of } from './cell_makeup.ts';
import type { ApiClient } from './api_client.ts';
import type { CellMakeup } from './cell_makeup.ts';

// What tiles do not have of a cell, its band and what it is made of, where somebody rests with the
// crosshair. A column does not change once it is made, so what was read is kept for a while. The
// newest texel grows, and another one follows it: there the last answer stays, which says of what
// time it is, until there is a newer one.

const kRestMs = 150;
const kGrownMs = 1000; // from an answer to the next request for a place that only grows
const kKeptMax = 200;

export type Looked = CellMakeup | 'awaited' | 'not_read';
// A row of a texel, by the last of its columns; `first` is the first of them.
export type CellPlace = {
  readonly instrument: string; readonly first: number; readonly column: number;
  readonly row: number;
  readonly is_newest: boolean; // nothing that is shown is later
};

const name_of = ({ instrument, column, row }: CellPlace): string =>
  `${instrument} ${column} ${row}`;

// Whether the place is where one was before, and nothing but columns came.
function is_grown(from: CellPlace, to: CellPlace): boolean {
  return from.instrument === to.instrument && from.row === to.row && from.column <= to.column &&
    (from.first === to.first || (from.is_newest && to.is_newest));
}

export class CellLook {
  readonly #version = signal(0);
  readonly #api: Pick<ApiClient, 'bytes'>;
  readonly #kept = new Map<string, CellMakeup>(); // the one looked at last is the last
  #place: CellPlace | null = null;
  #last: { readonly place: CellPlace; readonly what: CellMakeup | 'not_read' } | null = null;
  #is_asking = false; // it rests, a request is under way, or one was a moment ago
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request = new AbortController();

  constructor(api: Pick<ApiClient, 'bytes'>) {
    this.#api = api;
  }

  of(place: CellPlace): Looked {
    void this.#version.value;
    const known = this.#kept.get(name_of(place));
    if (known !== undefined) return known;
    return this.#last !== null && is_grown(this.#last.place, place) ? this.#last.what : 'awaited';
  }

  // Where the crosshair is. A request for where it was is given up.
  point_at(place: CellPlace | null): void {
    const before = this.#place;
    this.#place = place;
    if (before !== null && place !== null && is_grown(before, place)) {
      if (before.column !== place.column && !this.#is_asking) void this.#ask();
      return;
    }
    this.#leave();
    if (place === null) return;
    const known = this.#kept.get(name_of(place));
    if (known === undefined) {
      this.#ask_in(kRestMs);
    } else {
      this.#keep(place, known);
    }
  }

  clear(): void {
    this.point_at(null);
    this.#kept.clear();
    this.#version.value += 1;
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#request.abort();
    this.#is_asking = false;
    this.#last = null;
  }

  #ask_in(ms: number): void {
    this.#is_asking = true;
    this.#timer = setTimeout(() => void this.#ask(), ms);
  }

  // Asks, unless there is an answer for all of the place.
  async #ask(): Promise<void> {
    this.#is_asking = false;
    const place = this.#place;
    if (place === null || this.#last?.place.column === place.column) return;
    this.#is_asking = true;
    const request = new AbortController();
    this.#request = request;
    const what = await this.#load(place, request.signal);
    if (request.signal.aborted) return;
    if (what === 'not_read') this.#last = { place, what };
    else this.#keep(place, what);
    this.#version.value += 1;
    this.#ask_in(kGrownMs);
  }

  #keep(place: CellPlace, what: CellMakeup): void {
    const name = name_of(place);
    this.#last = { place, what };
    this.#kept.delete(name);
    this.#kept.set(name, what);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > kKeptMax && oldest !== undefined) this.#kept.delete(oldest);
  }

  async #load(place: CellPlace, gone: AbortSignal): Promise<CellMakeup | 'not_read'> {
    const { instrument, first, column, row } = place;
    try {
      // Not by json(), which would keep it once more.
      const answer = await this.#api.bytes('/v1/heatmap/cell', { instrument, column, row },
        undefined, gone);
      if (answer === null) return 'not_read';
      const found = cell_makeup_of(JSON.parse(new TextDecoder().decode(answer.bytes)));
      // The last column up to the one that was asked for: before the texel it is another cell.
      const is_it = found.row === row && found.index >= first && found.index <= column;
      return is_it ? found : 'not_read';
    } catch {
      return 'not_read';
    }
  }
}
