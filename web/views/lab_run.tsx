import { useMemo } from 'preact/hooks';

import { export_run } from './export.ts';
import { scenario_words, UseSettings } from './lab_form_panel.tsx';
import { RunCharts } from './lab_charts.tsx';
import { MirrorFigure } from './lab_mirror.tsx';
import { left_words, ProgressLine } from './lab_runs.tsx';
import { Panel, Scroll } from './screen_parts.tsx';
import { set_scenario } from '../model/lab_form.ts';
import { is_active, is_arm, kSettlingHours } from '../model/lab_types.ts';
import { format_percent, format_usd } from '../units/format.ts';
import { format_score, format_value } from '../units/quantity.ts';
import { format_date_time } from '../units/time.ts';
import { usd } from '../units/unit.ts';
import type { LabSession } from '../model/lab_session.ts';
import type { Run } from '../model/lab_types.ts';
import type { UiState } from './ui_state.ts';

// One run while it goes, or after it: the truth of the simulation beside the estimate.

type Props = { readonly ui: UiState; readonly session: LabSession };

export function RunView({ ui, session }: Props) {
  const id = session.watched_id.value;
  const run = session.watched.value;
  if (id === null) {
    return session.runs.phase.value === 'ready' ? <NoRun session={session} />
      : <p class="state">Nothing to watch yet.</p>;
  }
  const problem = session.missing.value.get(id);
  const is_reached = ui.session.is_reached.value;
  const told = problem === undefined ? null : (
    <div class={run === null ? 'state failed' : 'state bar'} role="alert">
      <p><b>{is_reached ? 'Problem' : 'Offline'}</b> Run {id} could not be read: {problem}</p>
      <button type="button" onClick={() => session.reload(id)}>Try again</button>
    </div>
  );
  if (run === null) {
    return told ?? <p class="state" role="status"><i class="spinner" aria-hidden="true" />
      Loading run {id}</p>;
  }
  return (
    <>
      {told}
      <RunHead ui={ui} session={session} run={run} />
      <Settling run={run} />
      {run.newest === null ? <NothingYet run={run} /> : <MirrorFigure ui={ui} run={run} />}
      {run.time.length === 0 ? null : <RunCharts ui={ui} run={run} />}
      {run.time.length === 0 ? null : <RunTable run={run} />}
    </>
  );
}

// Before the first run: what can be run.
function NoRun({ session }: { readonly session: LabSession }) {
  const chosen = session.scenario.value?.name;
  const scenarios = session.scenarios.value.value ?? [];
  return (
    <Panel name="scenario-list" title="No run yet">
      <p class="note lead">Choose a scenario, change what should be different, and press Run. Truth
        and estimate are drawn here while it goes.{scenarios.some(is_arm)
        ? ' The markets that a claim was tried on stand at the claim.' : ''}</p>
      <table>
        <caption class="sr">Scenarios</caption>
        <tbody>{scenarios.filter((one) => !is_arm(one)).map(({ name, about }) => (
          <tr key={name}>
            <th scope="row">{scenario_words(name)}</th>
            <td>{about}</td>
            <td><button type="button" aria-pressed={name === chosen}
              aria-label={`Choose ${scenario_words(name)}`}
              onClick={() => session.change((form) => set_scenario(form, name))}>
              {name === chosen ? 'Chosen' : 'Choose'}</button></td>
          </tr>
        ))}</tbody>
      </table>
    </Panel>
  );
}

function NothingYet({ run }: { readonly run: Run }) {
  const text = run.status === 'waiting' ? 'Another run goes first. This one begins when it is over.'
    : run.status === 'running' ? 'Before the first hour lies a warm-up, which is not recorded.'
      : 'This run ended before its first hour.';
  return <p class="state">{text}</p>;
}

// An estimate that has seen little is no measure of what the map can do.
function Settling({ run }: { readonly run: Run }) {
  const hours = run.time.length;
  if (hours === 0 || hours > kSettlingHours) return null;
  return (
    <p class="settling"><b>Still settling.</b> The map of a run begins with knowing nothing, and
      takes about a day of the market to settle: hour {hours} of the first {kSettlingHours}.</p>
  );
}

function RunHead({ ui, session, run }: Props & { readonly run: Run }) {
  const active = is_active(run);
  const done = run.hours_done === null ? ''
    : `, hour ${format_value(run.hours_done)} of ${run.hours}`;
  return (
    <section class="run-head" aria-label="Run">
      <div class="run-line">
        <h2>{scenario_words(run.scenario)}</h2>
        <span class="note">#{run.id} · seed {run.seed} · {run.hours} h</span>
        <span class={`run-status ${run.status}`}>{run.status}</span>
        {active ? <span>{format_percent(run.share, 0)}{done}</span> : null}
        {active ? <span class="note">{left_words(run)}</span> : null}
        <span class="spring" />
        {run.time.length === 0 ? null : <button type="button" title="Save the hours of this run"
          onClick={() => export_run(ui, run)}>Hours, CSV</button>}
        <UseSettings session={session} run={run} />
        {active ? <button type="button" class="danger" disabled={session.is_cancelling.value}
          onClick={() => void session.cancel(run.id)}>Cancel</button> : null}
      </div>
      <ChangedValues run={run} />
      {run.problem === null ? null : <p class="problem" role="alert">{run.problem}</p>}
      {active ? <ProgressLine share={run.share} /> : null}
      {/* Tenths only: a reader of the screen is not told of each second. */}
      <span class="sr" role="status">{run.status === 'running'
        ? `running, ${Math.floor(run.share * 10) * 10} percent` : run.status}</span>
    </section>
  );
}

function ChangedValues({ run }: { readonly run: Run }) {
  const values = Object.entries(run.values);
  if (values.length === 0) return null;
  return (
    <p class="changed-values"><span class="note">Changed:</span>
      {values.map(([name, value]) => (
        <code key={name}>{name} = {format_value(value)}</code>
      ))}
    </p>
  );
}

function RunTable({ run }: { readonly run: Run }) {
  const rows = useMemo(() => run.time.map((_, i) => i).reverse().slice(0, 200), [run]);
  const both = (sides: Run['near'], i: number): string => {
    const [long, short] = [sides.long[i] ?? null, sides.short[i] ?? null];
    return format_usd(long === null || short === null ? null : usd(long + short));
  };
  return (
    <details class="more">
      <summary>Hours as a table</summary>
      <Scroll label="Hours">
        <table>
          <caption class="sr">Truth and estimate by hour, both sides, newest first</caption>
          <thead><tr><th>Time, UTC</th><th>Relative L1</th><th>Near, truth</th>
            <th>Near, estimate</th><th>Liquidated, truth</th><th>Printed</th><th>Expected</th>
          </tr></thead>
          <tbody>{rows.map((i) => (
            <tr key={i}>
              <th scope="row">{format_date_time(run.time[i] as never)}</th>
              <td>{format_score(run.relative_l1[i] ?? null, 2)}</td>
              <td class="strong">{both(run.true_near, i)}</td><td>{both(run.near, i)}</td>
              <td class="strong">{both(run.true_liquidated, i)}</td>
              <td>{both(run.printed, i)}</td><td>{both(run.expected, i)}</td>
            </tr>
          ))}</tbody>
        </table>
      </Scroll>
    </details>
  );
}
