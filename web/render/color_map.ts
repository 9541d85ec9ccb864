import { usd_of_code } from '../units/tile_code.ts';
import { mix, palette_of, kPaletteSize } from './palette.ts';
import { kGapCode } from './shown_codes.ts';
import type { TileCode } from '../units/unit.ts';
import type { Cell, CellSide } from '../model/cell.ts';
import type { ColorScale, SideMode } from '../model/view.ts';
import type { ChartTheme } from './chart_theme.ts';
import type { PaletteName, Rgb } from './palette.ts';

// Which colour a cell has. The fragment shader says the same in GLSL; this is the reference that
// its pixels are held to, and what the legend draws.

export type CellStyle = {
  readonly side: SideMode;
  readonly scale: ColorScale;
  readonly opacity: number;
  readonly has_hatching: boolean;
  readonly theme: ChartTheme;
};

// How far a hatching line moves a colour towards the plot's own.
export const kHatchShare = 0.55;
export const kHatchPeriodPx = 7;
export const kHatchLinePx = 2;
const kNothing: CellColor = { rgb: null, is_hatched: false };

export type CellColor = {
  readonly rgb: Rgb | null; // null: less than the scale shows
  readonly is_hatched: boolean;
};

// Where dollars stand on the scale: 0 at its floor, 1 at its top.
export function place_on_scale(usd: number, scale: ColorScale): number {
  return (Math.log10(usd) - Math.log10(scale.top_usd)) / scale.decades + 1;
}

function color_at(place: number, style: CellStyle, name: PaletteName): Rgb | null {
  if (!(place >= 0)) return null;
  const palette = palette_of(style.theme.name, name);
  const index = Math.min(kPaletteSize - 1, Math.floor(place * kPaletteSize));
  const color = palette[index] ?? [0, 0, 0];
  return mix(style.theme.plot, color, style.opacity);
}

type Shown = { readonly usd: number; readonly of: CellSide; readonly name: PaletteName };

function shown_of(cell: Cell, side: SideMode): Shown {
  const larger = cell.long.most_usd >= cell.short.most_usd ? cell.long : cell.short;
  switch (side) {
    case 'long': return { usd: cell.long.most_usd, of: cell.long, name: 'long' };
    case 'short': return { usd: cell.short.most_usd, of: cell.short, name: 'short' };
    case 'both':
      return { usd: cell.long.most_usd + cell.short.most_usd, of: larger, name: 'total' };
    case 'two_hue': {
      const name = larger === cell.long ? 'long' : 'short';
      return { usd: larger.most_usd, of: larger, name };
    }
  }
}

export function color_of_cell(cell: Cell, style: CellStyle): CellColor {
  if (cell.column_count === 0) return kNothing;
  const { usd, of, name } = shown_of(cell, style.side);
  const rgb = usd >= 1 ? color_at(place_on_scale(usd, style.scale), style, name) : null;
  return { rgb, is_hatched: rgb !== null && of.is_wide && style.has_hatching };
}

export function legend_color(share: number, style: CellStyle, name: PaletteName): Rgb {
  return color_at(Math.min(1, Math.max(0, share)), style, name) ?? style.theme.plot;
}

// The colours of all codes, red, green, blue and alpha a code: what the shader looks up.
export function code_colors(style: CellStyle, name: PaletteName): Uint8Array {
  const out = new Uint8Array((kGapCode + 1) * 4);
  for (let code = 0; code <= kGapCode; code += 1) {
    const place = code === 0 ? -1 : place_on_scale(usd_of_code(code as TileCode), style.scale);
    const rgb = color_at(place, style, name) ?? style.theme.plot;
    out.set([...rgb.map(Math.round), 255], code * 4);
  }
  return out;
}
