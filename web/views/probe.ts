import { cell_of } from '../model/cell.ts';
import { kTileSize } from '../model/heatmap_tile.ts';
import { texel_ms } from '../model/tile_grid.ts';
import { color_of_cell } from '../render/color_map.ts';
import { row_of_y, time_of_x } from '../render/geometry.ts';
import { price_of_row_position, row_of_price, row_position_of_price } from '../units/rows.ts';
import { kMinute } from '../units/time.ts';
import { ms, price, row, unix_ms, usd } from '../units/unit.ts';
import { is_in_tier } from './tier.ts';
import type { Liquidation, MapColumn } from '../model/api_types.ts';
import type { Cell } from '../model/cell.ts';
import type { CellPlace, Looked } from '../model/cell_look.ts';
import type { MapSession } from '../model/map_session.ts';
import type { SeriesSlice } from '../model/series_store.ts';
import type { CellColor, CellStyle } from '../render/color_map.ts';
import type { Geometry } from '../render/geometry.ts';
import type { Ms, Price, Row, Side, UnixMs, Usd } from '../units/unit.ts';

// What lies under a point of the map, from the decoded tiles: the read-out shows it, and the tests
// hold the pixels to it.

export type Probe = {
  readonly time: UnixMs; // of the first column of the texel
  readonly price: Price;
  readonly row: Row;
  readonly mark: Price | null; // then: the close of the texel's candle
  readonly cell: Cell | null; // null: not loaded, or outside of what exists
  readonly is_hidden: boolean; // by the distance tier
  // The last column of the texel, which the band and what the cell is made of are of, and what is
  // known of it: the service is asked when the crosshair rests. In the newest texel it may be of an
  // earlier column, which it names.
  readonly place: CellPlace;
  readonly looked: Looked;
};

// The close of the last entry that begins at or before the time.
function close_at(slice: SeriesSlice | null, time: number): Price | null {
  if (slice === null) return null;
  const after = slice.times.findIndex((one) => one > time);
  const close = slice.fields.close[(after < 0 ? slice.times.length : after) - 1];
  return close === undefined || Number.isNaN(close) ? null : price(close);
}

function cell_at(session: MapSession, texel: number, at: Row): Cell | null {
  const level = session.tile_level.value;
  const { column_end, is_cut } = session.horizon.value;
  // A texel with columns later than the play head is not looked into.
  if (is_cut && (texel + 1) * 2 ** level > column_end) return null;
  const tile = session.tiles.peek(session.of_part({
    level, column: Math.floor(texel / kTileSize), row: Math.floor(at / kTileSize),
  }));
  return tile === undefined ? null : cell_of(tile, texel, at);
}

export function probe(session: MapSession, g: Geometry, x: number, y: number): Probe | null {
  const of = session.instrument.value;
  if (of === null) return null;
  const position = row_of_y(g, y);
  const at = row(position);
  const level = session.tile_level.value;
  const size = texel_ms(of.grid, level);
  const texel = Math.floor((time_of_x(g, x) - of.grid.first_column) / size);
  const time = unix_ms(of.grid.first_column + texel * size);
  const is_newest = texel === Math.floor((session.horizon.value.column_end - 1) / 2 ** level);
  const first = texel * 2 ** level;
  const last = Math.min(session.horizon.value.column_end, first + 2 ** level) - 1;
  const place = { instrument: of.id, first, column: last, row: at, is_newest };
  const { tier } = session.view.value;
  const mark = close_at(session.marks.value ?? session.series.value, time);
  return {
    time,
    price: price_of_row_position(position),
    row: at,
    mark,
    cell: cell_at(session, texel, at),
    is_hidden: tier !== 'all' &&
      (mark === null || !is_in_tier(tier, at, row_position_of_price(mark))),
    place,
    looked: session.look.of(place),
  };
}

export function probe_color(at: Probe, style: CellStyle): CellColor | null {
  if (at.is_hidden) return { rgb: null, is_hatched: false };
  return at.cell === null ? null : color_of_cell(at.cell, style);
}

// --- Beside the cell ---------------------------------------------------------------------------

// What a move of the price from the mark to `to` would cross, of the column that is shown: longs
// below the mark, shorts above it. Whole rows, the first and the last included. A mean: intervals
// of rows do not add up.
export function path_usd(column: MapColumn, to: Price): { side: Side; usd: Usd } {
  const side: Side = to < column.mark ? 'long' : 'short';
  const [from, end] = [row_of_price(column.mark), row_of_price(to)];
  const [low, high] = [Math.min(from, end), Math.max(from, end)];
  const { first_row, mean } = column.sides[side];
  let sum = 0;
  for (let at = Math.max(low, first_row); at <= high; at += 1) sum += mean[at - first_row] ?? 0;
  return { side, usd: usd(sum) };
}

export const kPrintedReach = 0.005; // of the price, up and down
export type Printed = { readonly sides: Readonly<Record<Side, Usd>>; readonly around: Ms };

// Printed liquidations around a point: within .5 % of its price and a sixtieth of the view's time.
export function printed_near(
  prints: readonly Liquidation[], time: UnixMs, at: Price, span: Ms,
): Printed {
  const around = ms(Math.max(kMinute, Math.round(span / 60 / kMinute) * kMinute));
  const sums = { long: 0, short: 0 };
  for (const one of prints) {
    const is_near = Math.abs(one.time - time) <= around &&
      Math.abs(one.price / at - 1) <= kPrintedReach;
    if (is_near) sums[one.side] += one.usd;
  }
  return { sides: { long: usd(sums.long), short: usd(sums.short) }, around };
}
