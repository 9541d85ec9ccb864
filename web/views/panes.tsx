import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

import { texel_ms } from '../model/tile_grid.ts';
import { kPriceAxisPx } from '../render/overlay.ts';
import { kThemes } from '../render/chart_theme.ts';
import { css_of } from '../render/palette.ts';
import { format_percent, format_usd, format_usd_tick } from '../units/format.ts';
import { share, usd } from '../units/unit.ts';
import { funding_text } from './funding.ts';
import { volume_delta } from './volume_delta.ts';
import type { SeriesSlice } from '../model/series_store.ts';
import type { PaneName } from '../model/view.ts';
import type { ChartTheme } from '../render/chart_theme.ts';
import type { UiState } from './ui_state.ts';

// Line panes below the map, linked to its time and its crosshair.

type Values = (number | null)[];
type Pane = {
  readonly name: PaneName;
  readonly title: string;
  readonly height: number;
  readonly tick: (value: number) => string;
  readonly series: (theme: ChartTheme) => uPlot.Series[];
  readonly range?: (least: number, most: number) => [number, number];
  readonly bands?: (theme: ChartTheme) => uPlot.Band[];
  readonly data: (slice: SeriesSlice) => Values[];
  readonly legend: (slice: SeriesSlice, i: number) => string;
};

const known = (values: readonly number[], sign = 1): Values =>
  values.map((value) => (Number.isNaN(value) ? null : sign * value));
const line = (color: string, width = 1.25): uPlot.Series =>
  ({ stroke: color, width, points: { show: false }, spanGaps: false });
function bars(color: string): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [0.55, 12] });
  return { fill: color, stroke: color, width: 0, points: { show: false },
    ...(paths === undefined ? {} : { paths }) };
}
const hidden: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } };
const text_usd = (value: number | undefined): string =>
  format_usd(value === undefined || Number.isNaN(value) ? null : usd(value));

const kOpenInterest: Pane = {
  name: 'interest',
  title: 'Open interest, USD',
  height: 56,
  tick: (value) => format_usd_tick(usd(value)),
  series: (theme) => [line(css_of(theme.short), 1.5)],
  data: (slice) => [known(slice.fields.open_interest_usd)],
  legend: ({ fields }, i) => text_usd(fields.open_interest_usd[i]),
};

// An axis is at least so high: where nothing is paid it would be of any height.
const kFundingLeast = 0.0001;

const kFunding: Pane = {
  name: 'funding',
  title: 'Funding paid',
  height: 50,
  tick: (value) => format_percent(share(value), 3),
  series: (theme) => [bars(css_of(theme.accent))],
  range: (least, most) => [1.2 * Math.min(0, least), 1.2 * Math.max(kFundingLeast, most)],
  data: (slice) => [known(slice.fields.funding_rate)],
  legend: funding_text,
};

// Shorts go up and longs down, as the forced orders do to the price.
const kFlows: Pane = {
  name: 'flows',
  title: 'Liquidations, USD',
  height: 92,
  tick: (value) => format_usd_tick(usd(Math.abs(value))),
  series: (theme) => [hidden, hidden, hidden, hidden, bars(css_of(theme.short, 0.85)),
    bars(css_of(theme.long, 0.85)), line(css_of(theme.text)), line(css_of(theme.text))],
  bands: (theme) => [
    { series: [2, 1], fill: css_of(theme.short, 0.22) },
    { series: [3, 4], fill: css_of(theme.long, 0.22) },
  ],
  data: ({ fields }) => [
    known(fields['liquidation_interval.short.low']),
    known(fields['liquidation_interval.short.high']),
    known(fields['liquidation_interval.long.low'], -1),
    known(fields['liquidation_interval.long.high'], -1),
    known(fields['printed_usd.short']), known(fields['printed_usd.long'], -1),
    known(fields['expected_liquidation_usd.short']),
    known(fields['expected_liquidation_usd.long'], -1),
  ],
  legend: ({ fields }, i) => (['short', 'long'] as const).map((side) => {
    const printed = text_usd(fields[`printed_usd.${side}`][i]);
    const expected = text_usd(fields[`expected_liquidation_usd.${side}`][i]);
    return `${side}s ${printed} printed, ${expected} expected (est.)`;
  }).join(' · '),
};

// Since the left edge of the view. What is not known adds nothing and is not drawn; the legend says
// how much of the sum that is.
const kVolumeDelta: Pane = {
  name: 'cvd',
  title: 'CVD over the view, USD',
  height: 50,
  tick: (value) => format_usd_tick(usd(value)),
  series: (theme) => [line(css_of(theme.text), 1.5)],
  data: (slice) => [volume_delta(slice)],
  legend: (slice, i) => {
    const values = volume_delta(slice);
    const unknown = values.slice(0, i + 1).filter((value) => value === null).length;
    const value = values[i];
    return `${text_usd(value ?? undefined)}${
      unknown > 0 && unknown <= i ? `, ${unknown} of ${i + 1} unknown` : ''}`;
  },
};

const kNear: Pane = {
  name: 'near',
  title: 'At risk within 1 %, USD (est.)',
  height: 56,
  tick: (value) => format_usd_tick(usd(value)),
  series: (theme) => [line(css_of(theme.short), 1.5), line(css_of(theme.long), 1.5)],
  data: ({ fields }) => [
    known(fields['near_1_percent_usd.short']), known(fields['near_1_percent_usd.long']),
  ],
  legend: ({ fields }, i) => (['short', 'long'] as const).map((side) =>
    `${side}s ${text_usd(fields[`near_1_percent_usd.${side}`][i])}`).join(' · '),
};

const kDepth: Pane = {
  name: 'depth',
  title: 'Book within 1 % of the mid, USD',
  height: 50,
  tick: (value) => format_usd_tick(usd(value)),
  series: (theme) => [line(css_of(theme.short), 1.5), line(css_of(theme.long), 1.5)],
  data: ({ fields }) => [known(fields.ask_depth_usd), known(fields.bid_depth_usd)],
  legend: ({ fields }, i) =>
    `asks ${text_usd(fields.ask_depth_usd[i])} · bids ${text_usd(fields.bid_depth_usd[i])}`,
};

const kBasis: Pane = {
  name: 'basis',
  title: 'Basis: mark over index',
  height: 44,
  tick: (value) => format_percent(share(value), 2),
  series: (theme) => [line(css_of(theme.text), 1.25)],
  data: ({ fields }) => [known(fields.basis)],
  legend: ({ fields }, i) => {
    const basis = fields.basis[i];
    return format_percent(basis === undefined || Number.isNaN(basis) ? null : share(basis), 3);
  },
};

// The map follows the pointer at once, panes twenty times a second: three more canvases a frame are
// what a slow machine cannot bear.
const kPaneEveryMs = 50;

const kPanes: readonly Pane[] = [
  kOpenInterest, kFunding, kVolumeDelta, kFlows, kNear, kDepth, kBasis,
];
export const kPaneTitles: readonly (readonly [PaneName, string])[] =
  kPanes.map(({ name, title }) => [name, title]);

// A taller window gives some of its height to the panes, a lower one takes some.
function height_of(pane: Pane, window_px: number): number {
  return Math.round(pane.height * Math.min(1.7, Math.max(0.8, window_px / 900)));
}

// The height of what is shown of them: what is more than a third of the window scrolls.
export function panes_px(ui: UiState): number {
  const { hidden_panes } = ui.session.view.value;
  const sum = kPanes.filter(({ name }) => !hidden_panes.includes(name))
    .reduce((px, pane) => px + height_of(pane, ui.window_px.value), 0);
  return Math.min(sum, 0.34 * ui.window_px.value);
}

// Whether anything of the pane is known in what is shown. Nothing is not drawn as zero.
function has_data(pane: Pane, slice: SeriesSlice): boolean {
  return pane.data(slice).some((values) => values.some((value) => value !== null));
}

// Of data, which has none before the first answer.
function range_of(range: NonNullable<Pane['range']>): uPlot.Range.Function {
  return (_, least, most) => range(least ?? 0, most ?? 0);
}

function options_of(pane: Pane, height: number, theme: ChartTheme, ui: UiState): uPlot.Options {
  const grid = { stroke: css_of(theme.grid, theme.grid_alpha), width: 1 };
  return {
    width: 320,
    height,
    ms: 1,
    padding: [16, 0, 5, 0],
    legend: { show: false },
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: false, auto: false, range: () => {
      const { from, to } = ui.session.view.value.time;
      return [from, to];
    } }, ...(pane.range === undefined ? {} : { y: { range: range_of(pane.range) } }) },
    axes: [
      { show: false },
      {
        side: 1, size: kPriceAxisPx, gap: 8, stroke: css_of(theme.muted), grid,
        ticks: { show: false }, font: '11px system-ui, sans-serif', space: 22, align: 1,
        values: (_, ticks) => ticks.map(pane.tick),
      },
    ],
    series: [{}, ...pane.series(theme)],
    bands: pane.bands?.(theme) ?? [],
  };
}

// The entry that is under the crosshair, else the newest one; -1 where there is none.
function entry_at(ui: UiState, slice: SeriesSlice): number {
  const at = ui.probe.value;
  const of = ui.session.instrument.value;
  if (at === null || of === null) return slice.times.length - 1;
  const size = texel_ms(of.grid, slice.level);
  return slice.times.findLastIndex((time) => time <= at.time && at.time < time + size);
}

function PaneLabel({ ui, pane }: { readonly ui: UiState; readonly pane: Pane }) {
  const slice = ui.session.series.value;
  const i = slice === null ? -1 : entry_at(ui, slice);
  const text = slice === null ? '' : !has_data(pane, slice) ? 'not recorded'
    : i < 0 ? 'nothing known here' : pane.legend(slice, i);
  return <div class="pane-label"><span>{pane.title}</span><b>{text}</b></div>;
}

// A line over all panes where the map's crosshair is.
function PaneCross({ ui }: { readonly ui: UiState }) {
  const at = ui.cross.value;
  const { ratio } = ui.geometry.value;
  if (at === null) return null;
  return <i class="pane-cross" style={{ transform: `translateX(${at.x / ratio}px)` }} />;
}

function PaneChart({ ui, pane }: { readonly ui: UiState; readonly pane: Pane }) {
  const host = useRef<HTMLDivElement>(null);
  const theme = ui.theme.value;
  const height = height_of(pane, ui.window_px.value);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const count = pane.series(kThemes[theme]).length;
    const empty: Values[] = Array.from({ length: count }, () => []);
    const plot = new uPlot(options_of(pane, height, kThemes[theme], ui), [[], ...empty], element);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = (): void => {
      timer = undefined;
      const slice = ui.session.series.value;
      const { width, ratio } = ui.session.size.value;
      const wanted = Math.round(width / ratio) + kPriceAxisPx;
      if (plot.width !== wanted) plot.setSize({ width: wanted, height });
      if (slice === null) return;
      const [first, ...rest] = [slice.times as readonly number[], ...pane.data(slice)];
      plot.setData([[...first], ...rest]);
    };
    const stop = effect(() => {
      void [ui.session.series.value, ui.session.size.value];
      if (ui.screen.value !== 'map') return;
      timer ??= setTimeout(draw, kPaneEveryMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
      plot.destroy();
    };
  }, [theme, height]);
  return (
    <div class={`pane pane-${pane.name}`} style={{ height: `${height}px` }}>
      <div ref={host} aria-hidden="true" />
      <PaneLabel ui={ui} pane={pane} />
    </div>
  );
}

export function Panes({ ui }: { readonly ui: UiState }) {
  const hidden = ui.session.view.value.hidden_panes;
  const shown = kPanes.filter(({ name }) => !hidden.includes(name));
  if (shown.length === 0) return null;
  return (
    <section class="panes" aria-label="Panes: the same time as the map" tabIndex={0}>
      <div>
        {shown.map((pane) => <PaneChart key={pane.name} ui={ui} pane={pane} />)}
        <PaneCross ui={ui} />
      </div>
    </section>
  );
}
