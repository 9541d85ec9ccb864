import { describe, expect, it } from 'vitest';

import {
  format_percent, format_price, format_signed_percent, format_usd, format_usd_tick, price_decimals,
} from './format.ts';
import { format_count, format_exact, format_score, format_value, parse_value } from './quantity.ts';
import { distance, price_of_row_position, row_high, row_low, row_of_price } from './rows.ts';
import { decimals_of_step, round_step, round_ticks } from './ticks.ts';
import { code_of_usd, sum_of_codes, usd_of_code } from './tile_code.ts';
import {
  format_date_time, format_duration, format_time_tick, kDay, kHour, parse_time_lossy, rfc3339,
  time_ticks,
} from './time.ts';
import { ms, price, row_position, share, unix_ms, usd } from './unit.ts';
import type { TileCode } from './unit.ts';

describe('dollars', () => {
  it('have three significant digits and a suffix', () => {
    expect(format_usd(usd(0))).toBe('$0');
    expect(format_usd(usd(999.4))).toBe('$999');
    expect(format_usd(usd(999.6))).toBe('$1.00k');
    expect(format_usd(usd(9_996))).toBe('$10.0k');
    expect(format_usd(usd(45_600_000))).toBe('$45.6M');
    expect(format_usd(usd(-2.5e9))).toBe('−$2.50B');
    expect(format_usd(null)).toBe('–');
  });
  it('say nothing needless on an axis', () => {
    expect(format_usd_tick(usd(1_000_000))).toBe('$1M');
    expect(format_usd_tick(usd(2_500_000))).toBe('$2.5M');
    expect(format_usd_tick(usd(100_000))).toBe('$100k');
    expect(format_usd_tick(usd(500))).toBe('$500');
  });
});

describe('prices and shares', () => {
  it('have decimals by size', () => {
    expect(format_price(price(80_738.04))).toBe('80,738.0');
    expect(format_price(price(1.23456))).toBe('1.2346');
    expect(price_decimals(price(8.5052e-6))).toBe(10);
  });
  it('carry a sign that is as wide as a digit', () => {
    expect(format_percent(share(-0.0123))).toBe('−1.23 %');
    expect(format_signed_percent(share(0.05), 1)).toBe('+5.0 %');
  });
});

describe('rows', () => {
  it('hold the prices between their edges', () => {
    for (const value of [8.5e-6, 0.5, 1, 80_738, 3e6]) {
      const at = row_of_price(price(value));
      expect(row_low(at)).toBeLessThanOrEqual(value);
      expect(row_high(at)).toBeGreaterThan(value);
    }
    expect(row_of_price(price(1))).toBe(0);
    expect(price_of_row_position(row_position(0))).toBe(1);
    expect(distance(price(95), price(100))).toBeCloseTo(-0.05, 12);
  });
});

describe('codes', () => {
  it('are right to half a percent', () => {
    expect(code_of_usd(usd(0.99))).toBe(0);
    expect(code_of_usd(usd(Number.NaN))).toBe(0);
    expect(code_of_usd(usd(1))).toBe(1);
    for (let value = 1; value < 1e13; value *= 1.37) {
      const code = code_of_usd(usd(value));
      expect(Math.abs(usd_of_code(code) / value - 1)).toBeLessThan(0.0051);
      for (const part of [0.001, 0.02, 0.4, 1]) {
        const sum = usd_of_code(sum_of_codes(code_of_usd(usd(value * part)), code) as TileCode);
        const wanted = value * (value * part >= 1 ? 1 + part : 1);
        expect(Math.abs(sum / wanted - 1)).toBeLessThan(0.016);
      }
    }
    expect(usd_of_code(0 as TileCode)).toBe(0);
  });
});

describe('times', () => {
  it('are read with any number of decimals, and refused otherwise', () => {
    expect(parse_time_lossy('2025-12-01T00:00:00Z')).toBe(1_764_547_200_000);
    expect(parse_time_lossy('2025-12-01T00:00:00.123456789Z')).toBe(1_764_547_200_123);
    expect(parse_time_lossy('2025-12-01 00:00:00')).toBeNull();
    expect(parse_time_lossy('2025-13-01T00:00:00Z')).toBeNull();
    expect(rfc3339(unix_ms(1_764_547_200_000))).toBe('2025-12-01T00:00:00Z');
  });
  it('are written for people', () => {
    expect(format_date_time(unix_ms(1_764_547_200_000))).toBe('1 Dec 2025 00:00');
    expect(format_duration(ms(45_000))).toBe('45s');
    expect(format_duration(ms(3 * kHour + 20 * 60_000))).toBe('3h 20m');
    expect(format_duration(ms(4 * kDay))).toBe('4d');
  });
  it('have round ticks', () => {
    const from = unix_ms(1_764_547_200_000 + 60_000);
    const ticks = time_ticks(from, unix_ms(from + kDay), 8);
    expect(ticks.step).toBe(4 * kHour);
    expect(ticks.times.length).toBe(6);
    expect(format_time_tick(unix_ms(1_764_547_200_000), ticks.step)).toBe('1 Dec');
    expect(format_time_tick(unix_ms(1_764_547_200_000 + kHour), ticks.step)).toBe('01:00');
  });
});

describe('ticks', () => {
  it('are round', () => {
    expect(round_step(10_000, 6)).toBe(2000);
    expect(round_ticks(78_900, 86_100, 4)).toEqual([80_000, 82_000, 84_000, 86_000]);
    expect(decimals_of_step(0.25)).toBe(2);
    expect(decimals_of_step(500)).toBe(0);
  });
});

describe('quantities', () => {
  it('are short, and exact where they are to be typed again', () => {
    expect([0, 0.0123, 8, 4000, 31_536_000, -2e6, 1e-7].map(format_value))
      .toEqual(['0', '0.0123', '8', '4000', '31.5M', '−2M', '1e−7']);
    expect(format_value(null)).toBe('–');
    expect([9999.6, 99_960, 999_600, 999_600_000].map(format_value))
      .toEqual(['10k', '100k', '1M', '1B']);
    for (const value of [0, 0.0004, 14, 9999, 117_000, 31_536_000, 1e11, -1.2, 1e-7]) {
      expect(parse_value(format_exact(value))).toBe(value);
    }
  });
  it('are read as people type them', () => {
    expect(['10M', '2.5k', '1,000', ' −3 ', '.5', '1e-5', '3 b'].map(parse_value))
      .toEqual([1e7, 2500, 1000, -3, 0.5, 1e-5, 3e9]);
    for (const bad of ['', 'k', '1kk', 'NaN', '1e999', '--1', '0x10', '1 2']) {
      expect(parse_value(bad)).toBeNull();
    }
  });
  it('are grouped, and have no sign where they are nothing', () => {
    expect(format_count(1_234_567)).toBe('1,234,567');
    expect(format_score(-0.0004)).toBe('0.000');
    expect(format_score(-0.25, 2)).toBe('−0.25');
    expect(format_score(Number.NaN)).toBe('–');
  });
});
