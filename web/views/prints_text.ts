import { format_date_time } from '../units/time.ts';
import { unix_ms } from '../units/unit.ts';
import type { TimeRange } from '../model/tile_grid.ts';
import type { UnixMs } from '../units/unit.ts';

// Of which time the prints are all here, where that is not all of the view; '': it is.
export function known_prints_text(known: TimeRange | null, view: TimeRange): string {
  if (known === null) return ', earlier ones not read';
  const since = unix_ms(Math.ceil(known.from / 1000) * 1000);
  return (known.from > view.from ? `, since ${format_date_time(since, true)}` : '') +
    (known.to < view.to ? `, until ${format_date_time(known.to, true)}` : '');
}

// Whether all prints of a time are here; that of a texel may lie before the view.
export function are_prints_known(
  known: TimeRange | null, view: TimeRange, time: UnixMs,
): boolean {
  return known !== null && Math.max(time, view.from) >= known.from && time <= known.to;
}
