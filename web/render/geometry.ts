import { price_of_row_position, row_position_of_price } from '../units/rows.ts';
import { row_position, unix_ms } from '../units/unit.ts';
import type { RowRange, TimeRange } from '../model/tile_grid.ts';
import type { Price, RowPosition, UnixMs } from '../units/unit.ts';

// Where times and prices are on the plot. Device pixels, from the upper left.
export type Geometry = {
  readonly width: number;
  readonly height: number;
  readonly ratio: number; // device pixels a CSS pixel
  readonly time: TimeRange;
  readonly rows: RowRange;
};

export const x_of_time = (g: Geometry, time: number): number =>
  ((time - g.time.from) / (g.time.to - g.time.from)) * g.width;

export const y_of_row = (g: Geometry, at: number): number =>
  ((g.rows.high - at) / (g.rows.high - g.rows.low)) * g.height;

export const y_of_price = (g: Geometry, price: Price): number =>
  y_of_row(g, row_position_of_price(price));

export const time_of_x = (g: Geometry, x: number): UnixMs =>
  unix_ms(g.time.from + (x / g.width) * (g.time.to - g.time.from));

export const row_of_y = (g: Geometry, y: number): RowPosition =>
  row_position(g.rows.high - (y / g.height) * (g.rows.high - g.rows.low));

export const price_of_y = (g: Geometry, y: number): Price => price_of_row_position(row_of_y(g, y));
