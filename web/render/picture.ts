import { format_price } from '../units/format.ts';
import { format_date_time } from '../units/time.ts';
import { draw_legend, legend_labels } from './legend.ts';
import { set_font } from './canvas_font.ts';
import { css_of } from './palette.ts';
import type { MapColumn } from '../model/api_types.ts';
import type { CellStyle } from './color_map.ts';

// The map as a picture that explains itself: what it is of, as of when, by which model, on which
// scale, and that it is an estimate. Axes come with the canvases.

type Context = CanvasRenderingContext2D;

export type PictureFrame = {
  readonly map: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement; // with the axes
  readonly profile: HTMLCanvasElement;
  readonly ratio: number;
  readonly style: CellStyle;
  readonly column: MapColumn;
  readonly instrument: string;
  readonly notes: readonly string[]; // what is special about the view
};

const kHeadPx = 56;
const kFootPx = 52;

export function picture_of(frame: PictureFrame): HTMLCanvasElement {
  const { map, overlay, profile, ratio, style } = frame;
  const canvas = document.createElement('canvas');
  canvas.width = overlay.width + profile.width;
  canvas.height = overlay.height + (kHeadPx + kFootPx) * ratio;
  const ctx = canvas.getContext('2d');
  if (ctx === null) return canvas;
  ctx.fillStyle = css_of(style.theme.panel);
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  const top = kHeadPx * ratio;
  ctx.drawImage(map, 0, top);
  ctx.drawImage(overlay, 0, top);
  if (profile.width > 0) ctx.drawImage(profile, overlay.width, top);
  ctx.fillStyle = css_of(style.theme.line);
  for (const y of [top, top + overlay.height]) ctx.fillRect(0, y, canvas.width, ratio);
  draw_head(ctx, frame);
  draw_foot(ctx, frame, top + overlay.height);
  return canvas;
}

function draw_head(ctx: Context, { ratio, style, column, instrument, notes }: PictureFrame): void {
  const { theme } = style;
  ctx.textAlign = 'left';
  set_font(ctx, ratio, 15, 650);
  ctx.fillStyle = css_of(theme.text);
  ctx.fillText(`Liquidation map, ${instrument}`, 12 * ratio, 19 * ratio);
  set_font(ctx, ratio, 11.5);
  ctx.fillStyle = css_of(theme.muted);
  const simulated = column.header.is_simulated ? 'Simulated market. ' : '';
  ctx.fillText(`${simulated}As of ${format_date_time(column.as_of)} UTC, mark ${
    format_price(column.mark)}, model ${column.header.model_version}, ${
    column.header.members} members${notes.map((one) => `. ${one}`).join('')}`,
  12 * ratio, 40 * ratio);
  ctx.textAlign = 'right';
  ctx.fillText('Faultline', ctx.canvas.width - 12 * ratio, 19 * ratio);
}

function draw_foot(ctx: Context, { ratio, style }: PictureFrame, top: number): void {
  const { theme } = style;
  const ramp = document.createElement('canvas');
  ramp.width = Math.round(240 * ratio);
  ramp.height = Math.round(10 * ratio);
  const ramp_ctx = ramp.getContext('2d');
  if (ramp_ctx !== null) draw_legend(ramp_ctx, style);
  const left = 30 * ratio;
  ctx.drawImage(ramp, left, top + 12 * ratio);
  set_font(ctx, ratio, 11);
  ctx.fillStyle = css_of(theme.text);
  ctx.textAlign = 'center';
  for (const { share, text } of legend_labels(style)) {
    ctx.fillText(text, left + share * ramp.width, top + 33 * ratio);
  }
  ctx.textAlign = 'left';
  set_font(ctx, ratio, 11.5);
  ctx.fillStyle = css_of(theme.muted);
  const x = left + ramp.width + 36 * ratio;
  ctx.fillText('Notional at risk, USD per 0.1 % of price: an estimate, the mean of the ensemble. ' +
    'Hatched: its 80 % band is wider than ×4.', x, top + 17 * ratio);
  ctx.fillText('Each column shows what was known then. It says where forced orders wait, not ' +
    'where the price goes.', x, top + 35 * ratio);
}
