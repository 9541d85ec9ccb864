import { format_usd_tick } from '../units/format.ts';
import { usd } from '../units/unit.ts';
import { legend_color } from './color_map.ts';
import { css_of } from './palette.ts';
import type { CellStyle } from './color_map.ts';
import type { PaletteName } from './palette.ts';

// The colours of the scale, left to right from its floor to its top.
export function draw_legend(ctx: CanvasRenderingContext2D, style: CellStyle): void {
  const { width, height } = ctx.canvas;
  const names: PaletteName[] = style.side === 'both' ? ['total']
    : style.side === 'two_hue' ? ['long', 'short'] : [style.side];
  names.forEach((name, line) => {
    const top = Math.round((line * height) / names.length);
    const bottom = Math.round(((line + 1) * height) / names.length);
    for (let x = 0; x < width; x += 1) {
      ctx.fillStyle = css_of(legend_color((x + 0.5) / width, style, name));
      ctx.fillRect(x, top, 1, bottom - top);
    }
  });
}

// Dollars beside the legend: one a decade, and half a decade where there is room.
export function legend_labels(style: CellStyle): { share: number; text: string }[] {
  const { top_usd, decades } = style.scale;
  const count = decades <= 2 ? 2 * decades : decades;
  return Array.from({ length: count + 1 }, (_, i) => {
    const share = i / count;
    const value = Number((top_usd * 10 ** ((share - 1) * decades)).toPrecision(2));
    const text = format_usd_tick(usd(value));
    return { share, text: i === count ? `≥${text}` : text };
  });
}
