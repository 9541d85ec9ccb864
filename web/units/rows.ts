import { price, row, row_position, share } from './unit.ts';
import type { Price, Row, RowPosition, Share } from './unit.ts';

// Row r has the prices from exp(r / 1000) to exp((r + 1) / 1000).
export const kRowsPerLog = 1000;

export function row_position_of_price(value: Price): RowPosition {
  return row_position(kRowsPerLog * Math.log(value));
}

export function price_of_row_position(position: RowPosition): Price {
  return price(Math.exp(position / kRowsPerLog));
}

export function row_of_price(value: Price): Row {
  return row(row_position_of_price(value));
}

export function row_low(of: Row): Price {
  return price(Math.exp(of / kRowsPerLog));
}

export function row_high(of: Row): Price {
  return price(Math.exp((of + 1) / kRowsPerLog));
}

// How far `of` lies from `mark`, as a fraction of `mark`.
export function distance(of: Price, mark: Price): Share {
  return share(of / mark - 1);
}
