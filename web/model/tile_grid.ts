import { level, ms } from '../units/unit.ts';
import { kTileSize } from './heatmap_tile.ts';
import type { Level, Ms, RowPosition, UnixMs } from '../units/unit.ts';
import type { TileKey } from './heatmap_tile.ts';

// Where the tiles of a series lie in time, and which of them a view needs.

export type SeriesGrid = {
  readonly first_column: UnixMs;
  readonly column_interval: Ms;
};

export type TimeRange = { readonly from: UnixMs; readonly to: UnixMs };
export type RowRange = { readonly low: RowPosition; readonly high: RowPosition };

export function texel_ms(grid: SeriesGrid, at: Level): Ms {
  return ms(grid.column_interval * 2 ** at);
}

// Columns as a continuous number; column c is drawn from c to c + 1.
export function column_position(grid: SeriesGrid, time: UnixMs): number {
  return (time - grid.first_column) / grid.column_interval;
}

// The finest level whose texels are at least `pixels_min` wide: each of them then covers the centre
// of a pixel, so no column is left out of what is drawn.
export function level_for(
  grid: SeriesGrid, range: TimeRange, width_px: number, pixels_min: number,
): Level {
  const columns = (range.to - range.from) / grid.column_interval;
  const per_texel = (columns / Math.max(1, width_px)) * pixels_min;
  return level(Math.ceil(Math.log2(Math.max(1, per_texel)) - 1e-9));
}

// Tiles that hold anything of the ranges and may exist; the newest first, since people look there.
export function tiles_in(
  grid: SeriesGrid, at: Level, time: TimeRange, rows: RowRange, column_end: number,
  row_tiles: readonly number[],
): TileKey[] {
  const span = kTileSize * 2 ** at;
  const from = Math.max(0, Math.floor(column_position(grid, time.from) / span));
  const to = Math.min(column_end, Math.ceil(column_position(grid, time.to))) / span;
  const keys: TileKey[] = [];
  for (let column = Math.ceil(to) - 1; column >= from; column -= 1) {
    for (const tile_row of row_tiles) {
      if ((tile_row + 1) * kTileSize <= rows.low || tile_row * kTileSize >= rows.high) continue;
      keys.push({ level: at, column, row: tile_row });
    }
  }
  return keys;
}
