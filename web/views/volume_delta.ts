import type { SeriesSlice } from '../model/series_store.ts';

// Cumulated volume delta: what takers bought less what they sold, from the first entry of the slice
// on. Null where an entry does not say it; the sum goes on behind it.
export function volume_delta({ fields }: Pick<SeriesSlice, 'fields'>): (number | null)[] {
  let sum = 0;
  return fields.taker_buy_usd.map((bought, i) => {
    const delta = bought - (fields.taker_sell_usd[i] ?? Number.NaN);
    if (Number.isNaN(delta)) return null;
    sum += delta;
    return sum;
  });
}
