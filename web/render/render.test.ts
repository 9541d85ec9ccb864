import { describe, expect, it } from 'vitest';

import { empty_tile } from '../model/tile_update.ts';
import { level, ms, row_position, unix_ms, usd } from '../units/unit.ts';
import { kThemes } from './chart_theme.ts';
import { color_of_cell, legend_color, place_on_scale } from './color_map.ts';
import { FrameLoop } from './frame_loop.ts';
import { price_of_y, row_of_y, time_of_x, x_of_time, y_of_price, y_of_row } from './geometry.ts';
import { legend_labels } from './legend.ts';
import { dot_radius_px } from './map_renderer.ts';
import { draw_overlay, price_ticks } from './overlay.ts';
import { contrast_of, kPaletteNames, luminance_of, palette_of } from './palette.ts';
import { bars_of, cumulative_of } from './profile.ts';
import { parts_of } from './tile_parts.ts';
import type { Cell } from '../model/cell.ts';
import type { CellStyle } from './color_map.ts';

const scale = { top_usd: usd(1e6), decades: 2 };
const style: CellStyle =
  { side: 'both', scale, opacity: 1, has_hatching: true, theme: kThemes.dark };
const cell = (long: number, short: number, is_wide = false): Cell => ({
  level: level(0), column_count: 1,
  long: { most_usd: usd(long), mean_usd: usd(long), is_wide },
  short: { most_usd: usd(short), mean_usd: usd(short), is_wide: false },
});

describe('palettes', () => {
  it('grow in contrast to the plot from one end to the other', () => {
    for (const theme of ['dark', 'light'] as const) {
      for (const name of kPaletteNames) {
        const light = palette_of(theme, name).map(luminance_of);
        const sign = theme === 'dark' ? 1 : -1;
        const back = light.filter((one, i) => i > 0 && sign * (one - (light[i - 1] ?? 0)) < -2e-3);
        expect(back, `${theme} ${name}`).toEqual([]);
      }
    }
  });
  it('leave text legible (AA)', () => {
    for (const theme of Object.values(kThemes)) {
      for (const front of [theme.text, theme.muted, theme.long, theme.short, theme.accent]) {
        expect(contrast_of(front, theme.panel), `${theme.name} ${front}`).toBeGreaterThan(4.5);
      }
      expect(contrast_of(theme.tag_text, theme.tag)).toBeGreaterThan(4.5);
    }
  });
});

describe('the colour of a cell', () => {
  const viridis = palette_of('dark', 'total');
  it('is its dollars on a logarithmic scale', () => {
    expect(place_on_scale(1e5, scale)).toBeCloseTo(0.5, 12);
    expect(color_of_cell(cell(1e5, 0), style).rgb).toEqual(viridis[256]);
    expect(color_of_cell(cell(5e4, 5e4), style).rgb).toEqual(viridis[256]);
    expect(color_of_cell(cell(1e9, 0), style).rgb).toEqual(viridis.at(-1));
    expect(color_of_cell(cell(9_999, 0), style).rgb).toBeNull();
    expect(legend_color(0.5, style, 'total')).toEqual(viridis[256]);
  });
  it('goes by side, opacity and gap', () => {
    const long = { ...style, side: 'long' as const };
    expect(color_of_cell(cell(1e5, 1e6), long).rgb).toEqual(palette_of('dark', 'long')[256]);
    expect(color_of_cell(cell(1e4, 1e5), { ...style, side: 'two_hue' }).rgb)
      .toEqual(palette_of('dark', 'short')[256]);
    expect(color_of_cell({ ...cell(1e5, 0), column_count: 0 }, style).rgb).toBeNull();
    const faint = color_of_cell(cell(1e5, 0), { ...style, opacity: 0.5 }).rgb;
    expect(faint?.[1]).toBeCloseTo(((viridis[256]?.[1] ?? 0) + style.theme.plot[1]) / 2, 9);
  });
  it('is hatched where the shown side is wide', () => {
    expect(color_of_cell(cell(1e5, 1, true), style).is_hatched).toBe(true);
    expect(color_of_cell(cell(1e5, 1e6, true), style).is_hatched).toBe(false);
    expect(color_of_cell(cell(1e5, 1, true), { ...style, has_hatching: false }).is_hatched)
      .toBe(false);
  });
  it('is labelled in dollars', () => {
    expect(legend_labels(style).map(({ text }) => text))
      .toEqual(['$10k', '$32k', '$100k', '$320k', '≥$1M']);
  });
});

describe('geometry', () => {
  const g = {
    width: 1000, height: 500, ratio: 2, time: { from: unix_ms(1e12), to: unix_ms(1e12 + 1e6) },
    rows: { low: row_position(11_000), high: row_position(11_250) },
  };
  it('goes there and back', () => {
    expect(x_of_time(g, time_of_x(g, 123))).toBeCloseTo(123, 6);
    expect(y_of_row(g, row_of_y(g, 77))).toBeCloseTo(77, 6);
    expect(y_of_price(g, price_of_y(g, 300))).toBeCloseTo(300, 6);
    expect(y_of_row(g, 11_250)).toBe(0);
  });
  it('has round prices on its axis', () => {
    const { values, decimals } = price_ticks(g);
    expect(values.length).toBeGreaterThan(2);
    expect(decimals).toBe(0);
    for (const value of values) expect(value % 2500).toBe(0);
  });
});

describe('where data begins', () => {
  const texts_of = (from: number): string[] => {
    const texts: string[] = [];
    const drawn: Record<string, unknown> = { canvas: {}, measureText: () => ({ width: 40 }),
      fillText: (text: string) => texts.push(text) };
    const ctx = new Proxy(drawn, { get: (of, name) => of[String(name)] ?? (() => undefined) });
    const first = unix_ms(Date.UTC(2025, 11, 1));
    draw_overlay(ctx as unknown as CanvasRenderingContext2D, {
      geometry: { width: 1000, height: 500, ratio: 1, rows: { low: row_position(11_000),
        high: row_position(11_250) }, time: { from: unix_ms(from), to: unix_ms(from + 1e9) } },
      theme: kThemes.dark, boxes: [], pinned: null, newest: unix_ms(first + 1e9), first,
      mark: null, as_of: null, watermark: null,
    });
    return texts.filter((text) => text.startsWith('no data'));
  };
  it('is said beside it, and nowhere else', () => {
    const first = Date.UTC(2025, 11, 1);
    expect(texts_of(first - 5e8)).toEqual(['no data before 1 Dec 2025 00:00']);
    expect(texts_of(first + 1e7)).toEqual([]);
    expect(texts_of(first - 9e9)).toEqual([]);
  });
});

describe('frames', () => {
  it('are asked for once, at the highest level, and not without a reason', () => {
    const queue: ((time: number) => void)[] = [];
    const drawn: number[] = [];
    const loop = new FrameLoop((at) => drawn.push(at), (run) => queue.push(run));
    loop.invalidate(0);
    expect(queue.length).toBe(0);
    loop.invalidate(1);
    loop.invalidate(3);
    loop.invalidate(2);
    expect(queue.length).toBe(1);
    queue.shift()?.(0);
    expect(drawn).toEqual([3]);
    loop.stop();
    loop.invalidate(4);
    expect(queue.length).toBe(0);
  });
});

describe('parts', () => {
  const whole = (column_end: number) => ({ column_end, is_cut: false });
  const grid = { first_column: unix_ms(0), column_interval: ms(60_000) };
  const tile = (at: number, column: number) =>
    empty_tile({ level: level(at), column, row: 44 }, grid);
  const find = (tiles: ReturnType<typeof tile>[]) => (key: { level: number; column: number }) =>
    tiles.find((one) => one.key.level === key.level && one.key.column === key.column);

  it('end where nothing has been yet', () => {
    const parts = parts_of([tile(1, 0).key], find([tile(1, 0)]), whole(100));
    expect(parts.map(({ from, to }) => [from, to])).toEqual([[0, 50]]);
  });
  it('are a coarser or two finer tiles until the wanted one is here', () => {
    const coarse = parts_of([tile(0, 3).key], find([tile(2, 0)]), whole(5000));
    expect(coarse.map(({ tile: of, from, to }) => [of.key.level, from, to]))
      .toEqual([[2, 192, 256]]);
    const fine = parts_of([tile(1, 1).key], find([tile(0, 2), tile(0, 3)]), whole(5000));
    expect(fine.map(({ tile: of }) => of.key.column)).toEqual([2, 3]);
  });
});

describe('sums and sizes', () => {
  it('of rows that share a pixel are one bar', () => {
    const g = { width: 100, height: 40, ratio: 1, time: { from: unix_ms(0), to: unix_ms(1) },
      rows: { low: row_position(10), high: row_position(110) } };
    const mean = Array.from({ length: 100 }, (_, i) => i + 1);
    const side = { first_row: 10, mean, p10: null, p50: null, p90: null };
    const bars = bars_of(g, side, null, mean);
    const pixels = bars.flatMap(({ top, bottom }) =>
      Array.from({ length: bottom - top }, (_, i) => top + i));
    expect(new Set(pixels).size, 'no pixel twice').toBe(pixels.length);
    expect(pixels.length).toBe(40);
    expect(bars.at(-1)?.to).toBe(100);
    expect(bars_of({ ...g, height: 400 }, side, null, mean).length).toBe(100);
    const near = { ...g, rows: { low: row_position(20.5), high: row_position(24.5) } };
    expect(bars_of(near, side, null, mean).every((one) => one.bottom <= 40), 'within the plot')
      .toBe(true);
  });
  it('of the profile run from the mark outwards', () => {
    const side = { first_row: 10, mean: [1, 2, 3, 4], p10: null, p50: null, p90: null };
    expect(cumulative_of(side, 12.5, 'long')).toEqual([6, 5, 3, 0]);
    expect(cumulative_of(side, 12.5, 'short')).toEqual([0, 0, 3, 7]);
    expect(cumulative_of({ ...side, mean: [] }, 12.5, 'short')).toEqual([]);
  });
  it('of a bubble are areas', () => {
    const ratio = dot_radius_px(4e5, scale) / dot_radius_px(1e5, scale);
    expect(ratio).toBeCloseTo(2, 9);
  });
});
