import { cell_of } from '../model/cell.ts';
import { kTileSize } from '../model/heatmap_tile.ts';
import { texel_ms } from '../model/tile_grid.ts';
import { color_of_cell } from '../render/color_map.ts';
import { row_of_y, time_of_x } from '../render/geometry.ts';
import { price_of_row_position } from '../units/rows.ts';
import { row, unix_ms, usd } from '../units/unit.ts';
import type { Cell } from '../model/cell.ts';
import type { MapSession } from '../model/map_session.ts';
import type { CellColor, CellStyle } from '../render/color_map.ts';
import type { Geometry } from '../render/geometry.ts';
import type { Price, Row, Side, UnixMs, Usd } from '../units/unit.ts';

// What lies under a point of the map, from the decoded tiles: the read-out shows it, and the tests
// hold the pixels to it.

export type Interval = { readonly p10: Usd; readonly p50: Usd; readonly p90: Usd };

export type Probe = {
  readonly time: UnixMs; // of the first column of the texel
  readonly price: Price;
  readonly row: Row;
  readonly cell: Cell | null; // null: not loaded, or outside of what exists
  readonly intervals: Readonly<Record<Side, Interval | null>>; // of the newest column only
  readonly is_newest: boolean;
};

function interval_at(session: MapSession, side: Side, at: Row): Interval | null {
  const rows = session.column.value?.sides[side];
  if (rows === undefined) return null;
  const i = at - rows.first_row;
  const [p10, p50, p90] = [rows.p10?.[i], rows.p50?.[i], rows.p90?.[i]];
  if (p10 === undefined || p50 === undefined || p90 === undefined) return null;
  return { p10: usd(p10), p50: usd(p50), p90: usd(p90) };
}

export function probe(session: MapSession, g: Geometry, x: number, y: number): Probe | null {
  const of = session.instrument.value;
  if (of === null) return null;
  const position = row_of_y(g, y);
  const at = row(position);
  const level = session.tile_level.value;
  const size = texel_ms(of.grid, level);
  const texel = Math.floor((time_of_x(g, x) - of.grid.first_column) / size);
  const tile = session.tiles.peek({
    level, column: Math.floor(texel / kTileSize), row: Math.floor(at / kTileSize),
  });
  const is_newest = texel === Math.floor((of.column_end - 1) / 2 ** level);
  const interval = (side: Side): Interval | null =>
    is_newest ? interval_at(session, side, at) : null;
  return {
    time: unix_ms(of.grid.first_column + texel * size),
    price: price_of_row_position(position),
    row: at,
    cell: tile === undefined ? null : cell_of(tile, texel, at),
    intervals: { long: interval('long'), short: interval('short') },
    is_newest,
  };
}

export function probe_color(at: Probe, style: CellStyle): CellColor | null {
  return at.cell === null ? null : color_of_cell(at.cell, style);
}
