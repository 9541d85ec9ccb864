import { useEffect, useRef } from 'preact/hooks';

import { ChartController } from './chart_controller.ts';
import { tier_text } from './export.ts';
import { Legend, Swatches } from './legend_strip.tsx';
import { Panes, panes_px } from './panes.tsx';
import { is_not_yet, kNotYet, part_clause } from './part_text.ts';
import { known_prints_text } from './prints_text.ts';
import { ReadOut } from './read_out.tsx';
import { AsOfBadge, ReplayBar } from './replay_bar.tsx';
import { is_urgent, status_of } from './status.ts';
import { TableDialog } from './table_dialog.tsx';
import { Toolbar } from './toolbar.tsx';
import { interval_text, summary_of } from './text.ts';
import { is_shown } from '../model/view.ts';
import { format_percent, format_usd } from '../units/format.ts';
import { format_clock, format_date_time } from '../units/time.ts';
import type { UiState } from './ui_state.ts';

const kSidePx = 230;

type Props = { readonly ui: UiState; readonly on_chart?: (chart: ChartController) => void };

export function MapScreen({ ui, on_chart }: Props) {
  // The read-out needs some height: with few panes it lies over the foot of the profile.
  const lift = Math.max(0, kSidePx - panes_px(ui));
  return (
    <div class="screen" hidden={ui.screen.value !== 'map'}>
      <Toolbar ui={ui} />
      <main class="work" style={{ '--lift': `${lift}px` }}>
        <h1 class="sr">Liquidation map</h1>
        <Chart ui={ui} {...(on_chart === undefined ? {} : { on_chart })} />
        <ReplayBar ui={ui} />
        <div class="strip"><Legend ui={ui} /><Swatches ui={ui} /></div>
        <Panes ui={ui} />
        <aside class="side" aria-label="Read-out and venues" tabIndex={0}>
          <ReadOut ui={ui} /></aside>
      </main>
      <Summary ui={ui} />
      <TableDialog ui={ui} />
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
    ui.chart = chart;
    on_chart?.(chart);
    return () => {
      ui.chart = null;
      chart.stop();
    };
  }, []);
  const { session } = ui;
  return (
    <>
      <div class="chart" ref={host} tabIndex={0} role="application"
        aria-label="Liquidation map: arrows move it, X gives a crosshair, B gives it as tables">
        <canvas ref={map} aria-hidden="true" />
        <canvas ref={overlay} aria-hidden="true" />
        <canvas ref={cross} aria-hidden="true" />
        <Badges ui={ui} />
        <Notice ui={ui} />
        {session.pending_tiles.value > 0 ? <i class="progress" /> : null}
      </div>
      <div class="profile">
        <canvas ref={profile} aria-hidden="true" />
        <ProfileCaption ui={ui} />
      </div>
    </>
  );
}

// What the map is of, in a sentence that a screen reader says when it has changed: with a column at
// most once a minute, so that nobody is talked over.
const kSummaryEveryMs = 60_000;

function Summary({ ui }: { readonly ui: UiState }) {
  const said = useRef({ at: 0, text: '', as_of: null as number | null, id: '' });
  const { session } = ui;
  const column = session.column.value;
  const id = session.instrument.value?.id ?? '';
  const as_of = session.as_of.value;
  const now = performance.now();
  const is_due = now - said.current.at > kSummaryEveryMs || said.current.id !== id ||
    (said.current.as_of === null) !== (as_of === null);
  if (column !== null && (is_due || said.current.text === '')) {
    const past = as_of === null ? '' : 'Looking back. ';
    said.current = { at: now, text: past + summary_of(id, column), as_of, id };
  }
  return <p class="sr summary" role="status">{said.current.text}</p>;
}

// What is drawn that is not the map as it is now, in words over the plot.
function Badges({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const view = session.view.value;
  const column = session.profile.value;
  return (
    <div class="badges">
      <AsOfBadge ui={ui} />
      {view.has_hindsight && column !== null ? (
        <p class="badge hindsight"><b>{session.as_of.value === null ? 'As known now'
          : 'As known at the play head'}</b>
        <span>what waits there at {format_clock(column.as_of)}, hindsight for everything to the
          left</span></p>
      ) : null}
      {view.tier === 'all' ? null : (
        <p class="badge"><b>Only {tier_text(view.tier)} from the mark</b>
          <span>the close of each column; nothing is drawn where that is not known</span></p>
      )}
      <PartBadge ui={ui} />
      <PrintsLegend ui={ui} />
    </div>
  );
}

function PartBadge({ ui }: { readonly ui: UiState }) {
  const part = ui.session.part.value;
  if (part === null) return null;
  const clusters = is_shown(ui.session.view.value, 'clusters') ? '; clusters are of all' : '';
  return (
    <p class="badge part"><b>Only positions {part_clause(part)}</b>
      <span>a part of the estimate: it has no band of its own{clusters}</span></p>
  );
}

function PrintsLegend({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  if (!is_shown(session.view.value, 'prints') || session.prints.value.length === 0) return null;
  const least = session.prints_min_usd.value;
  return (
    <p class="badge prints">
      <i class="long" />longs <i class="short" />shorts
      <span> liquidated, as printed</span>
      {least > 0 ? `, from ${format_usd(least)}` : ''}
      {known_prints_text(session.prints_known.value, session.view.value.time)}
    </p>
  );
}

function ProfileCaption({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const column = session.profile.value;
  const part = session.part.value;
  const is_part = part !== null;
  const near = column?.near.at(-1);
  const has_band = column?.sides.long.p10 !== null || column.sides.short.p10 !== null;
  const band = is_part ? 'mean a row, no band'
    : has_band ? 'p10 · mean · p90 a row' : 'mean a row; band not kept';
  return (
    <div class="profile-caption">
      <b>{is_part ? 'Part at risk' : 'At risk'} {session.as_of.value === null || column === null
        ? 'now' : `at ${format_date_time(column.as_of)}`}</b>
      <span>{is_not_yet(part, column) ? kNotYet : `${band}; line: sum from the mark`}</span>
      {near === undefined || is_part ? null : (
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
    const problem = session.health.value?.feeds.find((feed) => feed.problem !== null)?.problem;
    if (problem !== undefined && problem !== null) {
      return <div class="notice offline" role="alert"><b>The service has stopped</b>
        <p>{problem}</p></div>;
    }
    const warm_up = session.health.value?.warm_up_share ?? null;
    const why = warm_up === null ? 'The service has made no column.'
      : `The model learns from what was before: ${format_percent(warm_up, 0)} of it so far.`;
    return <div class="notice"><b>Nothing to show yet</b>
      <p>{why} The first column appears here when it is there.</p></div>;
  }
  if (session.column.value === null && status.kind === 'offline') {
    return <div class="notice offline" role="alert"><b>The service does not answer</b>
      <p>It is asked again every few seconds. Nothing is shown that was not read.</p></div>;
  }
  if (session.phase.value === 'loading' && status.kind !== 'offline') {
    return <div class="notice quiet"><b>Loading the map</b>
      <p>Instruments, the newest column, tiles</p></div>;
  }
  if (is_urgent(status)) {
    return <div class={`notice bar ${status.kind}`} role="alert">
      <b>{status.word}</b> {status.why}</div>;
  }
  const problem = session.problems.first.value ?? ui.clock.problem.value;
  if (problem !== null) {
    return <div class="notice bar" role="alert"><b>Problem</b> {problem}
      <button type="button" aria-label="Dismiss" onClick={() => {
        session.problems.end_all(() => true);
        ui.clock.problem.value = null;
      }}>×</button></div>;
  }
  return null;
}
