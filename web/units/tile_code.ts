import { usd } from './unit.ts';
import type { TileCode, Usd } from './unit.ts';

// The codes of docs/formats/heatmap_tile.md: 0 for less than a dollar, else 1 + 100·ln(USD).
const kCodesPerLog = 100;

export function usd_of_code(code: TileCode): Usd {
  return usd(code === 0 ? 0 : Math.exp((code - 1) / kCodesPerLog));
}

export function code_of_usd(value: Usd): TileCode {
  if (!(value >= 1)) return 0 as TileCode;
  return Math.min(65_535, 1 + Math.round(kCodesPerLog * Math.log(value))) as TileCode;
}

// The code of a sum of two, from a table of what the smaller one adds: that goes by the distance
// of the two, and is nothing beyond the table's end.
const added = Uint8Array.from({ length: 600 }, (_, distance) =>
  Math.round(kCodesPerLog * Math.log1p(Math.exp(-distance / kCodesPerLog))));

export function sum_of_codes(a: number, b: number): number {
  const [most, least] = a >= b ? [a, b] : [b, a];
  return least === 0 ? most : most + (added[most - least] ?? 0);
}
