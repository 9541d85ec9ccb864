import { key_text, kTileSize } from '../model/heatmap_tile.ts';
import { kTilesDrawnMax } from '../model/tile_grid.ts';
import { shown_codes } from './shown_codes.ts';
import type { HeatmapTile } from '../model/heatmap_tile.ts';
import type { SideMode } from '../model/view.ts';

// Tiles on the graphics card: a layer of one texture array each, 128 kB. The layer that was drawn
// longest ago is taken for a new tile. In a layer x is the row and y the column, so that the texels
// of a new column are one line and are sent alone. Another side mode sends what is drawn again.

type Layer = { key: string; tile: HeatmapTile | null; drawn: number };

export class TileTextures {
  readonly #gl: WebGL2RenderingContext;
  readonly #texture: WebGLTexture;
  readonly #layers: Layer[] = Array.from({ length: kTilesDrawnMax }, () =>
    ({ key: '', tile: null, drawn: -1 }));
  readonly #by_key = new Map<string, number>();
  #mode: SideMode = 'both';
  #now = 0;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.#texture);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R16UI, kTileSize, kTileSize,
      kTilesDrawnMax);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D_ARRAY, name, gl.NEAREST);
    }
  }

  begin_frame(mode: SideMode): void {
    this.#now += 1;
    this.#gl.activeTexture(this.#gl.TEXTURE0);
    this.#gl.bindTexture(this.#gl.TEXTURE_2D_ARRAY, this.#texture);
    if (mode === this.#mode) return;
    this.#mode = mode;
    for (const layer of this.#layers) layer.tile = null;
  }

  // The layer of the tile, sent first if it is not there. Requires: no more tiles a frame than
  // kTilesDrawnMax, as parts_of() gives; else one is drawn in the place of another.
  layer_of(tile: HeatmapTile): number {
    const key = key_text(tile.key);
    let layer = this.#by_key.get(key);
    if (layer === undefined) {
      layer = this.#layers.reduce((oldest, one, i) =>
        (one.drawn < (this.#layers[oldest]?.drawn ?? 0) ? i : oldest), 0);
      const place = this.#layers[layer];
      if (place !== undefined && place.key !== '') this.#by_key.delete(place.key);
      this.#by_key.set(key, layer);
    }
    const place = this.#layers[layer];
    if (place === undefined) return 0;
    if (place.tile !== tile) this.#send(layer, tile, 0, kTileSize);
    Object.assign(place, { key, tile, drawn: this.#now });
    return layer;
  }

  send_texel(tile: HeatmapTile, texel: number): void {
    const layer = this.#by_key.get(key_text(tile.key));
    if (layer === undefined || this.#layers[layer]?.tile !== tile) return;
    this.#gl.activeTexture(this.#gl.TEXTURE0);
    this.#gl.bindTexture(this.#gl.TEXTURE_2D_ARRAY, this.#texture);
    this.#send(layer, tile, texel, 1);
  }

  #send(layer: number, tile: HeatmapTile, first: number, count: number): void {
    const gl = this.#gl;
    const codes = shown_codes(tile, this.#mode, first, first + count);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 2);
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, first, layer, kTileSize, count, 1,
      gl.RED_INTEGER, gl.UNSIGNED_SHORT, codes);
  }
}
