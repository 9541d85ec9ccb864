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

// Of codes of one dollar and more.
export function log10_usd_of_code(code: TileCode): number {
  return (code - 1) / kCodesPerLog / Math.LN10;
}
