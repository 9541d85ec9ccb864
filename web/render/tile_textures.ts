import { key_text, kTileSize } from '../model/heatmap_tile.ts';
import type { HeatmapTile } from '../model/heatmap_tile.ts';

// Tiles on the graphics card: a layer of one texture array each, 256 kB. The layer that was drawn
// longest ago is taken for a new tile. In a layer x is the row and y the column, so that the texels
// of a new column are one line and are sent alone.

export const kLayers = 128;

type Layer = { key: string; tile: HeatmapTile | null; drawn: number };

export class TileTextures {
  readonly #gl: WebGL2RenderingContext;
  readonly #texture: WebGLTexture;
  readonly #layers: Layer[] = Array.from({ length: kLayers }, () =>
    ({ key: '', tile: null, drawn: -1 }));
  readonly #by_key = new Map<string, number>();
  #now = 0;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.#texture);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RG16F, kTileSize, kTileSize, kLayers);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D_ARRAY, name, gl.NEAREST);
    }
  }

  begin_frame(): void {
    this.#now += 1;
    this.#gl.activeTexture(this.#gl.TEXTURE0);
    this.#gl.bindTexture(this.#gl.TEXTURE_2D_ARRAY, this.#texture);
  }

  // The layer of the tile, sent first if it is not there. Requires: no more tiles a frame than
  // kLayers.
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
    if (place.tile !== tile) this.#send(layer, tile.texels, 0, kTileSize);
    Object.assign(place, { key, tile, drawn: this.#now });
    return layer;
  }

  send_texel(tile: HeatmapTile, texel: number): void {
    const layer = this.#by_key.get(key_text(tile.key));
    if (layer === undefined || this.#layers[layer]?.tile !== tile) return;
    const line = 2 * kTileSize;
    this.#gl.activeTexture(this.#gl.TEXTURE0);
    this.#gl.bindTexture(this.#gl.TEXTURE_2D_ARRAY, this.#texture);
    this.#send(layer, tile.texels.subarray(texel * line, (texel + 1) * line), texel, 1);
  }

  #send(layer: number, texels: Uint16Array, first: number, count: number): void {
    const gl = this.#gl;
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, first, layer, kTileSize, count, 1, gl.RG,
      gl.HALF_FLOAT, texels);
  }
}
