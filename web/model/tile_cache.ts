import { key_text, tile_bytes } from './heatmap_tile.ts';
import type { HeatmapTile, TileKey } from './heatmap_tile.ts';

// Decoded tiles within a budget of bytes; what was used longest ago goes first. A Map keeps the
// order in which keys were put, so putting a key again is what makes it the newest.
export class TileCache {
  readonly #bytes_max: number;
  readonly #tiles = new Map<string, HeatmapTile>();
  #bytes = 0;

  constructor(bytes_max: number) {
    this.#bytes_max = bytes_max;
  }

  get bytes(): number {
    return this.#bytes;
  }

  // Looks without making the tile newer.
  peek(key: TileKey): HeatmapTile | undefined {
    return this.#tiles.get(key_text(key));
  }

  use(key: TileKey): HeatmapTile | undefined {
    const text = key_text(key);
    const tile = this.#tiles.get(text);
    if (tile === undefined) return undefined;
    this.#tiles.delete(text);
    this.#tiles.set(text, tile);
    return tile;
  }

  // One tile is always kept, however large.
  put(tile: HeatmapTile): void {
    const text = key_text(tile.key);
    const old = this.#tiles.get(text);
    if (old !== undefined) {
      this.#bytes -= tile_bytes(old);
      this.#tiles.delete(text);
    }
    this.#tiles.set(text, tile);
    this.#bytes += tile_bytes(tile);
    for (const [oldest, dropped] of this.#tiles) {
      if (this.#bytes <= this.#bytes_max || oldest === text) break;
      this.#tiles.delete(oldest);
      this.#bytes -= tile_bytes(dropped);
    }
  }

  clear(): void {
    this.#tiles.clear();
    this.#bytes = 0;
  }
}
