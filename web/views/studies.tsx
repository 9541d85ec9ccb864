import { useEffect } from 'preact/hooks';

import { ClaimList, claims_summary, estimate_words } from './claims.tsx';
import { SkillPanel } from './skill_panel.tsx';
import { Chip, Panel, Scroll, Shown, Whisker } from './screen_parts.tsx';
import { format_percent } from '../units/format.ts';
import { format_score } from '../units/quantity.ts';
import { share } from '../units/unit.ts';
import type { TryArms } from './claims.tsx';
import type { ScorecardSession } from '../model/scorecard_session.ts';
import type {
  Claims, Recovery, RecoveryScenario, RecoveryTarget, Study, StudyEntry,
} from '../model/study_types.ts';
import type { UiState } from './ui_state.ts';

// What the studies found. One that this page does not know is named, with a link to its report.

type Props = TryArms & { readonly ui: UiState };

export function Studies({ session, ...props }: Props & { readonly session: ScorecardSession }) {
  const { ui } = props;
  return (
    <Shown of={session.studies} what="The list of studies" is_reached={ui.session.is_reached.value}
      empty={{ is: (studies) => studies.length === 0, text: 'The service has no studies.' }}>
      {(studies) => {
        const known = studies.map((entry) =>
          ({ entry, study: session.report(entry.name).value.value }));
        return (
          <>
            {known.map(({ entry, study }) => <StudyPanel key={entry.name} entry={entry}
              study={study} {...props} />)}
            <OtherStudies ui={ui} session={session} rest={known.filter(({ study }) =>
              study === null || study.kind === 'other').map(({ entry }) => entry)} />
          </>
        );
      }}
    </Shown>
  );
}

export const json_link = ({ name }: StudyEntry) => (
  <a class="json" href={`/v1/studies/${encodeURIComponent(name)}`} target="_blank"
    rel="noreferrer">JSON</a>
);

function StudyPanel({ entry, study, ...props }: Props & {
  readonly entry: StudyEntry; readonly study: Study | null;
}) {
  if (study === null || study.kind === 'other') return null;
  if (study.kind === 'map_skill') {
    return <SkillPanel study={study} title={entry.title} link={json_link(entry)} />;
  }
  if (study.kind === 'claims') return <ClaimsPanel study={study} entry={entry} {...props} />;
  return <RecoveryPanel study={study} entry={entry} />;
}

function ClaimsPanel({ study, entry, ui, lab, on_try }: Props & {
  readonly study: Claims; readonly entry: StudyEntry;
}) {
  useEffect(() => lab.open_scenarios(), []);
  return (
    <Panel name="claims-panel" title={entry.title} actions={json_link(entry)}>
      <p class="note lead"><b>{claims_summary(study)}.</b> These are claims about the lab: what its
        mechanisms do, and not what recorded markets
        do{study.replicas === null ? '' : `; ${study.replicas} markets an arm`}.</p>
      <Shown of={lab.scenarios} what="The list of arms" is_reached={ui.session.is_reached.value}>
        {() => null}
      </Shown>
      <ClaimList study={study} lab={lab} on_try={on_try} />
    </Panel>
  );
}

// Reports that are on their way, could not be read, or are of a kind that this page does not know.
function OtherStudies({ ui, session, rest }: {
  readonly ui: UiState;
  readonly session: ScorecardSession;
  readonly rest: readonly StudyEntry[];
}) {
  if (rest.length === 0) return null;
  return (
    <Panel name="other-studies" title="Other studies">
      <ul class="study-list">{rest.map((entry) => (
        <li key={entry.name}>
          <div><b>{entry.title}</b> {json_link(entry)}</div>
          <Shown of={session.report(entry.name)} what="The report"
            is_reached={ui.session.is_reached.value}>
            {(study) => (study.kind === 'other' && study.problem !== null
              ? <p class="note">This page cannot read it: {study.problem}.</p> : null)}
          </Shown>
        </li>
      ))}</ul>
    </Panel>
  );
}

// --- Recovery ----------------------------------------------------------------------------------

function target_words(targets: readonly RecoveryTarget[]): { kind: 'good' | 'bad'; text: string } {
  const met = targets.filter(({ is_met }) => is_met === true).length;
  return met === targets.length ? { kind: 'good', text: 'met' }
    : { kind: 'bad', text: `${met} of ${targets.length} met` };
}

function targets_title(targets: readonly RecoveryTarget[]): string {
  return targets.map(({ map, most, is_met }) =>
    `${map}: at most ${most ?? '?'}, ${is_met === true ? 'met' : 'missed'}`).join('; ');
}

function RecoveryPanel({ study, entry }: { readonly study: Recovery; readonly entry: StudyEntry }) {
  const excesses = study.scenarios.flatMap(({ full, throttled }) =>
    [full.excess_l1, throttled.excess_l1].flatMap((one) => (one === null ? [] : [one])));
  const low = Math.min(-0.1, ...excesses.map((one) => one.low));
  const high = Math.max(0.3, ...excesses.map((one) => one.high));
  return (
    <Panel name="recovery" title={entry.title} actions={json_link(entry)}
      note={`simulated markets, ${study.replicas ?? '?'} of each scenario, 95 % intervals`}>
      <Scroll label="Positions that are known">
        <table class="recovery-table">
          <caption class="sr">Error of the map beyond the floor, by scenario</caption>
          <thead><tr>
            <th>Scenario</th><th title="Relative L1 of the oracle within 5 %">Floor</th>
            <th colSpan={2} title="Relative L1 within 5 % less the floor, all liquidations printed">
              Excess L1, full feed</th>
            <th>Throttled</th>
            <th title="The map's money within 5 % over the truth's">Money / truth</th>
            <th title="Bins whose truth lies in the members' 80 % interval">Truth in 80 %</th>
            <th title="Bins whose intensity lies in it">Intensity</th><th>Target</th>
          </tr></thead>
          <tbody>{study.scenarios.map((one) =>
            <RecoveryRow key={one.name} one={one} low={low} high={high} />)}</tbody>
        </table>
      </Scroll>
      <p class="note">An excess of 0 is the error of somebody who knows when, on which side and how
        much was opened, but not by whom. The score is lenient to maps that are too low.</p>
    </Panel>
  );
}

function RecoveryRow({ one, low, high }: {
  readonly one: RecoveryScenario; readonly low: number; readonly high: number;
}) {
  const { full, throttled, targets } = one;
  const percent = (value: number | undefined): string =>
    (value === undefined ? '–' : format_percent(share(value), 0));
  const target = target_words(targets);
  return (
    <tr>
      <th scope="row" title={one.about ?? undefined}>{one.name.replaceAll('_', ' ')}</th>
      <td>{format_score(one.floor_l1?.value ?? null, 2)}</td>
      <td class="figure-cell">
        <Whisker estimate={full.excess_l1} low={low} high={high} at={0} /></td>
      <td>{estimate_words(full.excess_l1, 2)}</td>
      <td>{format_score(throttled.excess_l1?.value ?? null, 2)}</td>
      <td>{format_score(full.bias?.value ?? null, 2)}</td>
      <td>{percent(full.coverage_80?.value)}</td>
      <td>{percent(full.intensity_coverage_80?.value)}</td>
      <td>{targets.length === 0 ? '–'
        : <Chip {...target} title={targets_title(targets)} />}</td>
    </tr>
  );
}
