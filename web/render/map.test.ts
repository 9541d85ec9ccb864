import { describe, expect, it } from 'vitest';

import { boxes_of } from '../model/cluster_boxes.ts';
import { kTilesDrawnMax } from '../model/tile_grid.ts';
import { empty_tile } from '../model/tile_update.ts';
import { level, ms, price, row_position, unix_ms, usd } from '../units/unit.ts';
import { kThemes } from './chart_theme.ts';
import { box_shapes, shape_at } from './clusters.ts';
import { code_colors } from './color_map.ts';
import { hindsight_rects } from './hindsight.ts';
import { palette_of } from './palette.ts';
import { advance_ring } from './scroll_cache.ts';
import { kGapCode, shown_codes } from './shown_codes.ts';
import { parts_of } from './tile_parts.ts';
import type { MapColumn } from '../model/api_types.ts';
import type { TileKey } from '../model/heatmap_tile.ts';
import type { Cluster } from '../model/api_clusters.ts';
import type { Ring, Strip } from './scroll_cache.ts';

const grid = { first_column: unix_ms(0), column_interval: ms(60_000) };
const style = { side: 'both' as const, scale: { top_usd: usd(1e6), decades: 2 }, opacity: 1,
  has_hatching: true, theme: kThemes.dark };
const g = {
  width: 1000, height: 500, ratio: 1, time: { from: unix_ms(0), to: unix_ms(1e6) },
  rows: { low: row_position(4600), high: row_position(4650) },
};

describe('codes of the card', () => {
  const tile = empty_tile({ level: level(0), column: 0, row: 0 }, grid);
  tile.column_count[1] = 1;
  const [long, short] = tile.sides;
  long.most[256] = 701;
  short.most[256] = 701;
  short.most[257] = 301;
  short.is_wide[257 >> 3] = 1 << (257 & 7);

  it('are of the sides that are shown, with hatching and hue', () => {
    const cells = (mode: 'both' | 'long' | 'short' | 'two_hue') =>
      [...shown_codes(tile, mode, 1, 2).subarray(0, 3)];
    expect(cells('both')).toEqual([770, 301 | 0x8000, 0]);
    expect(cells('long')).toEqual([701, 0, 0]);
    expect(cells('short')).toEqual([701, 301 | 0x8000, 0]);
    expect(cells('two_hue')).toEqual([701, 301 | 0xc000, 0]);
    expect(shown_codes(tile, 'both', 0, 1)[0]).toBe(kGapCode);
  });
  it('have the colours of the scale', () => {
    const colors = code_colors(style, 'total');
    const of_usd = (value: number): number[] => {
      const code = 1 + Math.round(100 * Math.log(value));
      return [...colors.subarray(4 * code, 4 * code + 3)];
    };
    expect(of_usd(9000)).toEqual([...kThemes.dark.plot]);
    expect(of_usd(1e8)).toEqual([...palette_of('dark', 'total').at(-1) ?? []]);
    expect([...colors.subarray(0, 3)]).toEqual([...kThemes.dark.plot]);
  });
});

describe('the scroll cache', () => {
  it('draws only what comes into view, and shows each pixel from where it was drawn', () => {
    const width = 10;
    const ring: number[] = Array.from({ length: width }, (_, x) => x); // at time 0
    let state: Ring = { at: 0, origin: 0 };
    let drawn = 0;
    for (const shift of [3, -1, 4, -9, 0, 7, 2]) {
      const next = advance_ring(state, state.at + shift + 0.001, width);
      if (next === null) throw new Error(`${shift} is a whole step`);
      for (const { from, to, offset } of next.strips as Strip[]) {
        for (let x = from; x < to; x += 1) ring[x + offset] = next.ring.at + x;
        drawn += to - from;
      }
      state = next.ring;
      const seen = Array.from({ length: width }, (_, x) => ring[(x + state.origin) % width]);
      expect(seen).toEqual(Array.from({ length: width }, (_, x) => state.at + x));
    }
    expect(drawn).toBe(26);
  });
  it('gives up when it cannot follow', () => {
    expect(advance_ring({ at: 0, origin: 0 }, 0.5, 10)).toBeNull();
    expect(advance_ring({ at: 0, origin: 0 }, 10, 10)).toBeNull();
  });
});

describe('parts that stand in', () => {
  it('are never more than the card holds, and give way to what is wanted', () => {
    const wanted = Array.from({ length: 100 }, (_, column) =>
      ({ level: level(1), column, row: 44 }));
    const tile_of = (key: TileKey) => empty_tile(key, grid);
    const find = (key: TileKey) =>
      (key.level === 0 || (key.level === 1 && key.column < 40) ? tile_of(key) : undefined);
    const parts = parts_of(wanted, find, { column_end: 1e6, is_cut: false });
    expect(parts.length).toBe(kTilesDrawnMax);
    expect(parts.filter(({ tile }) => tile.key.level === 1).length).toBe(40);
    expect(parts.slice(-40).every(({ tile }) => tile.key.level === 1)).toBe(true);
  });
});

describe('parts as of an earlier time', () => {
  it('leave out the texel that holds later columns', () => {
    const tile = empty_tile({ level: level(2), column: 0, row: 44 }, grid);
    const cut = (column_end: number) =>
      parts_of([tile.key], () => tile, { column_end, is_cut: true })[0]?.to;
    expect(cut(103)).toBe(25);
    expect(cut(104)).toBe(26);
    expect(parts_of([tile.key], () => tile, { column_end: 103, is_cut: false })[0]?.to).toBe(25.75);
  });
});

describe('as known now', () => {
  it('is a band for each row that the scale shows, up to the column', () => {
    const side = (first_row: number, mean: number[]) =>
      ({ first_row, mean, p10: null, p50: null, p90: null });
    const column = { as_of: unix_ms(5e5), mark: price(100), sides: {
      long: side(4601, [5, 2e5]), short: side(4602, [1e6, 3e4]) } } as unknown as MapColumn;
    const rects = hindsight_rects(g, style, column);
    expect(rects.length).toBe(2 * 8);
    expect([rects[0], rects[2]]).toEqual([0, 500]);
    expect(rects[1]).toBeCloseTo(470, 3);
    expect(rects[3]).toBeCloseTo(480, 3);
    expect((rects[6] ?? 0) / (rects[7] ?? 1)).toBeCloseTo(
      (palette_of('dark', 'short').at(-1)?.[2] ?? 0) / 255, 3);
    expect(hindsight_rects({ ...g, time: { from: unix_ms(6e5), to: unix_ms(7e5) } }, style, column)
      .length).toBe(0);
  });
});

describe('boxes', () => {
  const cluster = (low: number, high: number, amount: number): Cluster => ({
    side: 'long', price_low: price(low), price_high: price(high), price_peak: price(low),
    notional_at_risk_usd: usd(amount), density_interval: null, expected_liquidation_usd: null });
  const boxes = boxes_of([cluster(100, 102, 5), cluster(101, 101.5, 9), cluster(300, 301, 7)], [],
    null).map((box, i) => ({ ...box, id: i, from: unix_ms(4e5) }));
  const frame = { geometry: g, theme: kThemes.dark, boxes, pinned: null, newest: unix_ms(9e5) };

  it('lie where they were born, the largest first, and not out of view', () => {
    const shapes = box_shapes(frame);
    expect(shapes.map(({ box }) => box.id)).toEqual([1, 0]);
    expect(shapes[0]?.left).toBe(400);
    expect(shapes[0]?.right).toBe(900);
    expect(box_shapes({ ...frame, pinned: 0 })[0]?.box.id).toBe(0);
  });
  it('are found under a point, the smaller one before the larger', () => {
    const shapes = box_shapes(frame);
    const inner = shapes.find(({ box }) => box.id === 1);
    const outer = shapes.find(({ box }) => box.id === 0);
    if (inner === undefined || outer === undefined) throw new Error('two shapes');
    expect(shape_at(shapes, 500, (inner.top + inner.bottom) / 2)?.box.id).toBe(1);
    expect(shape_at(shapes, 500, outer.bottom - 1)?.box.id).toBe(0);
    expect(shape_at(shapes, 300, outer.bottom - 1)).toBeNull();
    outer.label = { left: 10, right: 50, top: 10, bottom: 20 };
    expect(shape_at(shapes, 20, 15)?.box.id).toBe(0);
  });
});
