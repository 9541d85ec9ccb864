import { format_date_time, format_time_tick, time_ticks } from '../units/time.ts';
import { format_price, format_signed_percent, price_decimals } from '../units/format.ts';
import { distance } from '../units/rows.ts';
import { decimals_of_step, round_step, round_ticks } from '../units/ticks.ts';
import { price, unix_ms } from '../units/unit.ts';
import { price_of_y, time_of_x, x_of_time, y_of_price } from './geometry.ts';
import { css_of } from './palette.ts';
import type { Price, UnixMs } from '../units/unit.ts';
import { set_font } from './canvas_font.ts';
import { draw_clusters } from './clusters.ts';
import type { ChartTheme } from './chart_theme.ts';
import type { BoxShape, ClusterFrame } from './clusters.ts';
import type { Geometry } from './geometry.ts';

// Everything with letters or thin lines, on 2D canvases over the map: the plot at the upper left,
// the price axis to its right, the time axis below. All in device pixels, so that text is crisp.

export const kPriceAxisPx = 76; // CSS pixels
export const kTimeAxisPx = 24;
type Context = CanvasRenderingContext2D;

export type OverlayFrame = ClusterFrame & {
  readonly mark: Price | null;
  readonly first: UnixMs; // when the data begins
  readonly as_of: UnixMs | null; // the play head
  readonly watermark: string | null;
};

export function price_ticks(g: Geometry): { values: Price[]; decimals: number } {
  const [low, high] = [price_of_y(g, g.height), price_of_y(g, 0)];
  const count = Math.max(2, Math.floor(g.height / (52 * g.ratio)));
  const step = round_step(high - low, count);
  const values = round_ticks(low, high, count).filter((value) => value > 0).map(price);
  return { values, decimals: decimals_of_step(step) };
}

// A line on whole pixels.
function line(ctx: Context, x: number, y: number, width: number, height: number): void {
  ctx.fillRect(Math.round(x), Math.round(y), Math.round(width), Math.round(height));
}

function tag(
  ctx: Context, text: string, x: number, y: number, ratio: number, back: string, front: string,
  align: 'left' | 'center' = 'left',
): void {
  const width = ctx.measureText(text).width + 10 * ratio;
  const left = align === 'left' ? x : x - width / 2;
  ctx.fillStyle = back;
  const height = Math.round(18 * ratio);
  ctx.fillRect(Math.round(left), Math.round(y - 9 * ratio), Math.ceil(width), height);
  ctx.fillStyle = front;
  ctx.textAlign = 'left';
  ctx.fillText(text, Math.round(left + 5 * ratio), Math.round(y + 0.5 * ratio));
}

function draw_grid_and_axes(ctx: Context, { geometry: g, theme }: OverlayFrame): void {
  const { ratio } = g;
  const thin = Math.max(1, Math.round(ratio));
  const prices = price_ticks(g);
  const ticks = time_ticks(g.time.from, g.time.to, g.width / (96 * ratio));
  ctx.fillStyle = css_of(theme.grid, theme.grid_alpha);
  for (const value of prices.values) line(ctx, 0, y_of_price(g, value), g.width, thin);
  for (const time of ticks.times) line(ctx, x_of_time(g, time), 0, thin, g.height);
  ctx.fillStyle = css_of(theme.line);
  line(ctx, g.width, 0, thin, g.height);
  line(ctx, 0, g.height, g.width + kPriceAxisPx * ratio, thin);
  set_font(ctx, ratio);
  ctx.fillStyle = css_of(theme.muted);
  ctx.textAlign = 'left';
  for (const value of prices.values) {
    const y = y_of_price(g, value);
    if (y < 8 * ratio || y > g.height - 8 * ratio) continue;
    ctx.fillText(format_price(value, prices.decimals), g.width + 8 * ratio, Math.round(y));
  }
  ctx.textAlign = 'center';
  for (const time of ticks.times) {
    const x = x_of_time(g, time);
    if (x < 22 * ratio || x > g.width - 18 * ratio) continue;
    const is_day = time % 86_400_000 === 0;
    set_font(ctx, ratio, 11, is_day ? 600 : 400);
    ctx.fillStyle = css_of(is_day ? theme.text : theme.muted);
    ctx.fillText(format_time_tick(time, ticks.step), Math.round(x), g.height + 12 * ratio);
  }
}

function draw_mark(ctx: Context, { geometry: g, theme, mark }: OverlayFrame): void {
  if (mark === null) return;
  const y = Math.round(y_of_price(g, mark));
  if (y < 0 || y > g.height) return;
  ctx.fillStyle = css_of(theme.accent, 0.9);
  const dash = 4 * g.ratio;
  for (let x = 0; x < g.width; x += 2 * dash) line(ctx, x, y, dash, Math.max(1, g.ratio));
  set_font(ctx, g.ratio, 11, 600);
  const text = format_price(mark, price_decimals(mark));
  tag(ctx, text, g.width + 3 * g.ratio, y, g.ratio, css_of(theme.accent),
    theme.name === 'dark' ? '#12141a' : '#ffffff');
}

// The play head: nothing to the right of it is drawn, and the whole plot has an edge that says so.
function draw_play_head(ctx: Context, { geometry: g, theme, as_of }: OverlayFrame): void {
  if (as_of === null) return;
  ctx.fillStyle = css_of(theme.accent);
  line(ctx, 0, 0, g.width + kPriceAxisPx * g.ratio, 2 * g.ratio);
  const x = x_of_time(g, as_of);
  if (x < 0 || x > g.width) return;
  line(ctx, x, 0, Math.max(1, Math.round(1.5 * g.ratio)), g.height);
}

// To the left of all data: that nothing is drawn there is no statement about the market.
function draw_begin(ctx: Context, { geometry: g, theme, first }: OverlayFrame): void {
  const x = x_of_time(g, first);
  const room = 190 * g.ratio;
  if (x < room || x > g.width + room) return;
  ctx.fillStyle = css_of(theme.line);
  line(ctx, x, 0, Math.max(1, Math.round(g.ratio)), g.height);
  set_font(ctx, g.ratio);
  ctx.fillStyle = css_of(theme.muted);
  ctx.textAlign = 'right';
  ctx.fillText(`no data before ${format_date_time(first)}`, Math.round(x - 10 * g.ratio),
    Math.round(g.height / 3));
}

// Says where the clusters were drawn.
export function draw_overlay(ctx: Context, frame: OverlayFrame): readonly BoxShape[] {
  const { geometry: g, theme } = frame;
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  draw_grid_and_axes(ctx, frame);
  draw_begin(ctx, frame);
  draw_play_head(ctx, frame);
  const shapes = draw_clusters(ctx, frame);
  draw_mark(ctx, frame);
  if (frame.watermark === null) return shapes;
  set_font(ctx, g.ratio, 11, 700);
  tag(ctx, frame.watermark, 10 * g.ratio, g.height - 18 * g.ratio, g.ratio,
    css_of(theme.accent, 0.92), theme.name === 'dark' ? '#12141a' : '#ffffff');
  return shapes;
}

// --- Crosshair ---------------------------------------------------------------------------------

export type Cross = { readonly x: number; readonly y: number };

export function draw_crosshair(
  ctx: Context, g: Geometry, theme: ChartTheme, cross: Cross, mark: Price | null,
): void {
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  const { ratio } = g;
  const thin = Math.max(1, Math.round(ratio));
  ctx.fillStyle = css_of(theme.cross, 0.75);
  const dash = 3 * ratio;
  for (let x = 0; x < g.width; x += 2 * dash) line(ctx, x, cross.y, dash, thin);
  for (let y = 0; y < g.height; y += 2 * dash) line(ctx, cross.x, y, thin, dash);
  const at = price_of_y(g, cross.y);
  const [back, front] = [css_of(theme.tag), css_of(theme.tag_text)];
  set_font(ctx, ratio, 11, 600);
  tag(ctx, format_price(at), g.width + 3 * ratio, cross.y, ratio, back, front);
  if (mark !== null) {
    const y = cross.y + (cross.y < g.height - 30 * ratio ? 18 : -18) * ratio;
    ctx.fillStyle = css_of(theme.panel);
    line(ctx, g.width + 3 * ratio, y - 9 * ratio, (kPriceAxisPx - 3) * ratio, 18 * ratio);
    tag(ctx, format_signed_percent(distance(at, mark)), g.width + 3 * ratio, y, ratio,
      css_of(theme.panel), css_of(theme.text));
  }
  const half = 62 * ratio;
  const x = Math.min(g.width - half, Math.max(half, cross.x));
  const time = unix_ms(time_of_x(g, cross.x));
  tag(ctx, format_date_time(time), x, g.height + 12 * ratio, ratio, back, front, 'center');
}
