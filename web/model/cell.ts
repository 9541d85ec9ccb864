import { usd_of_code } from '../units/tile_code.ts';
import { is_wide_at, kTileSize, tile_cell } from './heatmap_tile.ts';
import type { Level, Row, TileCode, Usd } from '../units/unit.ts';
import type { HeatmapTile, TileSide } from './heatmap_tile.ts';

// What a cell of the heatmap holds: for the read-out, and for the tests that hold pixels to it.

export type CellSide = {
  readonly most_usd: Usd;
  readonly mean_usd: Usd;
  readonly is_wide: boolean;
};

export type Cell = {
  readonly level: Level;
  readonly column_count: number; // 0: a gap
  readonly long: CellSide;
  readonly short: CellSide;
};

function cell_side(side: TileSide, at: number): CellSide {
  return {
    most_usd: usd_of_code((side.most[at] ?? 0) as TileCode),
    mean_usd: usd_of_code((side.mean[at] ?? 0) as TileCode),
    is_wide: is_wide_at(side, at),
  };
}

// Requires: the texel and the row are of this tile.
export function cell_of(tile: HeatmapTile, texel: number, row: Row): Cell {
  const place = texel - tile.key.column * kTileSize;
  const at = tile_cell(place, row - tile.key.row * kTileSize);
  return {
    level: tile.key.level,
    column_count: tile.column_count[place] ?? 0,
    long: cell_side(tile.sides[0], at),
    short: cell_side(tile.sides[1], at),
  };
}
