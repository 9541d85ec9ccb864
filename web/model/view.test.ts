import { describe, expect, it } from 'vitest';

import { kDay, kHour, kMinute } from '../units/time.ts';
import { ms, row_position, unix_ms, usd } from '../units/unit.ts';
import { hash_of_view, view_of_hash } from './url_state.ts';
import {
  fit_rows, follow, go_live, kDefaultView, kLiveMargin, needs_fit, next_side, pan_rows, pan_time,
  scale_for_open_interest, set_opacity, set_span, shift_scale, span_of, toggle_layer, zoom_rows,
  zoom_time,
} from './view.ts';
import type { View } from './view.ts';

const first = unix_ms(1_764_547_200_000);
const known = { first, newest: unix_ms(first + 30 * kDay) };
const live = go_live(kDefaultView, known);

describe('time', () => {
  it('keeps room right of the newest column while live', () => {
    expect(span_of(live.time)).toBe(kDay);
    expect(live.time.to).toBe(known.newest + kDay * kLiveMargin);
    const later = { ...known, newest: unix_ms(known.newest + kMinute) };
    expect(follow(live, later).time.to).toBe(live.time.to + kMinute);
  });
  it('stays where it is once it was panned, and is live again past the end', () => {
    const back = pan_time(live, ms(-kHour), known);
    expect(back.is_live).toBe(false);
    expect(follow(back, { ...known, newest: unix_ms(known.newest + kHour) })).toBe(back);
    expect(pan_time(back, ms(2 * kHour), known).is_live).toBe(true);
  });
  it('cannot leave what exists', () => {
    const lost = pan_time(live, ms(-400 * kDay), known);
    expect(lost.time.to).toBeGreaterThan(first);
    expect(span_of(lost.time)).toBe(kDay);
  });
  it('zooms around the time under the pointer', () => {
    const back = pan_time(live, ms(-5 * kDay), known);
    const anchor = unix_ms(back.time.from + kHour);
    const near = zoom_time(back, 0.5, anchor, known);
    expect(span_of(near.time)).toBe(kDay / 2);
    expect(near.time.from + kHour / 2).toBe(anchor);
    expect(span_of(zoom_time(back, 1e-9, anchor, known).time)).toBe(10 * kMinute);
  });
  it('takes a range and stays live', () => {
    const week = set_span(live, ms(7 * kDay), known);
    expect(span_of(week.time)).toBe(7 * kDay);
    expect(week.is_live).toBe(true);
  });
});

describe('rows', () => {
  it('follow the price until someone moves them', () => {
    const fit = fit_rows(live, row_position(11_500), row_position(11_540));
    expect(needs_fit(fit, row_position(11_500), row_position(11_540))).toBe(false);
    expect(needs_fit(fit, row_position(11_400), row_position(11_540))).toBe(true);
    const moved = pan_rows(fit, 5);
    expect(needs_fit(moved, row_position(11_000), row_position(11_540))).toBe(false);
    expect(moved.rows.low).toBe(fit.rows.low + 5);
  });
  it('zoom around the price under the pointer, within bounds', () => {
    const near = zoom_rows(live, 0.5, row_position(11_100));
    expect((11_100 - near.rows.low) / (near.rows.high - near.rows.low)).toBeCloseTo(0.2, 9);
    const far = zoom_rows(live, 1e9, row_position(11_100));
    expect(far.rows.high - far.rows.low).toBe(2400);
  });
});

describe('looks', () => {
  it('go round and stay within bounds', () => {
    expect(['both', 'long', 'short', 'two_hue'].reduce((view: View) => next_side(view), live).side)
      .toBe('both');
    expect(set_opacity(live, 7).opacity).toBe(1);
    expect(set_opacity(live, 0).opacity).toBe(0.2);
    expect(toggle_layer(toggle_layer(live, 'prints'), 'candles').hidden)
      .toEqual(['candles', 'prints']);
    expect(toggle_layer(toggle_layer(live, 'prints'), 'prints').hidden).toEqual([]);
  });
  it('have the scale of the pictures, and keep it', () => {
    const scale = scale_for_open_interest(usd(92e6));
    expect(scale).toEqual({ top_usd: 1e6, decades: 2 });
    expect(scale_for_open_interest(usd(40e6)).top_usd).toBeCloseTo(316_228, 0);
    expect(shift_scale({ ...live, scale }, 1).scale?.top_usd).toBeCloseTo(3_162_278, 0);
    expect(shift_scale(live, 1)).toBe(live);
  });
});

describe('the address', () => {
  const round = (view: View): View => view_of_hash(hash_of_view(view));
  it('is short while nothing is special', () => {
    expect(hash_of_view({ ...live, instrument: 'simulated:BTCUSDT' }))
      .toBe('#i=simulated:BTCUSDT&span=1d');
  });
  it('goes round', () => {
    const view: View = {
      ...pan_time(live, ms(-2 * kDay), known), instrument: 'bybit_linear:ETHUSDT', is_fit: false,
      side: 'two_hue', opacity: 0.65, theme: 'light', hidden: ['prints', 'hatching'],
      scale: { top_usd: usd(1e6), decades: 3 },
      rows: { low: row_position(11_000.5), high: row_position(11_400.25) },
    };
    const back = round(view);
    expect({ ...back, rows: null }).toEqual({ ...view, rows: null });
    expect(back.rows.low).toBeCloseTo(view.rows.low, 3);
    expect(back.rows.high).toBeCloseTo(view.rows.high, 3);
    expect(hash_of_view(round(back))).toBe(hash_of_view(back));
  });
  it('ignores what no view writes', () => {
    for (const bad of ['#', '#span=0m', '#span=-4h', '#from=x&to=y', '#price=5~1', '#opacity=9',
      '#side=up', '#scale=1~1', '#theme=pink', '#hide=everything', '#price=1~1e300', '#%%%']) {
      expect(view_of_hash(bad)).toEqual(kDefaultView);
    }
  });
});
