import { format_price, format_usd } from '../units/format.ts';
import { format_date_time } from '../units/time.ts';
import type { MapColumn, SumInterval } from '../model/api_types.ts';
import type { Status } from './status.ts';

export function short_name(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

export function status_line({ word, why }: Status): string {
  return `${word}. ${why}`;
}

export function interval_text({ p10, p90 }: Pick<SumInterval, 'p10' | 'p90'>): string {
  return p10 === null || p90 === null ? '' : `${format_usd(p10)} – ${format_usd(p90)}`;
}

const kCompleteness: Readonly<Record<string, string>> = {
  all: 'all liquidations',
  largest_per_second: 'largest of each second',
  latest_per_second: 'latest of each second',
  one_per_second: 'one a second',
  unknown: 'not known',
};

// Which of its liquidations a feed prints.
export function completeness_text(completeness: string): string {
  return kCompleteness[completeness] ?? completeness;
}

// The map in a sentence or two, for those who do not see it.
export function summary_of(id: string, column: MapColumn): string {
  const near = column.near.find(({ reach }) => reach === 0.05);
  const side = (sum: SumInterval): string => {
    const band = interval_text(sum);
    return `${format_usd(sum.mean)}${band === '' ? '' : ` (80 percent: ${band})`}`;
  };
  const sides = near === undefined ? '' :
    ` Estimated within 5 percent of it: longs below ${side(near.sides.long)}, ` +
    `shorts above ${side(near.sides.short)}.`;
  return `Liquidation map of ${short_name(id)} as of ${format_date_time(column.as_of)} UTC. ` +
    `Mark price ${format_price(column.mark)}.${sides}`;
}
