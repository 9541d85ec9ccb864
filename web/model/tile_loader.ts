import { key_text, kTileSize } from './heatmap_tile.ts';
import type { ApiClient } from './api_client.ts';
import type { HeatmapTile, TileKey } from './heatmap_tile.ts';
import type { TileCache } from './tile_cache.ts';
import type { DecodeTile } from './tile_decoder.ts';

// Fetches the tiles that the screen wants, few at a time and the wanted order first, and gives up
// those that it wants no longer. Of what was given up nothing is kept, also when it is here already
// and only to be decoded: by then the cache may be that of another series.

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
  readonly on_error: (key: TileKey, error: unknown) => void;
  readonly on_answer: (key: TileKey) => void; // also that there is none
  readonly on_pending: (count: number) => void;
};

const kConcurrent = 6;
// Of so many tiles an ETag is known, or that there are none: far more than the cache holds.
const kRememberedMax = 4096;

function forget_first(of: Map<string, unknown> | Set<string>): void {
  const [first] = of.keys();
  if (first !== undefined && of.size > kRememberedMax) of.delete(first);
}

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
    for (const text of this.#running.keys()) if (!wanted.has(text)) this.#give_up(text);
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
    for (const text of this.#running.keys()) this.#give_up(text);
  }

  // At once, so that who wants it again a moment later is heard.
  #give_up(text: string): void {
    this.#running.get(text)?.abort();
    this.#running.delete(text);
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
      const tile = answer === null ? null : with_part(await decode(answer.bytes), key);
      if (controller.signal.aborted) return;
      this.#options.on_answer(key);
      if (answer === null || tile === null) {
        const is_over = (key.column + 1) * kTileSize * 2 ** key.level <= column_end;
        const absent = key.part !== undefined && is_over ? this.#absent_for_good : this.#absent;
        if (etag === undefined) absent.add(text);
        forget_first(this.#absent_for_good);
        const same = cache.peek(key);
        if (etag !== undefined && same !== undefined) this.#options.on_tile(same, column_end);
      } else {
        this.#etags.delete(text);
        if (answer.etag !== null) this.#etags.set(text, answer.etag);
        forget_first(this.#etags);
        cache.put(tile);
        this.#options.on_tile(tile, column_end);
      }
    } catch (error) {
      if (controller.signal.aborted) return;
      this.#failed.add(text);
      this.#options.on_error(key, error);
    }
    this.#running.delete(text);
    this.#pump();
  }
}
