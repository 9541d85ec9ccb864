import { kTileSize } from '../model/heatmap_tile.ts';
import { kTilesDrawnMax } from '../model/tile_grid.ts';
import { kLevelMax, level } from '../units/unit.ts';
import type { Horizon } from '../model/series_store.ts';
import type { HeatmapTile, TileKey } from '../model/heatmap_tile.ts';
import type { TilePart } from './map_renderer.ts';

type Find = (key: TileKey) => HeatmapTile | undefined;

const kCoarserTried = 4;

// The wanted tiles, and what stands in for those that are not here yet: the coarser tile that has
// them in it, else the two finer ones. What stands in is drawn first.
// Where that would be more than kTilesDrawnMax, the first are drawn: what is wanted never is, see
// tile_level_for(), but two may stand in for each.
// Nothing is drawn from the horizon on: what has not been is no gap. Where it is cut, a texel that
// holds later columns too is left out: its largest column may be one of them.
export function parts_of(
  wanted: readonly TileKey[], find: Find, { column_end, is_cut }: Horizon,
): TilePart[] {
  const exact: TilePart[] = [];
  const instead: TilePart[] = [];
  for (const key of wanted) {
    const tile = find(key);
    if (tile !== undefined) exact.push({ tile, from: 0, to: kTileSize });
    else instead.push(...stand_ins(key, find));
  }
  const drawn = exact.slice(0, kTilesDrawnMax);
  const room = kTilesDrawnMax - drawn.length;
  return [...instead.slice(0, room), ...drawn].map((part) => {
    const { level: at, column } = part.tile.key;
    const texels = column_end / 2 ** at;
    const end = (is_cut ? Math.floor(texels) : texels) - column * kTileSize;
    return { ...part, to: Math.min(part.to, Math.max(part.from, end)) };
  });
}

function stand_ins(key: TileKey, find: Find): TilePart[] {
  for (let up = 1; up <= kCoarserTried && key.level + up <= kLevelMax; up += 1) {
    const width = 2 ** up;
    const column = Math.floor(key.column / width);
    const tile = find({ ...key, level: level(key.level + up), column });
    if (tile === undefined) continue;
    const size = kTileSize / width;
    const from = (key.column - column * width) * size;
    return [{ tile, from, to: from + size }];
  }
  if (key.level === 0) return [];
  return [0, 1].flatMap((half) => {
    const tile = find({ ...key, level: level(key.level - 1), column: 2 * key.column + half });
    return tile === undefined ? [] : [{ tile, from: 0, to: kTileSize }];
  });
}
