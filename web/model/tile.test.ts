import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { level, ms, row, row_position, unix_ms } from '../units/unit.ts';
import { cell_of } from './cell.ts';
import {
  decode_tile, is_wide_at, kTileSize, tile_bytes, tile_cell, TileError,
} from './heatmap_tile.ts';
import { TileCache } from './tile_cache.ts';
import { kTilesDrawnMax, level_for, tile_level_for, tiles_in } from './tile_grid.ts';
import { add_column, empty_tile } from './tile_update.ts';
import { kRowSpanMax } from './view.ts';

const kGolden = new URL('../../tests/golden/heatmap_tile_1.bin', import.meta.url);
const golden = (): Uint8Array => new Uint8Array(readFileSync(kGolden));

const grid = { first_column: unix_ms(1_764_547_200_000), column_interval: ms(60_000) };

describe('the golden tile', () => {
  // The same formulas as golden_tile() in src/map/heatmap_tiles_test.cpp.
  it('is read as C++ wrote it', () => {
    const tile = decode_tile(golden());
    expect(tile.key).toEqual({ level: 1, column: 2, row: -3 });
    expect(tile.first_column).toBe(grid.first_column);
    expect(tile.column_interval).toBe(60_000);
    let wrong = 0;
    for (let column = 0; column < kTileSize; column += 1) {
      const count = column >= 200 || column % 50 === 0 ? 0 : 2;
      if (tile.column_count[column] !== count) wrong += 1;
      for (let r = 0; r < kTileSize; r += 1) {
        const is_set = column < 200 && r >= column % 7 && (r - (column % 7)) % 7 === 0;
        tile.sides.forEach((side, s) => {
          const cell = tile_cell(column, r);
          const most = is_set ? 1 + r * 5 + column + 700 * s : 0;
          if (side.most[cell] !== most) wrong += 1;
          if (side.mean[cell] !== Math.floor(most / 2)) wrong += 1;
          if (is_wide_at(side, cell) !== (is_set && r % 2 === s)) wrong += 1;
        });
      }
    }
    expect(wrong).toBe(0);
  });

  it('is refused when it is cut or altered', () => {
    for (const length of [0, 7, 39, 40, 41, 4000]) {
      expect(() => decode_tile(golden().subarray(0, length))).toThrow(TileError);
    }
    for (const at of [0, 7]) {
      const bad = golden();
      bad[at] = (bad[at] ?? 0) ^ 1;
      expect(() => decode_tile(bad)).toThrow(TileError);
    }
    const bad_level = golden();
    bad_level[20] = 13;
    expect(() => decode_tile(bad_level)).toThrow('no level 13');
    bad_level[20] = 0; // a level without means is shorter
    expect(() => decode_tile(bad_level)).toThrow(TileError);
  });
});

describe('new columns', () => {
  const side = (first_row: number, codes: number[], wide: number) => ({
    first_row, codes: Uint16Array.from(codes), wide: Uint8Array.of(wide),
  });

  it('keep the largest and the mean', () => {
    const tile = empty_tile({ level: level(1), column: 0, row: 44 }, grid);
    const first = 44 * kTileSize;
    const none = side(first, [], 0);
    expect(add_column(tile, { column: 2, sides: [side(first - 1, [9, 901], 2), none] })).toBe(1);
    expect(add_column(tile, { column: 3, sides: [side(first, [701], 0), none] })).toBe(1);
    expect(add_column(tile, { column: 512, sides: [none, none] })).toBeNull();
    const cell = cell_of(tile, 1, row(first));
    expect(cell.column_count).toBe(2);
    expect(cell.long.most_usd).toBeCloseTo(Math.exp(9), 6);
    expect(cell.long.mean_usd / ((Math.exp(9) + Math.exp(7)) / 2)).toBeCloseTo(1, 2);
    expect(cell.long.is_wide).toBe(true);
    expect(cell.short.most_usd).toBe(0);
  });
});

describe('the grid', () => {
  const range = { from: grid.first_column, to: unix_ms(grid.first_column + 1000 * 60_000) };
  it('chooses the finest level whose texels are wide enough', () => {
    expect(level_for(grid, range, 1000, 1)).toBe(0);
    expect(level_for(grid, range, 999, 1)).toBe(1);
    expect(level_for(grid, range, 100, 1)).toBe(4);
    expect(level_for(grid, range, 1000, 5)).toBe(3);
    expect(level_for(grid, { from: range.from, to: unix_ms(range.from + 1e15) }, 10, 1)).toBe(12);
  });
  it('chooses a coarser one where the tiles of a view would be too many', () => {
    const all_rows = Array.from({ length: 100 }, (_, row) => row);
    for (const width of [390, 1440, 3840, 7680]) {
      for (const row_span of [8, 600, kRowSpanMax, 6000]) {
        for (const columns of [240, 3840, 7680.5, 30_000]) {
          const from = grid.first_column + 777.5 * 60_000;
          const time = { from: unix_ms(from), to: unix_ms(from + columns * 60_000) };
          const rows = { low: row_position(5000.5), high: row_position(5000.5 + row_span) };
          const at = tile_level_for(grid, time, rows, width);
          const keys = tiles_in(grid, at, time, rows, 1e6, all_rows);
          expect(keys.length).toBeLessThanOrEqual(kTilesDrawnMax);
          const finest = level_for(grid, time, width, 1);
          if (width <= 1440 || row_span <= 600) expect(at).toBe(finest);
          const finer = tiles_in(grid, level(at - 1), time, rows, 1e6, all_rows);
          if (at > finest) expect(finer.length).toBeGreaterThan(0.7 * kTilesDrawnMax);
        }
      }
    }
  });
  it('finds the tiles of a view that can exist, the newest first', () => {
    const rows = { low: row_position(44 * 256 - 1), high: row_position(44 * 256 + 10) };
    const keys = tiles_in(grid, level(0), range, rows, 600, [43, 44, 45]);
    expect(keys.map((key) => [key.column, key.row])).toEqual(
      [[2, 43], [2, 44], [1, 43], [1, 44], [0, 43], [0, 44]]);
    expect(tiles_in(grid, level(0), { from: range.to, to: unix_ms(range.to + 1) }, rows, 600, [44]))
      .toEqual([]);
  });
});

describe('the cache', () => {
  it('forgets what was used longest ago', () => {
    const tile = (column: number) => empty_tile({ level: level(0), column, row: 0 }, grid);
    const size = tile_bytes(tile(0));
    const cache = new TileCache(3 * size);
    for (const column of [0, 1, 2]) cache.put(tile(column));
    cache.use(tile(0).key);
    cache.put(tile(3));
    expect(cache.peek(tile(1).key)).toBeUndefined();
    expect(cache.peek(tile(0).key)).toBeDefined();
    cache.put(tile(0)); // again: counted once
    expect(cache.bytes).toBe(3 * size);
  });
});
