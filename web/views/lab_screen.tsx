import { useEffect, useState } from 'preact/hooks';

import { ClaimList, claims_summary } from './claims.tsx';
import { CompareView } from './lab_compare.tsx';
import { FormPanel } from './lab_form_panel.tsx';
import { RunView } from './lab_run.tsx';
import { RunsPanel } from './lab_runs.tsx';
import { Panel, ScreenTools, Segments, Shown } from './screen_parts.tsx';
import { json_link } from './studies.tsx';
import type { TryArms } from './claims.tsx';
import type { LabSession } from '../model/lab_session.ts';
import type { ScorecardSession } from '../model/scorecard_session.ts';
import type { UiState } from './ui_state.ts';

// An experiment on the simulated exchange: what is set is at the left, what comes of it in the
// middle, what there is already at the right.

type Center = 'run' | 'compare';

export function LabScreen({ ui, session, studies, on_try }: {
  readonly ui: UiState;
  readonly session: LabSession;
  readonly studies: ScorecardSession;
  readonly on_try: TryArms['on_try'];
}) {
  const [center, set_center] = useState<Center>('run');
  useEffect(() => {
    session.open();
    studies.open_studies();
    return () => session.close();
  }, []);
  const count = session.compared_ids.value.length;
  return (
    <div class="screen pages lab-screen">
      <div class="toolbar" role="region" aria-label="Lab controls">
        <Segments label="What is shown" chosen={center} on_choose={set_center}
          choices={[{ value: 'run', text: 'Run' },
            { value: 'compare', text: count === 0 ? 'Compare' : `Compare ${count}` }]} />
        <p class="origin simulated"><b>Simulated market.</b> Truth is known here because it is made
          here; no run says what a real market does.</p>
        <ScreenTools ui={ui} />
      </div>
      <main class="lab" aria-label="Lab" tabIndex={-1}>
        <h1 class="sr">Lab</h1>
        <FormPanel ui={ui} session={session} on_start={() => set_center('run')} />
        <section class="lab-center" tabIndex={0}
          aria-label={center === 'run' ? 'The run and its charts' : 'Comparison of runs'}>
          {center === 'run' ? <RunView ui={ui} session={session} />
            : <CompareView ui={ui} session={session} />}
        </section>
        <div class="lab-rail">
          <RunsPanel ui={ui} session={session} on_watch={() => set_center('run')} />
          <ClaimsRail ui={ui} studies={studies} lab={session} on_try={on_try} />
        </div>
      </main>
    </div>
  );
}

function ClaimsRail({ ui, studies, lab, on_try }: TryArms & {
  readonly ui: UiState; readonly studies: ScorecardSession;
}) {
  const is_reached = ui.session.is_reached.value;
  return (
    <Shown of={studies.studies} what="The list of studies" is_reached={is_reached}>
      {(entries) => {
        const entry = entries.find(({ name }) => name === 'claims');
        if (entry === undefined) {
          return <Panel name="claims-rail" title="Claims">
            <p class="state">The service has no study of claims.</p></Panel>;
        }
        const report = studies.report(entry.name);
        return (
          <Panel name="claims-rail" title="Claims about the lab" actions={json_link(entry)}>
            <Shown of={report} what="The study of claims" is_reached={is_reached}>
              {(found) => (found.kind === 'claims' ? (
                <>
                  <p class="note lead">{claims_summary(found)}</p>
                  <ClaimList study={found} lab={lab} on_try={on_try} />
                </>)
                : <p class="state">This page cannot read the study. {found.kind === 'other'
                  ? found.problem : null}</p>)}
            </Shown>
          </Panel>
        );
      }}
    </Shown>
  );
}
