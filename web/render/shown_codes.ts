import { is_wide_at, kTileSize, tile_cell } from '../model/heatmap_tile.ts';
import { sum_of_codes } from '../units/tile_code.ts';
import type { HeatmapTile } from '../model/heatmap_tile.ts';
import type { SideMode } from '../model/view.ts';

// What the graphics card has of a tile: one number of 16 bits a cell, for the sides that are shown.
//
//     bit 15   hatched: the 80 % interval of the side (of the larger one) is wide
//     bit 14   of two hues: the shorts are the larger side
//     0 - 13   the code of docs/formats/heatmap_tile.md; kGapCode where nothing is known
//
// Why codes and not dollars: the colour of every code stands in a table that is made anew when the
// scale changes, so a pixel costs two look-ups and no logarithm. Why one side mode at a time: a
// fetch is what a frame is made of, and a mode changes far less often than a frame is drawn.
// Error: the sum of both sides is a code again, so it is right to 1 % and not to half of it. Above
// level 0 it is that of the largest long and the largest short, which may be of two columns: more
// than any one of them had.

export const kCodeMask = 0x3fff;
export const kGapCode = 4095; // no sum of money: it would be $6e17 a row
const kShortBit = 0x4000;
const kWideBit = 0x8000;

type Shown = { readonly code: number; readonly of: 0 | 1; readonly bits: number };

function shown_of(long: number, short: number, mode: SideMode): Shown {
  const larger = long >= short ? 0 : 1;
  switch (mode) {
    case 'long': return { code: long, of: 0, bits: 0 };
    case 'short': return { code: short, of: 1, bits: 0 };
    case 'both': return { code: sum_of_codes(long, short), of: larger, bits: 0 };
    case 'two_hue':
      return { code: Math.max(long, short), of: larger, bits: larger === 1 ? kShortBit : 0 };
  }
}

// The texels `from` to `to` of the tile, [texel][row].
export function shown_codes(
  tile: HeatmapTile, mode: SideMode, from: number, to: number,
): Uint16Array {
  const out = new Uint16Array((to - from) * kTileSize);
  const [long, short] = tile.sides;
  for (let texel = from; texel < to; texel += 1) {
    const first = (texel - from) * kTileSize;
    if (tile.column_count[texel] === 0) {
      out.fill(kGapCode, first, first + kTileSize);
      continue;
    }
    for (let r = 0; r < kTileSize; r += 1) {
      const cell = tile_cell(texel, r);
      const { code, of, bits } = shown_of(long.most[cell] ?? 0, short.most[cell] ?? 0, mode);
      if (code === 0) continue;
      const wide = is_wide_at(tile.sides[of], cell) ? kWideBit : 0;
      out[first + r] = Math.min(code, kGapCode - 1) | bits | wide;
    }
  }
  return out;
}
