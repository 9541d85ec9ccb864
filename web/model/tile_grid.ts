import { kLevelMax, level, ms } from '../units/unit.ts';
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

// No frame has more tiles: the graphics card holds so many.
export const kTilesDrawnMax = 128;

// The level of a view's tiles: the finest whose texels are a pixel wide, and coarser where the view
// could need more tiles than may be drawn, wherever it lies. That takes a screen as large as 4K
// over the most rows.
export function tile_level_for(
  grid: SeriesGrid, time: TimeRange, rows: RowRange, width_px: number,
): Level {
  const most_of = (tiles: number): number => Math.ceil(tiles) + 1; // an edge cuts one on each side
  const columns = (time.to - time.from) / grid.column_interval;
  const row_tiles = most_of((rows.high - rows.low) / kTileSize);
  let at = level_for(grid, time, width_px, 1);
  while (at < kLevelMax &&
    most_of(columns / (kTileSize * 2 ** at)) * row_tiles > kTilesDrawnMax) at = level(at + 1);
  return at;
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
