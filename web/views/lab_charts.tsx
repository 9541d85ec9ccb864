import { useMemo } from 'preact/hooks';

import { bars, dashes, PlotFigure, stroke, usd_tick } from './plot.tsx';
import { kSettlingHours } from '../model/lab_types.ts';
import { both_of, mean_of, near_ratio, sum_of } from '../model/run_compare.ts';
import { css_of } from '../render/palette.ts';
import { format_usd } from '../units/format.ts';
import { format_score } from '../units/quantity.ts';
import { format_clock } from '../units/time.ts';
import { usd } from '../units/unit.ts';
import type { Run, SideValues } from '../model/lab_types.ts';
import type { PlotData, PlotSpec } from './plot.tsx';
import type { UiState } from './ui_state.ts';

// A run over time. Shorts go up and longs down, the truth has the colour of its side, and the
// estimate is a line in the colour of text, here as everywhere.

type Props = { readonly ui: UiState; readonly run: Run };

const from_zero = (_: number, high: number): [number, number] =>
  [0, Math.max(0.5, Math.ceil(high * 4.2) / 4)];

const kError: PlotSpec = {
  key: 'error', x: 'time',
  y: { tick: (value) => format_score(value, 2), range: from_zero },
  series: (theme) => [stroke(css_of(theme.accent))],
};
const kNear: PlotSpec = {
  key: 'near', x: 'time', y: { tick: usd_tick },
  series: (theme) => [
    { ...stroke(css_of(theme.short), 2), fill: css_of(theme.short, 0.16) },
    { ...stroke(css_of(theme.long), 2), fill: css_of(theme.long, 0.16) },
    stroke(css_of(theme.text)), stroke(css_of(theme.text)),
  ],
};
const kLiquidated: PlotSpec = {
  key: 'liquidated', x: 'time', has_bars: true, y: { tick: usd_tick, asinh: 10_000 },
  series: (theme) => [
    bars(css_of(theme.short, 0.38), 0.86), bars(css_of(theme.long, 0.38), 0.86),
    bars(css_of(theme.short), 0.42), bars(css_of(theme.long), 0.42),
    dashes(css_of(theme.text)), dashes(css_of(theme.text)),
  ],
};

const down = (values: readonly (number | null)[]): (number | null)[] =>
  values.map((value) => (value === null ? null : -value));
const text_of = (values: SideValues, side: 'long' | 'short', i: number): string => {
  const value = values[side][i] ?? null;
  return format_usd(value === null ? null : usd(value));
};
const text_usd = (value: number | null | undefined): string =>
  format_usd(value === null || value === undefined ? null : usd(value));

export function RunCharts({ ui, run }: Props) {
  return (
    <div class="run-charts">
      <ErrorChart ui={ui} run={run} />
      <NearChart ui={ui} run={run} />
      <LiquidatedChart ui={ui} run={run} />
    </div>
  );
}

function ErrorChart({ ui, run }: Props) {
  const data = useMemo<PlotData>(() => [run.time, [...run.relative_l1]], [run]);
  const last = run.relative_l1.at(-1) ?? null;
  return (
    <PlotFigure name="error" theme={ui.theme.value} spec={kError} data={data}
      title="Relative L1 within 5 %" note={run.time.length > kSettlingHours
        ? `0 is equal to the truth; the first ${kSettlingHours} h are those of a map that settles`
        : '0 is equal to the truth'}
      reading={(i) => <b>{format_score(run.relative_l1[i] ?? null, 2)}</b>}
      summary={`Newest ${format_score(last, 2)}, mean ${
        format_score(mean_of(run.relative_l1), 2)} over ${run.time.length} hours.`} />
  );
}

function NearChart({ ui, run }: Props) {
  const data = useMemo<PlotData>(() => [run.time,
    [...run.true_near.short], down(run.true_near.long), [...run.near.short], down(run.near.long),
  ], [run]);
  const ratio = near_ratio(run);
  const pair = (side: 'long' | 'short', i: number) => (
    <span class={side}>{side}s <b>{text_of(run.true_near, side, i)}</b> truth,
      {' '}{text_of(run.near, side, i)} estimate</span>
  );
  return (
    <PlotFigure name="near-sums" theme={ui.theme.value} spec={kNear} data={data}
      title="Money within 5 %" reading={(i) => <>{pair('short', i)}{pair('long', i)}</>}
      summary={`Newest: ${text_usd(both_of(run.true_near).at(-1))} in truth and ${
        text_usd(both_of(run.near).at(-1))} estimated; estimate over truth ${
        format_score(ratio.at(-1) ?? null, 2)}, in the mean ${
        format_score(mean_of(ratio), 2)}.`} />
  );
}

function LiquidatedChart({ ui, run }: Props) {
  const data = useMemo<PlotData>(() => [run.time,
    [...run.true_liquidated.short], down(run.true_liquidated.long),
    [...run.printed.short], down(run.printed.long),
    [...run.expected.short], down(run.expected.long),
  ], [run]);
  const three = (side: 'long' | 'short', i: number) => (
    <span class={side}>{side}s <b>{text_of(run.true_liquidated, side, i)}</b> truth,
      {' '}{text_of(run.printed, side, i)} printed, {text_of(run.expected, side, i)} expected</span>
  );
  return (
    <PlotFigure name="liquidated" theme={ui.theme.value} spec={kLiquidated} data={data}
      title="Liquidated, by hour"
      note={<span class="legend-line"><span><i class="square short faint" />
        <i class="square long faint" />truth</span><span><i class="square short" />
        <i class="square long" />printed</span><span><i class="rule-line" />expected</span>
        <span>logarithmic beyond $10k</span></span>}
      reading={(i) => <><span>{format_clock(run.time[i] as never)}</span>
        {three('short', i)}{three('long', i)}</>}
      summary={`In all ${text_usd(sum_of(run.true_liquidated))} liquidated in truth, ${
        text_usd(sum_of(run.printed))} printed, ${text_usd(sum_of(run.expected))} expected.`} />
  );
}
