import { css_of } from './palette.ts';
import type { ChartTheme } from './chart_theme.ts';

// What the small charts on 2D canvases share: a plot inside margins, in CSS pixels, so that `draw`
// scales once and counts in whole pixels of the page.

export type PlotBox = {
  readonly left: number; readonly top: number; readonly right: number; readonly bottom: number;
};

export const kChartFont =
  '11px ui-sans-serif, system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export function begin_chart(
  ctx: CanvasRenderingContext2D, width: number, height: number, ratio: number, theme: ChartTheme,
): void {
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.fillStyle = css_of(theme.plot);
  ctx.fillRect(0, 0, width, height);
  ctx.font = kChartFont;
  ctx.textBaseline = 'middle';
  ctx.lineWidth = 1;
  ctx.setLineDash([]);
}

export function draw_text(
  ctx: CanvasRenderingContext2D, text: string, x: number, y: number, color: string,
  align: CanvasTextAlign = 'left',
): void {
  ctx.fillStyle = color;
  ctx.textAlign = align;
  ctx.fillText(text, x, y);
}

export function draw_segment(
  ctx: CanvasRenderingContext2D, from: readonly [number, number], to: readonly [number, number],
  color: string, dash: readonly number[] = [],
): void {
  ctx.strokeStyle = color;
  ctx.setLineDash([...dash]);
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
  ctx.setLineDash([]);
}

// A line of one pixel is crisp between two pixels.
export const crisp = (at: number): number => Math.round(at) + 0.5;

export function clip_to(ctx: CanvasRenderingContext2D, box: PlotBox, run: () => void): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  ctx.clip();
  run();
  ctx.restore();
}
