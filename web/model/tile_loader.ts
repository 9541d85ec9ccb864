import { is_abort } from './api_client.ts';
import { key_text, kTileSize } from './heatmap_tile.ts';
import type { ApiClient } from './api_client.ts';
import type { HeatmapTile, TileKey } from './heatmap_tile.ts';
import type { TileCache } from './tile_cache.ts';
import type { DecodeTile } from './tile_decoder.ts';

// Fetches the tiles that the screen wants, few at a time and the wanted order first, and gives up
// those that it wants no longer.

export type TileLoaderOptions = {
  readonly api: ApiClient;
  readonly decode: DecodeTile;
  readonly cache: TileCache;
  readonly instrument: string;
  readonly series: string; // named, so that the browser may keep what is over for good
  readonly column_end: () => number;
  // The tile is here, or the one that is here is as it should be. It has at least the columns that
  // existed when it was asked for.
  readonly on_tile: (tile: HeatmapTile, column_end: number) => void;
  readonly on_error: (error: unknown) => void;
  readonly on_pending: (count: number) => void;
};

const kConcurrent = 6;

// Of which part it is, only who has asked for the tile knows.
function with_part(tile: HeatmapTile, { part }: TileKey): HeatmapTile {
  return part === undefined ? tile : { ...tile, key: { ...tile.key, part } };
}

export class TileLoader {
  readonly #options: TileLoaderOptions;
  readonly #running = new Map<string, AbortController>();
  readonly #absent = new Set<string>();
  readonly #absent_for_good = new Set<string>(); // over, and of a part that was not known then
  readonly #failed = new Set<string>();
  readonly #etags = new Map<string, string>();
  #queue: TileKey[] = [];
  #renewals = new Map<string, TileKey>();

  constructor(options: TileLoaderOptions) {
    this.#options = options;
  }

  // Replaces what is wanted.
  want(keys: readonly TileKey[]): void {
    const wanted = new Set(keys.map(key_text));
    for (const [text, controller] of this.#running) if (!wanted.has(text)) controller.abort();
    this.#renewals = new Map([...this.#renewals].filter(([text]) => wanted.has(text)));
    this.#queue = keys.filter((key) => this.#is_missing(key));
    this.#pump();
  }

  // Fetches the tile again though it is here: it has grown. Until then the old one is drawn.
  renew(key: TileKey): void {
    this.#absent.delete(key_text(key));
    this.#renewals.set(key_text(key), key);
    this.#pump();
  }

  // What was not there may have come with new columns, what failed may work again.
  try_again(): void {
    this.#absent.clear();
    this.#failed.clear();
  }

  stop(): void {
    this.#queue = [];
    this.#renewals.clear();
    for (const controller of this.#running.values()) controller.abort();
  }

  #is_missing(key: TileKey): boolean {
    const text = key_text(key);
    return this.#options.cache.peek(key) === undefined && !this.#absent.has(text) &&
      !this.#absent_for_good.has(text) && !this.#failed.has(text) && !this.#running.has(text);
  }

  #next(): TileKey | undefined {
    const key = this.#queue.shift();
    if (key !== undefined) return key;
    for (const [text, renewed] of this.#renewals) {
      if (this.#running.has(text)) continue;
      this.#renewals.delete(text);
      return renewed;
    }
    return undefined;
  }

  #pump(): void {
    while (this.#running.size < kConcurrent) {
      const key = this.#next();
      if (key === undefined) break;
      const controller = new AbortController();
      this.#running.set(key_text(key), controller);
      void this.#load(key, controller);
    }
    this.#options.on_pending(this.#running.size + this.#queue.length);
  }

  async #load(key: TileKey, controller: AbortController): Promise<void> {
    const text = key_text(key);
    const { api, cache, decode, instrument, series } = this.#options;
    const column_end = this.#options.column_end();
    try {
      const etag = cache.peek(key) === undefined ? undefined : this.#etags.get(text);
      const query = { instrument, series, ...key };
      const answer = await api.bytes('/v1/heatmap/tile', query, etag, controller.signal);
      if (answer === null) {
        const is_over = (key.column + 1) * kTileSize * 2 ** key.level <= column_end;
        const absent = key.part !== undefined && is_over ? this.#absent_for_good : this.#absent;
        if (etag === undefined) absent.add(text);
        const same = cache.peek(key);
        if (etag !== undefined && same !== undefined) this.#options.on_tile(same, column_end);
      } else {
        if (answer.etag !== null) this.#etags.set(text, answer.etag);
        const tile = with_part(await decode(answer.bytes), key);
        cache.put(tile);
        this.#options.on_tile(tile, column_end);
      }
    } catch (error) {
      if (!is_abort(error)) {
        this.#failed.add(text);
        this.#options.on_error(error);
      }
    }
    this.#running.delete(text);
    this.#pump();
  }
}
