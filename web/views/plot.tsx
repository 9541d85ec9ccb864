import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';

import { kThemes } from '../render/chart_theme.ts';
import { css_of } from '../render/palette.ts';
import { format_time_tick } from '../units/time.ts';
import { format_usd_tick } from '../units/format.ts';
import { ms, unix_ms, usd } from '../units/unit.ts';
import type { ComponentChildren } from 'preact';
import type { ChartTheme } from '../render/chart_theme.ts';
import type { ThemeName } from '../render/palette.ts';

// Charts of the scorecard and the lab that have an axis of time or hours: uPlot in a figure, with
// what it says in words beside it. The reading above it is of the place under the pointer, else of
// the last one.

export type PlotSpec = {
  readonly key: string; // another key is another chart, made anew
  readonly x: 'time' | 'hours';
  readonly has_bars?: boolean; // the first and the last need room for a half
  readonly y: {
    readonly tick: (value: number) => string;
    readonly range?: (low: number, high: number) => [number, number];
    readonly asinh?: number; // linear below this size, logarithmic beyond it
  };
  readonly series: (theme: ChartTheme) => uPlot.Series[];
  readonly bands?: (theme: ChartTheme) => uPlot.Band[];
};
export type PlotData = readonly [at: readonly number[], ...values: (number | null)[][]];

const kFont = '11px ui-sans-serif, system-ui, sans-serif';
const kAxisPx = 62;

export const stroke = (color: string, width = 1.5, dash: readonly number[] = []): uPlot.Series =>
  ({ stroke: color, width, dash: [...dash], points: { show: false }, spanGaps: false });

// Half of the longest dash, in CSS pixels.
const kDashMax = 26;

// A short line across the place of a bar: what was expected where the bar is what came.
export function dashes(color: string, width = 2): uPlot.Series {
  const paths: uPlot.Series.PathBuilder = (plot, series, from, to) => {
    const path = new Path2D();
    const [at, values] = [plot.data[0], plot.data[series]];
    const step = plot.valToPos(step_of(at), 'x', true) - plot.valToPos(0, 'x', true);
    const half = Math.min(0.46 * step, kDashMax * devicePixelRatio);
    for (let i = from; i <= to; i += 1) {
      const value = values?.[i];
      if (value === null || value === undefined) continue;
      const x = plot.valToPos(at[i] ?? 0, 'x', true);
      const y = Math.round(plot.valToPos(value, 'y', true));
      path.moveTo(x - half, y);
      path.lineTo(x + half, y);
    }
    return { stroke: path, fill: null, clip: null, flags: 0 } as unknown as uPlot.Series.Paths;
  };
  return { ...stroke(color, width), paths };
}

// The distance between two entries.
function step_of(at: ArrayLike<number>): number {
  return at.length < 2 ? 3_600_000 : (at[1] ?? 0) - (at[0] ?? 0);
}

export function bars(color: string, share = 0.72, most = 40): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [share, most] });
  return { fill: color, stroke: color, width: 0, points: { show: false },
    ...(paths === undefined ? {} : { paths }) };
}

export const usd_tick = (value: number): string => format_usd_tick(usd(Math.abs(value)));

function axes_of(spec: PlotSpec, theme: ChartTheme): uPlot.Axis[] {
  const grid = { stroke: css_of(theme.grid, theme.grid_alpha), width: 1 };
  const common = { stroke: css_of(theme.muted), grid, ticks: { show: false }, font: kFont };
  const x_text = (_: uPlot, ticks: number[], __: number, ___: number, step: number): string[] =>
    (spec.x === 'time' ? ticks.map((tick) => format_time_tick(unix_ms(tick), ms(step)))
      : ticks.map((tick) => `${tick} h`));
  return [
    { ...common, size: 26, gap: 6, space: 64, values: x_text },
    { ...common, side: 1, size: kAxisPx, gap: 8, space: 20, align: 1,
      ...(spec.y.asinh === undefined ? {} : splits_of(spec.y.asinh)),
      values: (_: uPlot, ticks: (number | null)[]) =>
        ticks.map((tick) => (tick === null ? '' : spec.y.tick(tick))) },
  ];
}

// Zero, and decades from ten times the linear part on: nearer ones would stand on each other.
function splits_of(asinh: number): Pick<uPlot.Axis, 'splits' | 'filter'> {
  return {
    splits: (_, __, low, high) => {
      const out: number[] = [0];
      for (let size = 10 * asinh; size <= high; size *= 10) out.push(size);
      for (let size = 10 * asinh; size <= -low; size *= 10) out.unshift(-size);
      return out;
    },
    filter: (_, splits) => splits,
  };
}

function options_of(
  spec: PlotSpec, theme: ChartTheme, size: { width: number; height: number },
  on_index: (index: number | null) => void,
): uPlot.Options {
  const { range, asinh } = spec.y;
  return {
    ...size,
    ms: 1,
    padding: [10, 0, 0, 18],
    tzDate: (at) => uPlot.tzDate(new Date(at), 'Etc/UTC'),
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: {
        time: spec.x === 'time',
        ...(spec.has_bars === true ? { range: (plot: uPlot, low: number, high: number) => {
          const half = step_of(plot.data[0]) / 2;
          return [low - half, high + half] as [number, number];
        } } : {}),
      },
      y: {
        ...(asinh === undefined ? {} : { distr: 4 as const, asinh }),
        ...(range === undefined ? {}
          : { range: (_: uPlot, low: number, high: number) => range(low ?? 0, high ?? 1) }),
      },
    },
    axes: axes_of(spec, theme),
    series: [{}, ...spec.series(theme)],
    bands: spec.bands?.(theme) ?? [],
    hooks: { setCursor: [(plot) => on_index(plot.cursor.idx ?? null)] },
  };
}

const copy = (data: PlotData): uPlot.AlignedData => {
  const [at, ...values] = data;
  return [[...at], ...values];
};

export function PlotFigure({ theme, spec, data, title, note, reading, summary, name }: {
  readonly name: string;
  readonly theme: ThemeName;
  readonly spec: PlotSpec;
  readonly data: PlotData;
  readonly title: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly reading: (index: number, is_pointed: boolean) => ComponentChildren;
  readonly summary: string; // the chart in a sentence, for those who do not see it
}) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [index, set_index] = useState<number | null>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const size = () => ({ width: Math.max(80, element.clientWidth),
      height: Math.max(60, element.clientHeight) });
    const options = options_of(spec, kThemes[theme], size(), set_index);
    const made = new uPlot(options, copy(data), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme, spec.key]);
  useEffect(() => { plot.current?.setData(copy(data)); }, [data]);
  const last = data[0].length - 1;
  const shown = index === null || index > last ? last : index;
  return (
    <figure class={`figure ${name}`}>
      <figcaption>
        <span class="title">{title}</span>
        <span class="reading" aria-hidden="true">
          {shown < 0 ? '' : reading(shown, index !== null)}</span>
        {note === undefined ? null : <span class="note">{note}</span>}
        <span class="sr">{summary}</span>
      </figcaption>
      <div class="plot" ref={host} aria-hidden="true" />
    </figure>
  );
}

// A canvas that fills its place, in device pixels, drawn again when `drawn` or the size changes.
export function Canvas({ draw, drawn, on_pointer, label }: {
  readonly draw: (ctx: CanvasRenderingContext2D, width: number, height: number, ratio: number)
    => void;
  readonly drawn: readonly unknown[];
  readonly on_pointer: (at: { x: number; y: number; width: number; height: number } | null) => void;
  readonly label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, set_size] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const host = canvas.current?.parentElement;
    if (!host) return undefined;
    const see = (): void => set_size({ width: host.clientWidth, height: host.clientHeight });
    const observer = new ResizeObserver(see);
    observer.observe(host);
    see();
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = canvas.current;
    const ctx = element?.getContext('2d');
    if (!element || !ctx || size.width === 0) return;
    const ratio = globalThis.devicePixelRatio || 1;
    element.width = Math.round(size.width * ratio);
    element.height = Math.round(size.height * ratio);
    element.style.width = `${size.width}px`;
    element.style.height = `${size.height}px`;
    draw(ctx, size.width, size.height, ratio);
  }, [size, ...drawn]);
  return (
    <canvas ref={canvas} role="img" aria-label={label}
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        on_pointer({ x: event.clientX - box.left, y: event.clientY - box.top, ...size });
      }}
      onPointerLeave={() => on_pointer(null)} />
  );
}
