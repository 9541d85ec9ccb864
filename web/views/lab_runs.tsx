import { scenario_words } from './lab_form_panel.tsx';
import { Panel, Shown } from './screen_parts.tsx';
import { is_active } from '../model/lab_types.ts';
import { format_percent } from '../units/format.ts';
import { format_duration } from '../units/time.ts';
import { ms } from '../units/unit.ts';
import type { LabSession } from '../model/lab_session.ts';
import type { RunSummary } from '../model/lab_types.ts';
import type { UiState } from './ui_state.ts';

// The runs that the service still has: which is watched, and which are compared.

type Props = { readonly session: LabSession; readonly on_watch: () => void };

export function RunsPanel({ ui, session, on_watch }: Props & { readonly ui: UiState }) {
  return (
    <Panel name="runs" title="Runs" note="tick two or more to compare">
      <Shown of={session.runs} what="The list of runs" is_reached={ui.session.is_reached.value}
        empty={{ is: (runs) => runs.length === 0, text: 'None yet.' }}>
        {(runs) => (
          <ul class="run-list">
            {runs.map((run) =>
              <RunItem key={run.id} run={run} session={session} on_watch={on_watch} />)}
          </ul>
        )}
      </Shown>
    </Panel>
  );
}

export function left_words(run: RunSummary): string {
  if (run.status === 'waiting') return 'waits for another run to end';
  if (run.seconds_left === null) return 'time left not known yet';
  return `about ${format_duration(ms(1000 * run.seconds_left))} left`;
}

export function run_title({ scenario, id }: Pick<RunSummary, 'scenario' | 'id'>): string {
  return `${scenario_words(scenario)} #${id}`;
}

function RunItem({ run: listed, session, on_watch }: Props & { readonly run: RunSummary }) {
  // The run that is watched is read more often than the list.
  const read = session.details.value.get(listed.id);
  const run = read !== undefined && read.share >= listed.share ? read : listed;
  const changed = Object.keys(run.values).length;
  const is_watched = session.watched_id.value === run.id;
  const is_over = !is_active(run) && run.status !== 'failed';
  return (
    <li class={is_watched ? 'watched' : ''}>
      <input type="checkbox" disabled={!is_over} aria-label={`Compare ${run_title(run)}`}
        checked={session.compared_ids.value.includes(run.id)}
        onChange={(event) => session.compare(run.id, event.currentTarget.checked)} />
      <button type="button" class="run" aria-pressed={is_watched} onClick={() => {
        session.watch(run.id);
        on_watch();
      }}>
        <b>{run_title(run)}</b>
        <span>seed {run.seed} · {run.hours} h{changed > 0 ? ` · ${changed} changed` : ''}</span>
      </button>
      <span class={`run-status ${run.status}`}>
        {run.status === 'running' ? format_percent(run.share, 0) : run.status}</span>
      {run.status === 'running' ? <ProgressLine share={run.share} /> : null}
    </li>
  );
}

// Before its first hour a run says nothing of how far it is.
export function ProgressLine({ share }: { readonly share: number }) {
  return (
    <span class={share === 0 ? 'progress-line unknown' : 'progress-line'} aria-hidden="true">
      <i style={{ width: `${share * 100}%` }} /></span>
  );
}
