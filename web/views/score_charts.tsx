import { useMemo, useState } from 'preact/hooks';

import { bars, Canvas, dashes, PlotFigure, usd_tick } from './plot.tsx';
import { Panel, Scroll } from './screen_parts.tsx';
import { bins_of_hours, both_sides, sum_of_hours } from '../model/scorecard_types.ts';
import { kThemes } from '../render/chart_theme.ts';
import { css_of } from '../render/palette.ts';
import { draw_scatter, nearest_point, scatter_layout } from '../render/scatter.ts';
import { format_usd } from '../units/format.ts';
import { format_count } from '../units/quantity.ts';
import { format_clock, format_date, format_date_time } from '../units/time.ts';
import { kSides, usd } from '../units/unit.ts';
import type { HourBin, ScoredHour } from '../model/scorecard_types.ts';
import type { ScoredSide } from '../model/scorecard_session.ts';
import type { ScatterPoint } from '../render/scatter.ts';
import type { Side, UnixMs } from '../units/unit.ts';
import type { PlotData, PlotSpec } from './plot.tsx';
import type { UiState } from './ui_state.ts';

// Hours as points and as bars: expected is the model's, printed is the feed's.

type Props = {
  readonly ui: UiState;
  readonly hours: readonly ScoredHour[];
  readonly side: ScoredSide;
};
type HourPoint = ScatterPoint & { readonly time: UnixMs };

const sides_of = (side: ScoredSide): readonly Side[] => (side === 'both' ? kSides : [side]);
const words = { long: 'longs', short: 'shorts' } as const;

function points_of(hours: readonly ScoredHour[], side: ScoredSide): HourPoint[] {
  return hours.flatMap((hour) => sides_of(side).flatMap((one) => {
    const [expected, printed] = [hour.expected[one], hour.printed[one]];
    return expected === null || printed === null ? []
      : [{ expected, printed, side: one, time: hour.time }];
  }));
}

// Hours in which something was expected and nothing printed are the model's errors too.
function scatter_words(points: readonly ScatterPoint[]): string {
  const told = points.filter(({ expected, printed }) => expected >= 1 || printed >= 1);
  const near = told.filter(({ expected, printed }) =>
    expected >= 1 && printed >= 1 && Math.abs(Math.log(printed / expected)) <= Math.log(3));
  const silent = told.filter(({ printed }) => printed < 1);
  const count = `${format_count(near.length)} of ${format_count(told.length)} within ×3`;
  return silent.length === 0 ? count : `${count}; ${format_count(silent.length)} unprinted`;
}

export function ScatterPanel({ ui, hours, side }: Props) {
  const [hovered, set_hovered] = useState<number | null>(null);
  const points = useMemo(() => points_of(hours, side), [hours, side]);
  const theme = kThemes[ui.theme.value];
  const at = hovered === null ? undefined : points[hovered];
  const summary = scatter_words(points);
  return (
    <Panel name="scatter" title="Expected against printed"
      note={summary}>
      <div class="canvas-host">
        <Canvas drawn={[points, theme, hovered]}
          label={`Scatter of ${format_count(points.length)} points, printed over expected, both ` +
            `logarithmic: ${summary}.`}
          on_pointer={(pointer) => set_hovered(pointer === null ? null : nearest_point(
            scatter_layout(points, pointer.width, pointer.height), points, pointer.x, pointer.y))}
          draw={(ctx, width, height, ratio) =>
            draw_scatter(ctx, { width, height, ratio, theme, points, hovered })} />
      </div>
      {at !== undefined ? (
        <p class="legend-line"><span>{format_date_time(at.time)}</span>
          <span class={at.side}>{words[at.side]}: {format_usd(usd(at.expected))} expected,
            {' '}{format_usd(usd(at.printed))} printed</span></p>
      ) : <p class="legend-line">
        {side === 'short' ? null : <span><i class="disc long" />longs</span>}
        {side === 'long' ? null : <span><i class="diamond short" />shorts</span>}
        <span><i class="rule-line" />equal</span><span><i class="rule-line dashed" />×3, ÷3</span>
        <span>an hour and side each</span>
      </p>}
    </Panel>
  );
}

// Shorts go up and longs down, as the forced orders do to the price. Hours differ by orders of
// magnitude: the axis is logarithmic beyond the size that `asinh` names.
function spec_of(side: ScoredSide): PlotSpec {
  const shown = (one: Side): boolean => side === 'both' || side === one;
  return {
    key: `hours ${side}`,
    x: 'time',
    has_bars: true,
    y: { tick: usd_tick, asinh: 10_000 },
    series: (theme) => [
      { ...bars(css_of(theme.short, 0.85)), show: shown('short') },
      { ...bars(css_of(theme.long, 0.85)), show: shown('long') },
      { ...dashes(css_of(theme.text)), show: shown('short') },
      { ...dashes(css_of(theme.text)), show: shown('long') },
    ],
  };
}

// More bars than this are thinner than a reader can follow.
const kBarsMax = 168;

export function TimelinePanel({ ui, hours, side }: Props) {
  const spec = useMemo(() => spec_of(side), [side]);
  const bins = useMemo(() => bins_of_hours(hours, kBarsMax), [hours]);
  const data = useMemo<PlotData>(() => {
    const minus = (value: number | null): number | null => (value === null ? null : -value);
    return [bins.map(({ from, time }) => (from + time) / 2),
      bins.map(({ printed }) => printed.short), bins.map(({ printed }) => minus(printed.long)),
      bins.map(({ expected }) => expected.short),
      bins.map(({ expected }) => minus(expected.long))];
  }, [bins]);
  const width = bins[0]?.hours ?? 1;
  const title = width === 1 ? 'Hour by hour' : `In sums of ${width} hours`;
  const total = sum_of_hours(hours);
  return (
    <section class="panel timeline" aria-label="Hour by hour">
      <PlotFigure name="hours" theme={ui.theme.value} spec={spec} data={data} title={title}
        reading={(i) => {
          const bin = bins[i];
          return bin === undefined ? '' : <BinReading bin={bin} side={side} />;
        }}
        note={<TimelineLegend />}
        summary={`Of ${format_count(hours.length)} hours: ` +
          `${format_usd(both_sides(total.expected))} expected, ` +
          `${format_usd(both_sides(total.printed))} printed. The table below has each hour.`} />
      <HoursTable hours={hours} />
    </section>
  );
}

function BinReading({ bin, side }: { readonly bin: HourBin; readonly side: ScoredSide }) {
  return (
    <>
      <span>{format_date(bin.from)} {format_clock(bin.from)} – {format_clock(bin.time)}</span>
      {sides_of(side).map((one) => (
        <span key={one} class={one}>{words[one]} <b>{format_usd(bin.printed[one])}</b> printed,
          {' '}{format_usd(bin.expected[one])} expected</span>
      ))}
    </>
  );
}

function TimelineLegend() {
  return (
    <span class="legend-line">
      <span><i class="square short" />shorts printed, up</span>
      <span><i class="square long" />longs printed, down</span>
      <span><i class="rule-line" />expected <em>estimate</em></span>
      <span>logarithmic beyond $10k</span>
    </span>
  );
}

const kRowsMax = 200;

function HoursTable({ hours }: { readonly hours: readonly ScoredHour[] }) {
  const [is_open, set_open] = useState(false);
  return (
    <details class="more" onToggle={(event) => set_open(event.currentTarget.open)}>
      <summary>Hours as a table</summary>
      {!is_open ? null : (
        <Scroll label="Hours">
          <table>
            <caption class="sr">Expected and printed liquidations of each hour, newest
              first{hours.length > kRowsMax ? `, the last ${kRowsMax}` : ''}</caption>
            <thead><tr><th>Hour to, UTC</th><th>Longs expected</th><th>Longs printed</th>
              <th>Shorts expected</th><th>Shorts printed</th></tr></thead>
            <tbody>{hours.slice(-kRowsMax).reverse().map((hour) => (
              <tr key={hour.time}>
                <th scope="row">{format_date_time(hour.time)}</th>
                <td>{format_usd(hour.expected.long)}</td>
                <td class="strong">{format_usd(hour.printed.long)}</td>
                <td>{format_usd(hour.expected.short)}</td>
                <td class="strong">{format_usd(hour.printed.short)}</td>
              </tr>
            ))}</tbody>
          </table>
        </Scroll>
      )}
    </details>
  );
}
