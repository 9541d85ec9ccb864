import { describe, expect, it } from 'vitest';

import { kThemes } from './chart_theme.ts';
import { FrameLoop, kInvalidation } from './frame_loop.ts';
import { bin_count, bin_of_x, mirror_box, mirror_top } from './mirror.ts';
import { contrast_of } from './palette.ts';
import { run_stroke } from './run_palette.ts';
import { nearest_point, place_of, scatter_layout } from './scatter.ts';

describe('the scatter', () => {
  const points = [
    { expected: 100, printed: 1000, side: 'long' as const },
    { expected: 1e5, printed: 1e5, side: 'short' as const },
    { expected: 0, printed: 0.4, side: 'long' as const },
  ];
  const layout = scatter_layout(points, 400, 400);
  it('has one range on both axes', () => {
    expect([layout.low, layout.high]).toEqual([2, 5]);
    const [diagonal, corner] = [place_of(layout, { expected: 1e4, printed: 1e4 }),
      place_of(layout, { expected: 1e5, printed: 1e5 })];
    expect(corner.x).toBeCloseTo(layout.box.right, 9);
    expect(corner.y).toBeCloseTo(layout.box.top, 9);
    expect(diagonal.x).toBeLessThan(corner.x);
  });
  it('puts less than its range into the gutter', () => {
    const { x, y } = place_of(layout, { expected: 0, printed: 0.4 });
    expect(x).toBeGreaterThan(layout.box.left);
    expect(x).toBeLessThan(place_of(layout, { expected: 100, printed: 100 }).x);
    expect(y).toBeLessThan(layout.box.bottom);
  });
  it('finds the point under the pointer', () => {
    const at = place_of(layout, points[1] ?? { expected: 1, printed: 1 });
    expect(nearest_point(layout, points, at.x - 3, at.y + 3)).toBe(1);
    expect(nearest_point(layout, points, at.x - 60, at.y + 30)).toBeNull();
  });
  it('has an axis without a single point', () => {
    expect(scatter_layout([], 300, 300)).toMatchObject({ low: 0, high: 1 });
  });
});

describe('the mirror', () => {
  const side = { truth: [1, 2, 30], mean: [4, 5, 6], p10: null, p90: [9, 9, 9] };
  const both = { long: side, short: { ...side, truth: [120] } };
  it('has a round top and bins from the mark outward', () => {
    expect(mirror_top(both)).toBe(200);
    expect(mirror_top({ long: { ...side, truth: [], mean: [], p90: null },
      short: { truth: [], mean: [], p10: null, p90: null } })).toBe(1);
    expect(bin_count(both)).toBe(3);
    const box = mirror_box(400, 200);
    const middle = (box.left + box.right) / 2;
    expect(bin_of_x(box, 3, middle + 1)).toBe(0);
    expect(bin_of_x(box, 3, middle - 1)).toBe(-1);
    expect(bin_of_x(box, 3, box.left)).toBe(-3);
    expect(bin_of_x(box, 3, box.right)).toBeNull();
  });
});

describe('colours of runs', () => {
  it('stand out from the plot, and are dashed when they come again', () => {
    for (const theme of ['dark', 'light'] as const) {
      for (let i = 0; i < 8; i += 1) {
        const { color, dash } = run_stroke(theme, i);
        expect(contrast_of(color, kThemes[theme].plot)).toBeGreaterThan(4.5);
        expect(dash.length > 0).toBe(i >= 4);
      }
    }
  });
});

describe('a frame loop that is paused', () => {
  it('draws once afterwards what has changed, and nothing meanwhile', () => {
    const drawn: number[] = [];
    const waiting: (() => void)[] = [];
    const run = (): void => { for (const one of waiting.splice(0)) one(); };
    const loop = new FrameLoop((level) => drawn.push(level),
      (next) => waiting.push(() => next(0)));
    loop.invalidate(kInvalidation.overlay);
    loop.set_paused(true);
    run();
    loop.invalidate(kInvalidation.tiles);
    run();
    expect(drawn).toEqual([]);
    loop.set_paused(false);
    run();
    run();
    expect(drawn).toEqual([kInvalidation.tiles]);
    loop.set_paused(true);
    loop.set_paused(false);
    run();
    expect(drawn.length).toBe(1);
  });
});
