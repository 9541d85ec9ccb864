import { code_of_usd, usd_of_code } from '../units/tile_code.ts';
import { usd } from '../units/unit.ts';
import { kTileCells, kTileSize, tile_cell } from './heatmap_tile.ts';
import type { TileCode } from '../units/unit.ts';
import type { HeatmapTile, TileKey, TileSide } from './heatmap_tile.ts';
import type { SeriesGrid } from './tile_grid.ts';

// New columns of the stream, put into tiles that are here already, so that a column is on the
// screen without another request.

export type ColumnSide = {
  readonly first_row: number;
  readonly codes: Uint16Array;
  readonly wide: Uint8Array; // a bit a row, lowest first
};

export type ColumnUpdate = {
  readonly column: number;
  readonly sides: readonly [ColumnSide, ColumnSide];
};

export function empty_tile(key: TileKey, grid: SeriesGrid): HeatmapTile {
  const side = (): TileSide => {
    const most = new Uint16Array(kTileCells);
    const mean = key.level > 0 ? new Uint16Array(kTileCells) : most;
    return { most, mean, is_wide: new Uint8Array(kTileCells / 8) };
  };
  const column_count = new Uint16Array(kTileSize);
  const sides = [side(), side()] as const;
  return { key, ...grid, column_count, sides };
}

function mean_code(before: number, count: number, code: number): number {
  const sum = usd_of_code(before as TileCode) * count + usd_of_code(code as TileCode);
  return code_of_usd(usd(sum / (count + 1)));
}

function add_side(tile: HeatmapTile, texel: number, to: TileSide, from: ColumnSide): void {
  const count = tile.column_count[texel] ?? 0;
  const first = tile.key.row * kTileSize;
  for (let r = 0; r < kTileSize; r += 1) {
    const i = first + r - from.first_row;
    const code = from.codes[i] ?? 0; // what lies outside of the codes holds less than a dollar
    const cell = tile_cell(texel, r);
    if (to.mean !== to.most) to.mean[cell] = mean_code(to.mean[cell] ?? 0, count, code);
    to.most[cell] = Math.max(count === 0 ? 0 : to.most[cell] ?? 0, code);
    const bit = code !== 0 ? ((from.wide[i >> 3] ?? 0) >> (i & 7)) & 1 : 0;
    if (bit !== 0) to.is_wide[cell >> 3] = (to.is_wide[cell >> 3] ?? 0) | (1 << (cell & 7));
  }
}

// Adds the column to the tile; says which texel changed, or null when the column is not of this
// tile or already in it: a texel that counts more columns than lie before this one has it. The mean
// of a level is rounded at every step here, so a tile is to be fetched again when a texel is over.
export function add_column(tile: HeatmapTile, update: ColumnUpdate): number | null {
  const width = 2 ** tile.key.level;
  const texel = Math.floor(update.column / width) - tile.key.column * kTileSize;
  if (texel < 0 || texel >= kTileSize) return null;
  if ((tile.column_count[texel] ?? 0) > update.column % width) return null;
  tile.sides.forEach((side, s) => {
    const from = update.sides[s];
    if (from !== undefined) add_side(tile, texel, side, from);
  });
  tile.column_count[texel] = (tile.column_count[texel] ?? 0) + 1;
  return texel;
}
