import { useEffect, useRef } from 'preact/hooks';

import { ChartController } from './chart_controller.ts';
import { Panes } from './panes.tsx';
import { ReadOut } from './read_out.tsx';
import { status_of } from './status.ts';
import { Legend, Toolbar } from './toolbar.tsx';
import { interval_text, summary_of } from './text.ts';
import { is_shown } from '../model/view.ts';
import { format_usd } from '../units/format.ts';
import type { UiState } from './ui_state.ts';

type Props = { readonly ui: UiState; readonly on_chart?: (chart: ChartController) => void };

export function MapScreen({ ui, on_chart }: Props) {
  return (
    <div class="screen" hidden={ui.screen.value !== 'map'}>
      <Toolbar ui={ui} />
      <main class="work">
        <Chart ui={ui} {...(on_chart === undefined ? {} : { on_chart })} />
        <Panes ui={ui} />
        <aside class="side"><ReadOut ui={ui} /></aside>
      </main>
    </div>
  );
}

function Chart({ ui, on_chart }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const map = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const cross = useRef<HTMLCanvasElement>(null);
  const profile = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!host.current || !map.current || !overlay.current || !cross.current || !profile.current) {
      return undefined;
    }
    const chart = new ChartController(ui, {
      host: host.current, map: map.current, overlay: overlay.current, cross: cross.current,
      profile: profile.current,
    });
    on_chart?.(chart);
    return () => chart.stop();
  }, []);
  const { session } = ui;
  const column = session.column.value;
  const label = column === null ? 'Liquidation map, loading'
    : summary_of(session.instrument.value?.id ?? '', column);
  return (
    <>
      <div class="chart" ref={host} tabIndex={0} role="application" aria-label={label}>
        <canvas ref={map} aria-hidden="true" />
        <canvas ref={overlay} aria-hidden="true" />
        <canvas ref={cross} aria-hidden="true" />
        <PrintsLegend ui={ui} />
        <Notice ui={ui} />
        {session.pending_tiles.value > 0 ? <i class="progress" /> : null}
      </div>
      <div class="profile">
        <canvas ref={profile} aria-hidden="true" />
        <ProfileCaption ui={ui} />
      </div>
      <div class="strip"><Legend ui={ui} /><Swatches /></div>
    </>
  );
}

// What else the map draws, beside the colours of its scale.
function Swatches() {
  return (
    <ul class="swatches">
      <li><i class="wide" />80 % band wider than ×4</li>
      <li><i class="gap" />nothing known</li>
    </ul>
  );
}

function PrintsLegend({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  if (!is_shown(session.view.value, 'prints') || session.prints.value.length === 0) return null;
  const least = session.prints_min_usd.value;
  return (
    <p class="prints-legend">
      <i class="long" />longs <i class="short" />shorts liquidated, as printed
      {least > 0 ? `, from ${format_usd(least)}` : ''}
    </p>
  );
}

function ProfileCaption({ ui }: { readonly ui: UiState }) {
  const near = ui.session.column.value?.near.at(-1);
  return (
    <div class="profile-caption">
      <b>At risk now</b><span>p10 · mean · p90 a row; line: sum from the mark</span>
      {near === undefined ? null : (
        <span class="sr">
          {`Shorts ${format_usd(near.sides.short.mean)} ${interval_text(near.sides.short)}, `}
          {`longs ${format_usd(near.sides.long.mean)} ${interval_text(near.sides.long)}`}
        </span>
      )}
    </div>
  );
}

// States in which the map cannot be taken at its word say so over the map, and not in a corner.
function Notice({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const status = status_of(session);
  if (session.phase.value === 'empty') {
    return <div class="notice"><b>Nothing to show yet</b>
      <p>The service has made no column. The first one appears here when it is there.</p></div>;
  }
  if (session.phase.value === 'loading' && status.kind !== 'offline') {
    return <div class="notice quiet"><b>Loading the map</b></div>;
  }
  if (status.kind === 'offline' || status.kind === 'reconnecting' || status.kind === 'stale') {
    return <div class={`notice bar ${status.kind}`} role="alert">
      <b>{status.word}</b> {status.why}</div>;
  }
  if (session.problem.value !== null) {
    return <div class="notice bar" role="alert"><b>Problem</b> {session.problem.value}</div>;
  }
  return null;
}
