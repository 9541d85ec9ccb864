import { price_of_row_position } from '../units/rows.ts';
import { row_position } from '../units/unit.ts';
import { legend_color, place_on_scale } from './color_map.ts';
import { x_of_time, y_of_price } from './geometry.ts';
import type { MapColumn } from '../model/api_types.ts';
import type { CellStyle } from './color_map.ts';
import type { Geometry } from './geometry.ts';

// 'As known now': what waits in each row in the column that is shown, over all that is before it.
// Hindsight, so it has the hues of the sides and lets the history through, which stays as it is.

const kAlpha = 0.46;

function row_of_larger(column: MapColumn, row: number): readonly ['long' | 'short', number] {
  const usd = (side: 'long' | 'short'): number => {
    const { first_row, mean } = column.sides[side];
    return mean[row - first_row] ?? 0;
  };
  const [long, short] = [usd('long'), usd('short')];
  return long >= short ? ['long', long] : ['short', short];
}

// Rectangles as the renderer takes them: left, top, right, bottom and a colour times its alpha.
export function hindsight_rects(
  g: Geometry, style: CellStyle, column: MapColumn,
): Float32Array {
  const right = Math.min(g.width, x_of_time(g, column.as_of));
  const out: number[] = [];
  if (right <= 0) return new Float32Array();
  for (let row = Math.floor(g.rows.low); row < g.rows.high; row += 1) {
    const [side, usd] = row_of_larger(column, row);
    const place = usd >= 1 ? place_on_scale(usd, style.scale) : -1;
    if (place < 0) continue;
    const [red, green, blue] = legend_color(place, style, side);
    const edge = (at: number): number =>
      y_of_price(g, price_of_row_position(row_position(at)));
    out.push(0, edge(row + 1), right, edge(row), (red / 255) * kAlpha, (green / 255) * kAlpha,
      (blue / 255) * kAlpha, kAlpha);
  }
  return Float32Array.from(out);
}
