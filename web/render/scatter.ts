import { format_usd_tick } from '../units/format.ts';
import { usd } from '../units/unit.ts';
import { begin_chart, clip_to, crisp, draw_segment, draw_text } from './canvas_text.ts';
import { css_of } from './palette.ts';
import type { Side } from '../units/unit.ts';
import type { PlotBox } from './canvas_text.ts';
import type { ChartTheme } from './chart_theme.ts';

// Expected against printed, a point an hour and side, both axes logarithmic with one range, so that
// equal is the diagonal. Less than a dollar has no place on such an axis: it lies in the gutter
// before it, which is named.

export type ScatterPoint = {
  readonly expected: number;
  readonly printed: number;
  readonly side: Side;
};
export type ScatterLayout = {
  readonly box: PlotBox;
  readonly low: number; // decades
  readonly high: number;
};

const kMargin = { left: 52, top: 10, right: 12, bottom: 38 };
const kGutter = 18;
const kDecadesMax = 7;
const kPointRadius = 3;

export function scatter_layout(
  points: readonly ScatterPoint[], width: number, height: number,
): ScatterLayout {
  const sizes = points.flatMap((one) => [one.expected, one.printed]).filter((one) => one >= 1);
  const high = Math.ceil(Math.log10(Math.max(10, ...sizes)) - 1e-9);
  const least = Math.floor(Math.log10(Math.min(10 ** (high - 1), ...sizes)) + 1e-9);
  return {
    box: { left: kMargin.left, top: kMargin.top, right: width - kMargin.right,
      bottom: height - kMargin.bottom },
    low: Math.max(0, high - kDecadesMax, least),
    high,
  };
}

function share_of({ low, high }: ScatterLayout, value: number): number | null {
  if (value < 10 ** low) return null;
  return (Math.log10(value) - low) / (high - low);
}

export function place_of(
  layout: ScatterLayout, { expected, printed }: Pick<ScatterPoint, 'expected' | 'printed'>,
): { x: number; y: number } {
  const { box } = layout;
  const across = share_of(layout, expected);
  const up = share_of(layout, printed);
  const width = box.right - box.left - kGutter;
  const height = box.bottom - box.top - kGutter;
  return {
    x: across === null ? box.left + kGutter / 2 : box.left + kGutter + across * width,
    y: up === null ? box.bottom - kGutter / 2 : box.bottom - kGutter - up * height,
  };
}

// The point under the pointer, or none.
export function nearest_point(
  layout: ScatterLayout, points: readonly ScatterPoint[], x: number, y: number,
): number | null {
  let best: number | null = null;
  let least = 14;
  points.forEach((point, i) => {
    const at = place_of(layout, point);
    const far = Math.hypot(at.x - x, at.y - y);
    if (far < least) [best, least] = [i, far];
  });
  return best;
}

export type ScatterFrame = {
  readonly width: number; // CSS pixels, as all below
  readonly height: number;
  readonly ratio: number;
  readonly theme: ChartTheme;
  readonly points: readonly ScatterPoint[];
  readonly hovered: number | null;
};

function draw_axes(ctx: CanvasRenderingContext2D, layout: ScatterLayout, theme: ChartTheme): void {
  const { box, low, high } = layout;
  const grid = css_of(theme.grid, theme.grid_alpha);
  const muted = css_of(theme.muted);
  const every = high - low > 5 ? 2 : 1;
  for (let decade = low; decade <= high; decade += 1) {
    const { x, y } = place_of(layout, { expected: 10 ** decade, printed: 10 ** decade });
    draw_segment(ctx, [crisp(x), box.top], [crisp(x), box.bottom], grid);
    draw_segment(ctx, [box.left, crisp(y)], [box.right, crisp(y)], grid);
    // The first decade has its name in the gutter beside it.
    if (decade === low || (decade - low) % every !== 0) continue;
    const text = format_usd_tick(usd(10 ** decade));
    draw_text(ctx, text, x, box.bottom + 11, muted, decade === high ? 'right' : 'center');
    draw_text(ctx, text, box.left - 6, y, muted, 'right');
  }
  const least = `< ${format_usd_tick(usd(10 ** low))}`;
  draw_text(ctx, least, box.left + kGutter / 2, box.bottom + 11, muted, 'center');
  draw_text(ctx, least, box.left - 6, box.bottom - kGutter / 2, muted, 'right');
  draw_text(ctx, 'expected →', box.right, box.bottom + 27, muted, 'right');
  draw_text(ctx, '↑ printed', box.left + kGutter + 6, box.top + 9, muted);
}

// Equal, and three times too much or too little.
function draw_diagonals(
  ctx: CanvasRenderingContext2D, layout: ScatterLayout, theme: ChartTheme,
): void {
  const [least, most] = [10 ** layout.low, 10 ** layout.high];
  const inner = { ...layout.box, left: layout.box.left + kGutter,
    bottom: layout.box.bottom - kGutter };
  clip_to(ctx, inner, () => {
    for (const factor of [1 / 3, 1, 3]) {
      const scale = (value: number): { x: number; y: number } => {
        const base = place_of(layout, { expected: value, printed: value });
        const lift = Math.log10(factor) / (layout.high - layout.low);
        return { x: base.x, y: base.y - lift * (inner.bottom - inner.top) };
      };
      const [from, to] = [scale(least), scale(most)];
      draw_segment(ctx, [from.x, from.y], [to.x, to.y],
        css_of(theme.text, factor === 1 ? 0.75 : 0.35), factor === 1 ? [] : [4, 4]);
    }
  });
}

// Longs are discs and shorts are diamonds, for those who do not tell the colours apart.
function mark_point(
  ctx: CanvasRenderingContext2D, side: Side, x: number, y: number, radius: number,
): void {
  ctx.beginPath();
  if (side === 'long') {
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  } else {
    const r = radius * 1.25;
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y);
    ctx.lineTo(x, y + r);
    ctx.lineTo(x - r, y);
    ctx.closePath();
  }
}

export function draw_scatter(ctx: CanvasRenderingContext2D, frame: ScatterFrame): void {
  const { width, height, ratio, theme, points, hovered } = frame;
  const layout = scatter_layout(points, width, height);
  begin_chart(ctx, width, height, ratio, theme);
  draw_axes(ctx, layout, theme);
  draw_diagonals(ctx, layout, theme);
  for (const point of points) {
    const { x, y } = place_of(layout, point);
    mark_point(ctx, point.side, x, y, kPointRadius);
    ctx.fillStyle = css_of(theme[point.side], 0.72);
    ctx.fill();
  }
  const shown = hovered === null ? undefined : points[hovered];
  if (shown === undefined) return;
  const { x, y } = place_of(layout, shown);
  mark_point(ctx, shown.side, x, y, kPointRadius + 3);
  ctx.strokeStyle = css_of(theme.text);
  ctx.lineWidth = 1.5;
  ctx.stroke();
}
