import { row_high, row_low } from '../units/rows.ts';
import { rfc3339 } from '../units/time.ts';
import { kSides, row } from '../units/unit.ts';
import { kSeriesFields } from './series_store.ts';
import type { Side } from '../units/unit.ts';
import type { MapColumn } from './api_types.ts';
import type { Run } from './lab_types.ts';
import type { Scorecard, ScoredHour } from './scorecard_types.ts';
import type { SeriesSlice } from './series_store.ts';

// What is on the screen as text for other programs. Lines that begin with # say what it is. A value
// that is not known is empty, never 0.

function head_of(column: MapColumn, instrument: string, what: string): string[] {
  const { header } = column;
  return [
    `# Faultline, ${what}, ${instrument}${header.is_simulated ? ', a simulated market' : ''}`,
    `# model_version: ${header.model_version}, members: ${header.members}`,
    `# as_of: ${rfc3339(column.as_of)}, mark: ${column.mark}`,
    '# units: USD; prices in the quote currency; times UTC; funding_rate a fraction',
    '# notional at risk and expected_liquidation_usd are estimates; printed_usd is a measurement',
  ];
}

// Twelve digits: what is beyond them is of binary fractions, and of no market.
const text_of = (value: number | undefined): string =>
  (value === undefined || Number.isNaN(value) ? '' : String(Number(value.toPrecision(12))));

// The entries of the view, one a line. `columns_per_entry` columns are merged into each.
export function series_csv(
  slice: SeriesSlice, column: MapColumn, instrument: string,
): string {
  const lines = [
    ...head_of(column, instrument, 'series'),
    `# an entry is ${2 ** slice.level} columns; time is that of its first`,
    ['time', ...kSeriesFields].join(','),
    ...slice.times.map((time, i) =>
      [rfc3339(time), ...kSeriesFields.map((field) => text_of(slice.fields[field][i]))].join(',')),
  ];
  return `${lines.join('\n')}\n`;
}

// The rows of the column that is shown, both sides; `notes` say what of it they are.
export function profile_csv(
  column: MapColumn, instrument: string, notes: readonly string[] = [],
): string {
  const lines = [
    ...head_of(column, instrument, 'profile'),
    ...(column.part === null ? [] : [`# part: ${column.part}`]),
    ...notes.map((one) => `# ${one}`),
    '# a row is 0.1 % of price; quantiles of rows do not add up',
    'side,price_low,price_high,notional_at_risk_usd,density_p10_usd,density_p50_usd,' +
      'density_p90_usd',
  ];
  for (const side of ['long', 'short'] as const) {
    const { first_row, mean, p10, p50, p90 } = column.sides[side];
    mean.forEach((usd, i) => {
      if (usd < 1) return;
      const at = row(first_row + i);
      const prices = [row_low(at), row_high(at)].map((value) => value.toPrecision(12));
      lines.push([side, ...prices, usd, ...[p10, p50, p90].map((all) => text_of(all?.[i]))]
        .join(','));
    });
  }
  return `${lines.join('\n')}\n`;
}

const sides_text = (of: Readonly<Record<Side, number | null>>): string[] =>
  kSides.map((side) => text_of(of[side] ?? undefined));
const side_names = (...names: readonly string[]): string[] =>
  names.flatMap((name) => kSides.map((side) => `${name}.${side}`));

// Hours of the scorecard, oldest first.
export function hours_csv(
  { header }: Pick<Scorecard, 'header'>, hours: readonly ScoredHour[], instrument: string,
): string {
  const lines = [
    `# Faultline, scorecard, ${instrument}${header.is_simulated ? ', a simulated market' : ''}`,
    `# model_version: ${header.model_version}, members: ${header.members}`,
    '# units: USD; times UTC, of the end of the hour',
    '# expected_liquidation_usd and crossed_usd are estimates; printed_usd is a measurement',
    ['time', 'columns', ...side_names('expected_liquidation_usd', 'printed_usd', 'crossed_usd')]
      .join(','),
    ...hours.map((hour) => [rfc3339(hour.time), text_of(hour.columns ?? undefined),
      ...sides_text(hour.expected), ...sides_text(hour.printed), ...sides_text(hour.crossed)]
      .join(',')),
  ];
  return `${lines.join('\n')}\n`;
}

// The hours of a run of the lab, as far as it has come.
export function run_csv(run: Run): string {
  const changed = Object.entries(run.values).map(([name, value]) => `${name} = ${value}`);
  const columns = [['true_near_usd', run.true_near], ['near_usd', run.near],
    ['true_liquidated_usd', run.true_liquidated], ['printed_usd', run.printed],
    ['expected_liquidation_usd', run.expected]] as const;
  const lines = [
    `# Faultline, run ${run.id} of the lab, ${run.scenario}, a simulated market`,
    `# seed: ${run.seed}, members: ${run.members ?? ''}, status: ${run.status}`,
    `# changed: ${changed.length === 0 ? 'nothing' : changed.join(', ')}`,
    '# units: USD; times UTC, of the end of the hour; near is within 5 % of the mark',
    '# names with true are of the simulation, near_usd and expected_liquidation_usd estimates',
    ['time', 'relative_l1', ...side_names(...columns.map(([name]) => name))].join(','),
    ...run.time.map((time, i) => [rfc3339(time), text_of(run.relative_l1[i] ?? undefined),
      ...columns.flatMap(([, of]) =>
        kSides.map((side) => text_of(of[side][i] ?? undefined)))].join(',')),
  ];
  return `${lines.join('\n')}\n`;
}
