import { format_percent } from '../units/format.ts';
import { format_duration } from '../units/time.ts';
import { ms, share } from '../units/unit.ts';
import type { SeriesSlice } from '../model/series_store.ts';

// Funding is paid at times, some hours apart: between them there is none, and no rate of zero. The
// payment of an entry, else the last one before it that the slice has.
export function funding_text({ fields, times }: Pick<SeriesSlice, 'fields' | 'times'>,
  at: number): string {
  const rates = fields.funding_rate;
  if (!(at >= 0)) return '–';
  if (Number.isNaN(rates[at])) return 'not known';
  const i = rates.slice(0, at + 1).findLastIndex((rate) => rate !== 0 && !Number.isNaN(rate));
  if (i < 0) return 'none in view';
  const before = ms((times[at] ?? 0) - (times[i] ?? 0));
  const rate = format_percent(share(rates[i] ?? 0), 4);
  return i === at ? rate : `last ${rate}, about ${format_duration(before)} before`;
}
