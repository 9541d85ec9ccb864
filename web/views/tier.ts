import { texel_ms } from '../model/tile_grid.ts';
import { kTierReach } from '../model/view.ts';
import { kRowsPerLog, row_position_of_price } from '../units/rows.ts';
import { price, unix_ms } from '../units/unit.ts';
import type { MapSession } from '../model/map_session.ts';
import type { Tier } from '../model/view.ts';
import type { TierFrame } from '../render/map_renderer.ts';

// Distance tiers: a row is drawn when its middle is so far from the mark of its column, which is
// the close of its texel.

type Reach = readonly [number, number];

export function rows_of_tier(tier: Tier): { above: Reach; below: Reach } {
  const [from, to] = kTierReach[tier];
  const rows = (distance: number): number => kRowsPerLog * Math.log(distance);
  const below = (reach: number): number => (reach < 1 ? -rows(1 - reach) : Number.MAX_VALUE);
  const above = (reach: number): number => (Number.isFinite(reach) ? rows(1 + reach) : 3e38);
  return { above: [above(from), above(to)], below: [below(from), Math.min(3e38, below(to))] };
}

// Whether the middle of the row lies in the tier; false where the mark is not known.
export function is_in_tier(tier: Tier, row: number, mark_row: number): boolean {
  if (tier === 'all') return true;
  const { above, below } = rows_of_tier(tier);
  const away = row + 0.5 - mark_row;
  return (away >= above[0] && away < above[1]) || (-away >= below[0] && -away < below[1]);
}

export function tier_of(session: MapSession): TierFrame | null {
  const { tier } = session.view.value;
  const of = session.instrument.value;
  if (tier === 'all' || of === null) return null;
  const marks = session.marks.value;
  const width_ms = texel_ms(of.grid, session.tile_level.value);
  const none = { ...rows_of_tier(tier), times: session.view.value.time, width_ms,
    content: session.series_version.value };
  const [first] = marks?.times ?? [];
  const last = marks?.times.at(-1);
  if (marks === null || first === undefined || last === undefined) {
    return { ...none, rows: Float32Array.of(Number.NaN) };
  }
  const count = Math.round((last - first) / width_ms) + 1;
  const rows = new Float32Array(count).fill(Number.NaN);
  marks.times.forEach((time, i) => {
    const close = marks.fields.close[i] ?? Number.NaN;
    rows[Math.round((time - first) / width_ms)] = row_position_of_price(price(close));
  });
  return { ...none, times: { from: first, to: unix_ms(last + width_ms) }, rows };
}
