import { signal } from '@preact/signals';

import { is_abort } from './api_client.ts';
import { cell_makeup_of } from './cell_makeup.ts';
import type { ApiClient } from './api_client.ts';
import type { CellMakeup } from './cell_makeup.ts';

// What tiles do not have of a cell, its band and what it is made of, where somebody rests with the
// crosshair. A column does not change once it is made, so what was read is kept for a while.

const kRestMs = 150;
const kKeptMax = 200;

export type Looked = CellMakeup | 'awaited' | 'not_read';
// A row of a texel, by the last of its columns; `first` is the first of them.
export type CellPlace = {
  readonly instrument: string; readonly first: number; readonly column: number;
  readonly row: number;
};

const name_of = ({ instrument, column, row }: CellPlace): string =>
  `${instrument} ${column} ${row}`;

export class CellLook {
  readonly #version = signal(0);
  readonly #api: Pick<ApiClient, 'bytes'>;
  readonly #kept = new Map<string, CellMakeup | 'not_read'>(); // the one looked at last is the last
  #name: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request = new AbortController();

  constructor(api: Pick<ApiClient, 'bytes'>) {
    this.#api = api;
  }

  of(place: CellPlace): Looked {
    void this.#version.value;
    return this.#kept.get(name_of(place)) ?? 'awaited';
  }

  // Where the crosshair is. A request for where it was is given up.
  point_at(place: CellPlace | null): void {
    const name = place === null ? null : name_of(place);
    if (name === this.#name) return;
    clearTimeout(this.#timer);
    this.#request.abort();
    this.#name = name;
    if (place === null || name === null) return;
    const known = this.#kept.get(name);
    if (known === undefined || known === 'not_read') {
      this.#timer = setTimeout(() => void this.#load(place), kRestMs);
    } else {
      this.#keep(name, known);
    }
  }

  clear(): void {
    this.point_at(null);
    this.#kept.clear();
    this.#version.value += 1;
  }

  #keep(name: string, what: CellMakeup | 'not_read'): void {
    this.#kept.delete(name);
    this.#kept.set(name, what);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > kKeptMax && oldest !== undefined) this.#kept.delete(oldest);
  }

  async #load(place: CellPlace): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    const { instrument, column, row } = place;
    try {
      // Not by json(), which would keep it once more.
      const answer = await this.#api.bytes('/v1/heatmap/cell', { instrument, column, row },
        undefined, request.signal);
      if (request.signal.aborted) return;
      if (answer === null) throw new Error('no such cell');
      const found = cell_makeup_of(JSON.parse(new TextDecoder().decode(answer.bytes)));
      // The last column up to the one that was asked for: before the texel it is another cell.
      const is_it = found.row === row && found.index >= place.first && found.index <= column;
      this.#keep(name_of(place), is_it ? found : 'not_read');
    } catch (error) {
      if (is_abort(error) || request.signal.aborted) return;
      this.#keep(name_of(place), 'not_read');
    }
    this.#version.value += 1;
  }
}
