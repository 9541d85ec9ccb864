import { format_usd } from '../units/format.ts';
import { x_of_time, y_of_price } from './geometry.ts';
import { set_font } from './canvas_font.ts';
import { css_of } from './palette.ts';
import type { Box } from '../model/cluster_boxes.ts';
import type { UnixMs } from '../units/unit.ts';
import type { ChartTheme } from './chart_theme.ts';
import type { Geometry } from './geometry.ts';

// Clusters on the map: a box in the rows and from the time it was born with, and its dollars. The
// same shapes answer what is under the pointer.

type Context = CanvasRenderingContext2D;
type Rect = { readonly left: number; readonly top: number; readonly right: number;
  readonly bottom: number };
export type BoxShape = Rect & {
  readonly box: Box;
  readonly is_alive: boolean;
  readonly is_pinned: boolean;
  label: Rect | null;
};

export type ClusterFrame = {
  readonly geometry: Geometry;
  readonly theme: ChartTheme;
  readonly boxes: readonly Box[];
  readonly pinned: number | null;
  readonly newest: UnixMs; // the end of what is drawn
};

const kEndedMax = 24; // of those that ended, the largest in view
const kEndedWidthPx = 20;

const contains = (rect: Rect, x: number, y: number): boolean =>
  x >= rect.left && x < rect.right && y >= rect.top && y < rect.bottom;

// Largest first, so that it has the label where two want the same place.
export function box_shapes(frame: ClusterFrame): BoxShape[] {
  const { geometry: g, boxes, pinned, newest } = frame;
  const edge = x_of_time(g, newest);
  const shapes = boxes.flatMap((box): BoxShape[] => {
    const left = box.from === null ? edge - 8 * g.ratio : x_of_time(g, box.from);
    const right = box.to === null ? edge : x_of_time(g, box.to);
    const [top, bottom] = [y_of_price(g, box.price_high), y_of_price(g, box.price_low)];
    if (right < 0 || left > g.width || bottom < 0 || top > g.height) return [];
    const is_pinned = box.id !== null && box.id === pinned;
    return [{ box, left, top, right, bottom, is_alive: box.to === null, is_pinned, label: null }];
  }).sort((a, b) => Number(b.is_pinned) - Number(a.is_pinned) || b.box.usd - a.box.usd);
  const ended = shapes.filter((one) => !one.is_alive && !one.is_pinned &&
    one.right - Math.max(0, one.left) >= kEndedWidthPx * g.ratio)
    .sort((a, b) => most_of(b) - most_of(a)).slice(0, kEndedMax);
  const kept = new Set(ended);
  return shapes.filter((one) => one.is_alive || one.is_pinned || kept.has(one));
}

const most_of = (shape: BoxShape): number => shape.box.history?.most_usd ?? shape.box.usd;

function draw_box(ctx: Context, { geometry: g, theme }: ClusterFrame, shape: BoxShape): void {
  const thin = Math.max(1, Math.round(g.ratio));
  const color = shape.box.side === 'long' ? theme.long : theme.short;
  const left = Math.round(Math.max(-9, shape.left));
  const right = Math.round(Math.min(g.width + 9, shape.right));
  const top = Math.round(shape.top);
  const height = Math.max(2 * thin, Math.round(shape.bottom) - top);
  const frame = (grow: number): void =>
    ctx.strokeRect(left - grow + 0.5, top - grow + 0.5, right - left + 2 * grow - 1,
      height + 2 * grow - 1);
  if (shape.is_pinned) {
    ctx.fillStyle = css_of(color, 0.16);
    ctx.fillRect(left, top, right - left, height);
  }
  if (shape.is_alive || shape.is_pinned) {
    ctx.strokeStyle = css_of(theme.plot, 0.5);
    ctx.lineWidth = 3 * thin;
    frame(0);
  }
  ctx.strokeStyle = shape.is_pinned ? css_of(theme.accent)
    : css_of(shape.is_alive ? color : theme.text, shape.is_alive ? 1 : 0.34);
  ctx.lineWidth = shape.is_pinned ? 2 * thin : thin;
  frame(0);
}

function label_text({ box, is_alive }: BoxShape): string {
  return is_alive ? format_usd(box.usd) : `${box.history?.fate ?? 'ended'}, most ${
    format_usd(box.history?.most_usd ?? null)}`;
}

function draw_label(
  ctx: Context, { geometry: g, theme }: ClusterFrame, shape: BoxShape, taken: Rect[],
): void {
  const { ratio } = g;
  const text = label_text(shape);
  const width = Math.ceil(ctx.measureText(text).width + 10 * ratio);
  const right = Math.round(Math.min(g.width, shape.right) - 6 * ratio);
  const middle = Math.round((shape.top + shape.bottom) / 2);
  const half = Math.round(8 * ratio);
  const left = Math.max(2, right - width);
  const rect = { left, right: left + width, top: middle - half, bottom: middle + half };
  if (rect.top < 0 || rect.bottom > g.height || right < width) return;
  const is_taken = taken.some((one) => one.left < rect.right && one.right > rect.left &&
    one.top < rect.bottom && one.bottom > rect.top);
  if (is_taken) return;
  taken.push(rect);
  shape.label = rect;
  const color = shape.box.side === 'long' ? theme.long : theme.short;
  ctx.fillStyle = shape.is_pinned ? css_of(theme.accent) : css_of(theme.panel, 0.88);
  ctx.fillRect(rect.left, rect.top, width, rect.bottom - rect.top);
  ctx.fillStyle = shape.is_pinned ? css_of(theme.plot) : css_of(color);
  ctx.textAlign = 'left';
  ctx.fillText(text, rect.left + 5 * ratio, Math.round(middle + 0.5 * ratio));
}

// Draws the boxes of alive clusters with labels, fainter the largest of those that ended.
export function draw_clusters(ctx: Context, frame: ClusterFrame): BoxShape[] {
  const shapes = box_shapes(frame);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, frame.geometry.width, frame.geometry.height);
  ctx.clip();
  for (const shape of [...shapes].reverse()) draw_box(ctx, frame, shape);
  set_font(ctx, frame.geometry.ratio, 10.5, 600);
  const taken: Rect[] = [];
  for (const shape of shapes) {
    if (shape.is_alive || shape.is_pinned) draw_label(ctx, frame, shape, taken);
  }
  ctx.restore();
  return shapes;
}

// The cluster at a point: its label before any box, the smallest box before larger ones.
export function shape_at(shapes: readonly BoxShape[], x: number, y: number): BoxShape | null {
  const known = shapes.filter((one) => one.box.id !== null);
  const labelled = known.find((one) => one.label !== null && contains(one.label, x, y));
  if (labelled !== undefined) return labelled;
  const area = (one: Rect): number => (one.right - one.left) * (one.bottom - one.top);
  const grown = (one: Rect): Rect => ({ ...one, top: one.top - 2, bottom: one.bottom + 2 });
  return known.filter((one) => contains(grown(one), x, y))
    .reduce<BoxShape | null>((best, one) =>
      (best === null || area(one) < area(best) ? one : best), null);
}
