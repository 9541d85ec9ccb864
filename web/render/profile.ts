import { format_usd_tick } from '../units/format.ts';
import { round_ticks } from '../units/ticks.ts';
import { usd } from '../units/unit.ts';
import { y_of_price, y_of_row } from './geometry.ts';
import { set_font } from './canvas_font.ts';
import { css_of } from './palette.ts';
import type { MapColumn, ProfileSide } from '../model/api_types.ts';
import type { SideMode } from '../model/view.ts';
import type { Side } from '../units/unit.ts';
import type { ChartTheme } from './chart_theme.ts';
import type { Geometry } from './geometry.ts';

// What waits now, by price, beside the map and on its price axis: the mean of each row, its 80 %
// band, and the sum from the price outwards.

type Context = CanvasRenderingContext2D;

export type ProfileFrame = {
  readonly geometry: Geometry; // of the map; its width is not used
  readonly width: number;
  readonly theme: ChartTheme;
  readonly column: MapColumn;
  readonly side: SideMode;
};

// Sums from the mark outwards: what a move to that row would meet. Index i is row first_row + i.
export function cumulative_of(side: ProfileSide, mark_row: number, towards: Side): number[] {
  const sums = side.mean.map(() => 0);
  let sum = 0;
  const step = towards === 'long' ? -1 : 1;
  let at = Math.floor(mark_row) - side.first_row;
  at = Math.min(side.mean.length - 1, Math.max(0, at));
  for (let i = at; i >= 0 && i < side.mean.length; i += step) {
    sum += side.mean[i] ?? 0;
    sums[i] = sum;
  }
  return sums;
}

const kSides: readonly Side[] = ['long', 'short'];

function rows_in(g: Geometry, side: ProfileSide): [number, number] {
  const from = Math.max(0, Math.floor(g.rows.low) - side.first_row);
  const to = Math.min(side.mean.length, Math.ceil(g.rows.high) - side.first_row);
  return [from, Math.max(from, to)];
}

function largest(frame: ProfileFrame, sides: readonly Side[]): number {
  let most = 0;
  for (const name of sides) {
    const side = frame.column.sides[name];
    const [from, to] = rows_in(frame.geometry, side);
    for (let i = from; i < to; i += 1) most = Math.max(most, side.p90?.[i] ?? side.mean[i] ?? 0);
  }
  return most;
}

export type Bar = { top: number; bottom: number; from: number; to: number };

// A bar a row, on whole pixels. Rows that share a pixel are one bar, as far as the largest of them:
// bars that lie over each other would be darker where they do.
export function bars_of(
  g: Geometry, side: ProfileSide, from_usd: readonly number[] | null, to_usd: readonly number[],
): Bar[] {
  const bars: Bar[] = [];
  const end = Math.round(g.height); // below it is the axis
  const [from, to] = rows_in(g, side);
  for (let i = from; i < to; i += 1) {
    const row = side.first_row + i;
    const top = Math.round(y_of_row(g, row + 1));
    const bottom = Math.max(top + 1, Math.min(end, Math.round(y_of_row(g, row))));
    if (top >= end) continue;
    const bar = { top, bottom, from: from_usd?.[i] ?? 0, to: to_usd[i] ?? 0 };
    const below = bars.at(-1);
    if (below === undefined || below.top !== top) bars.push(bar);
    else Object.assign(below, { from: Math.max(below.from, bar.from),
      to: Math.max(below.to, bar.to) });
  }
  return bars;
}

function draw_curve(
  ctx: Context, { geometry: g, width, theme, column }: ProfileFrame, name: Side, most: number,
): void {
  const side = column.sides[name];
  const mark_row = 1000 * Math.log(column.mark);
  const sums = cumulative_of(side, mark_row, name);
  const [from, to] = rows_in(g, side);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, width, g.height);
  ctx.clip();
  ctx.beginPath();
  for (let i = from; i < to; i += 1) {
    const y = y_of_row(g, side.first_row + i + 0.5);
    const sum = sums[i] ?? 0;
    if (sum > 0) ctx.lineTo((sum / most) * width * 0.96, y);
  }
  ctx.lineJoin = 'round';
  for (const [color, thick] of [[theme.plot, 3.5], [theme.text, 1.25]] as const) {
    ctx.strokeStyle = css_of(color);
    ctx.lineWidth = thick * g.ratio;
    ctx.stroke();
  }
  ctx.restore();
}

export function draw_profile(ctx: Context, frame: ProfileFrame): void {
  const { geometry: g, width, theme, column } = frame;
  const { ratio } = g;
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  ctx.fillStyle = css_of(theme.plot);
  ctx.fillRect(0, 0, width, g.height);
  const sides = kSides.filter((name) =>
    frame.side === 'both' || frame.side === 'two_hue' || frame.side === name);
  const most = largest(frame, sides);
  if (most <= 0) return;
  const scale = (width * 0.92) / most;
  const ticks = round_ticks(0, most, Math.max(2, Math.floor(width / (64 * ratio))));
  ctx.fillStyle = css_of(theme.grid, theme.grid_alpha);
  for (const tick of ticks) ctx.fillRect(Math.round(tick * scale), 0, Math.ceil(ratio), g.height);
  for (const name of sides) {
    const side = column.sides[name];
    const color = name === 'long' ? theme.long : theme.short;
    const shades = [[null, side.p10, 0.95], [side.p10, side.mean, 0.66],
      [side.mean, side.p90, 0.28]] as const;
    for (const [from, to, alpha] of shades) {
      ctx.fillStyle = css_of(color, alpha);
      if (to === null) continue;
      for (const bar of bars_of(g, side, from, to)) {
        const size = (bar.to - bar.from) * scale;
        if (size >= 0.5) ctx.fillRect(bar.from * scale, bar.top, size, bar.bottom - bar.top);
      }
    }
  }
  const sums = sides.map((name) =>
    Math.max(...cumulative_of(column.sides[name], 1000 * Math.log(column.mark), name)));
  for (const name of sides) draw_curve(ctx, frame, name, Math.max(...sums));
  const y = y_of_price(g, column.mark);
  ctx.fillStyle = css_of(theme.accent, 0.9);
  ctx.fillRect(0, Math.round(y), width, Math.ceil(ratio));
  set_font(ctx, ratio);
  ctx.fillStyle = css_of(theme.line);
  ctx.fillRect(0, g.height, width, Math.ceil(ratio));
  ctx.fillStyle = css_of(theme.muted);
  ctx.textAlign = 'center';
  for (const tick of ticks.slice(1)) {
    if (tick * scale > width - 16 * ratio) continue;
    ctx.fillText(format_usd_tick(usd(tick)), tick * scale, g.height + 12 * ratio);
  }
}
