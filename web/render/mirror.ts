import { format_percent, format_usd_tick } from '../units/format.ts';
import { decimals_of_step, round_step, round_ticks } from '../units/ticks.ts';
import { kSides, share, usd } from '../units/unit.ts';
import { begin_chart, clip_to, crisp, draw_segment, draw_text } from './canvas_text.ts';
import { css_of } from './palette.ts';
import type { Side } from '../units/unit.ts';
import type { PlotBox } from './canvas_text.ts';
import type { ChartTheme } from './chart_theme.ts';

// Truth beside estimate by distance from the mark: longs to the left of it, shorts to the right.
// The truth is filled, because it is there; the estimate is a line in a band, because it is not.

export type MirrorSide = {
  readonly truth: readonly number[]; // USD a bin, from the mark outward
  readonly mean: readonly number[];
  readonly p10: readonly number[] | null;
  readonly p90: readonly number[] | null;
};
export type MirrorFrame = {
  readonly width: number; // CSS pixels
  readonly height: number;
  readonly ratio: number;
  readonly theme: ChartTheme;
  readonly bin_log: number;
  readonly sides: Readonly<Record<Side, MirrorSide>>;
  readonly is_log: boolean;
  readonly hovered: number | null; // bins from the mark, negative on the side of longs
};

const kMargin = { left: 14, top: 12, right: 64, bottom: 26 };
const kLogDecades = 4;

export function mirror_box(width: number, height: number): PlotBox {
  return { left: kMargin.left, top: kMargin.top, right: width - kMargin.right,
    bottom: height - kMargin.bottom };
}

export function bin_count({ long, short }: MirrorFrame['sides']): number {
  return Math.max(1, ...[long, short].flatMap((one) => [one.truth.length, one.mean.length]));
}

// Bin i of the shorts is i, bin i of the longs is -1 - i.
export function bin_of_x(box: PlotBox, bins: number, x: number): number | null {
  const place = (x - box.left) / (box.right - box.left);
  if (place < 0 || place >= 1) return null;
  return Math.floor(place * 2 * bins) - bins;
}

// The upper end of the axis, in steps of 1, 2 and 5, so that it does not creep with every hour.
export function mirror_top(sides: MirrorFrame['sides']): number {
  const most = Math.max(1, ...kSides.flatMap((side) =>
    [sides[side].truth, sides[side].mean, sides[side].p90 ?? []].flat()));
  const power = 10 ** Math.floor(Math.log10(most));
  return (([1, 2, 5, 10].find((one) => one * power >= most * (1 - 1e-9))) ?? 10) * power;
}

type Plane = {
  readonly ctx: CanvasRenderingContext2D;
  readonly box: PlotBox;
  readonly bins: number;
  readonly y: (value: number) => number;
  readonly x: (side: Side, edge: number) => number;
};

function plane_of(ctx: CanvasRenderingContext2D, frame: MirrorFrame): Plane {
  const box = mirror_box(frame.width, frame.height);
  const bins = bin_count(frame.sides);
  const top = mirror_top(frame.sides);
  const middle = (box.left + box.right) / 2;
  const step = (box.right - box.left) / 2 / bins;
  const share_up = (value: number): number => (frame.is_log
    ? Math.max(0, 1 + Math.log10(Math.max(value, 1e-9) / top) / kLogDecades) : value / top);
  return {
    ctx, box, bins,
    y: (value) => box.bottom - share_up(value) * (box.bottom - box.top),
    x: (side, edge) => middle + (side === 'long' ? -1 : 1) * edge * step,
  };
}

function value_ticks(frame: MirrorFrame): number[] {
  const top = mirror_top(frame.sides);
  if (!frame.is_log) {
    const count = Math.max(2, Math.floor(frame.height / 48));
    return round_ticks(0, top, count).filter((value) => value > 0);
  }
  const highest = Math.floor(Math.log10(top) + 1e-9);
  return Array.from({ length: kLogDecades + 1 }, (_, i) => 10 ** (highest - i))
    .filter((value) => value > top / 10 ** kLogDecades);
}

function draw_axes(plane: Plane, frame: MirrorFrame): void {
  const { ctx, box, bins } = plane;
  const { theme } = frame;
  const muted = css_of(theme.muted);
  const grid = css_of(theme.grid, theme.grid_alpha);
  for (const value of value_ticks(frame)) {
    draw_segment(ctx, [box.left, crisp(plane.y(value))], [box.right, crisp(plane.y(value))], grid);
    draw_text(ctx, format_usd_tick(usd(value)), box.right + 8, plane.y(value), muted);
  }
  const reach = Math.exp(bins * frame.bin_log) - 1;
  const step = round_step(reach, Math.max(1, (box.right - box.left) / 2 / 48));
  for (const side of kSides) {
    const sign = side === 'long' ? -1 : 1;
    for (let i = 1; i * step <= reach * (1 + 1e-9); i += 1) {
      const edge = Math.log1p(sign * i * step) / (sign * frame.bin_log);
      if (edge > bins + 1e-9) continue;
      const x = plane.x(side, edge);
      const text = format_percent(share(sign * i * step), decimals_of_step(100 * step));
      draw_segment(ctx, [crisp(x), box.top], [crisp(x), box.bottom], grid);
      draw_text(ctx, sign > 0 ? `+${text}` : text, x, box.bottom + 13, muted, 'center');
    }
  }
  const middle = plane.x('long', 0);
  draw_segment(ctx, [crisp(middle), box.top - 4], [crisp(middle), box.bottom],
    css_of(theme.text, 0.6));
  draw_text(ctx, 'mark', middle, box.bottom + 13, css_of(theme.text), 'center');
  draw_segment(ctx, [box.left, crisp(box.bottom)], [box.right, crisp(box.bottom)],
    css_of(theme.line));
}

function steps(plane: Plane, side: Side, values: readonly number[], is_back = false): void {
  const order = values.map((value, i) => [value, i] as const);
  for (const [value, i] of is_back ? order.reverse() : order) {
    const [from, to] = is_back ? [i + 1, i] : [i, i + 1];
    plane.ctx.lineTo(plane.x(side, from), plane.y(value));
    plane.ctx.lineTo(plane.x(side, to), plane.y(value));
  }
}

function draw_side(plane: Plane, frame: MirrorFrame, side: Side): void {
  const { ctx } = plane;
  const { theme } = frame;
  const { truth, mean, p10, p90 } = frame.sides[side];
  ctx.fillStyle = css_of(theme[side], 0.8);
  truth.forEach((value, i) => {
    const [a, b] = [plane.x(side, i), plane.x(side, i + 1)];
    const y = plane.y(value);
    if (value > 0) ctx.fillRect(Math.min(a, b) + 0.5, y, Math.abs(b - a) - 1, plane.box.bottom - y);
  });
  if (p10 !== null && p90 !== null) {
    ctx.beginPath();
    steps(plane, side, p90);
    steps(plane, side, p10, true);
    ctx.closePath();
    ctx.fillStyle = css_of(theme.text, 0.24);
    ctx.fill();
  }
  ctx.beginPath();
  steps(plane, side, mean);
  // A seam of the plot's colour keeps the line apart from the bars that it crosses.
  ctx.lineJoin = 'round';
  ctx.strokeStyle = css_of(theme.plot, 0.85);
  ctx.lineWidth = 3.5;
  ctx.stroke();
  ctx.strokeStyle = css_of(theme.text);
  ctx.lineWidth = 1.5;
  ctx.stroke();
  ctx.lineWidth = 1;
}

export function draw_mirror(ctx: CanvasRenderingContext2D, frame: MirrorFrame): void {
  begin_chart(ctx, frame.width, frame.height, frame.ratio, frame.theme);
  const plane = plane_of(ctx, frame);
  const { hovered } = frame;
  if (hovered !== null) {
    const side = hovered < 0 ? 'long' : 'short';
    const bin = hovered < 0 ? -1 - hovered : hovered;
    const [a, b] = [plane.x(side, bin), plane.x(side, bin + 1)];
    ctx.fillStyle = css_of(frame.theme.text, 0.1);
    ctx.fillRect(Math.min(a, b), plane.box.top, Math.abs(b - a), plane.box.bottom - plane.box.top);
  }
  draw_axes(plane, frame);
  clip_to(ctx, { ...plane.box, top: 0 }, () => {
    for (const side of kSides) draw_side(plane, frame, side);
  });
}
