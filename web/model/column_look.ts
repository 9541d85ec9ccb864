import { signal } from '@preact/signals';

import { is_abort } from './api_client.ts';
import { map_of } from './api_types.ts';
import { rfc3339 } from '../units/time.ts';
import type { UnixMs } from '../units/unit.ts';
import type { ApiClient } from './api_client.ts';
import type { MapColumn } from './api_types.ts';

// Columns with their bands, which tiles do not have, of where somebody rests with the crosshair.
// The service has them of the newest columns alone: once one has none, none before it has.

const kRestMs = 150;
const kKeptMax = 50;

export type Looked = MapColumn | 'awaited' | 'not_kept' | 'not_read';
export type Place = {
  readonly instrument: string; readonly column: number; readonly as_of: UnixMs;
};

export class ColumnLook {
  readonly #version = signal(0);
  readonly #api: Pick<ApiClient, 'bytes'>;
  readonly #kept = new Map<number, MapColumn | 'not_read'>(); // the one looked at last is the last
  #place: Place | null = null;
  #none_to = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request = new AbortController();

  constructor(api: Pick<ApiClient, 'bytes'>) {
    this.#api = api;
  }

  of(column: number): Looked {
    void this.#version.value;
    if (column <= this.#none_to) return 'not_kept';
    return this.#kept.get(column) ?? 'awaited';
  }

  // Where the crosshair is. A request for where it was is given up.
  point_at(place: Place | null): void {
    if (place?.column === this.#place?.column && place?.instrument === this.#place?.instrument) {
      return;
    }
    clearTimeout(this.#timer);
    this.#request.abort();
    this.#place = place;
    if (place === null || place.column <= this.#none_to) return;
    const known = this.#kept.get(place.column);
    if (known === undefined || known === 'not_read') {
      this.#timer = setTimeout(() => void this.#load(place), kRestMs);
    } else {
      this.#keep(place.column, known);
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#request.abort();
    this.#place = null;
    this.#none_to = -1;
    this.#kept.clear();
    this.#version.value += 1;
  }

  #keep(column: number, what: MapColumn | 'not_read'): void {
    this.#kept.delete(column);
    this.#kept.set(column, what);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > kKeptMax && oldest !== undefined) this.#kept.delete(oldest);
  }

  async #load({ instrument, column, as_of }: Place): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    try {
      // Not by json(), which would keep it once more.
      const answer = await this.#api.bytes('/v1/map', { instrument, as_of: rfc3339(as_of) },
        undefined, request.signal);
      if (request.signal.aborted) return;
      if (answer === null) throw new Error('no such column');
      const found = map_of(JSON.parse(new TextDecoder().decode(answer.bytes)));
      const has_band = found.sides.long.p10 !== null || found.sides.short.p10 !== null;
      if (has_band) this.#keep(column, found);
      else this.#none_to = Math.max(this.#none_to, column);
    } catch (error) {
      if (is_abort(error) || request.signal.aborted) return;
      this.#keep(column, 'not_read');
    }
    this.#version.value += 1;
  }
}
