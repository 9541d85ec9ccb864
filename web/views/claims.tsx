import { arm_words } from './lab_form_panel.tsx';
import { Chip, Scroll } from './screen_parts.tsx';
import { arms_of_claim } from '../model/lab_types.ts';
import { format_score } from '../units/quantity.ts';
import type { ComponentChildren } from 'preact';
import type { LabSession } from '../model/lab_session.ts';
import type { Scenario } from '../model/lab_types.ts';
import type { Claim, ClaimPart, Claims } from '../model/study_types.ts';

// What is said about liquidations, each as a statement that a run can refute, with what came of it,
// and the markets that it was tried on, for anybody to run.

export type TryArms = { readonly lab: LabSession; readonly on_try: (arm: Scenario) => void };

const verdict_kind = (verdict: string | null): 'good' | 'bad' | 'open' =>
  (verdict === 'supported' ? 'good' : verdict === 'not supported' ? 'bad' : 'open');

export function estimate_words(estimate: ClaimPart['estimate'], decimals = 3): string {
  if (estimate === null) return 'not determined';
  const [value, low, high] = [estimate.value, estimate.low, estimate.high]
    .map((one) => format_score(one, decimals));
  return `${value} [${low}, ${high}]`;
}

export function ClaimList({ study, lab, on_try }: TryArms & { readonly study: Claims }) {
  const scenarios = lab.scenarios.value.value ?? [];
  return (
    <ol class="claims">
      {study.claims.map((claim) => (
        <ClaimItem key={claim.number} claim={claim}>
          <Arms study={study} claim={claim} arms={arms_of_claim(scenarios, claim.number)}
            lab={lab} on_try={on_try} />
        </ClaimItem>
      ))}
    </ol>
  );
}

export function draw_words(replicas: number | null): string {
  return 'One run is one draw; the verdict stands on ' +
    `${replicas === null ? 'many' : `${replicas} of each arm`}.`;
}

function Arms({ study, claim, arms, lab, on_try }: TryArms & {
  readonly study: Claims; readonly claim: Claim; readonly arms: readonly Scenario[];
}) {
  if (arms.length === 0) return null;
  const chosen = lab.scenario.value?.name;
  return (
    <div class="arms" role="group" aria-label={`Arms of claim ${claim.number}`}>
      <span class="note">Try:</span>
      {arms.map((arm) => (
        <button key={arm.name} type="button" aria-label={`Try ${arm_words(arm.name)}`}
          aria-pressed={arm.name === chosen} title="Choose this market in the Lab's form"
          onClick={() => on_try(arm)}>{arm_words(arm.name)}</button>
      ))}
      <p class="note">{draw_words(study.replicas)}</p>
    </div>
  );
}

function ClaimItem({ claim, children }: {
  readonly claim: Claim; readonly children: ComponentChildren;
}) {
  const judged = claim.parts.filter(({ expected }) => expected !== null);
  const told = claim.parts.length - judged.length;
  return (
    <li>
      <details>
        <summary>
          <span class="number">{claim.number}</span>
          <span class="statement">{claim.statement}</span>
          <Chip kind={verdict_kind(claim.verdict)} text={claim.verdict} />
        </summary>
        <div class="claim">
          {children}
          {claim.measure === null ? null : <p class="note">{claim.measure}</p>}
          <Scroll label={`Claim ${claim.number}, what is judged`}>
            <table>
              <thead><tr><th>Judged</th><th>Estimate [95 %]</th><th>Claimed</th><th>Verdict</th>
              </tr></thead>
              <tbody>{judged.map((part) => (
                <tr key={part.what}>
                  <th scope="row">{part.what}</th>
                  <td>{estimate_words(part.estimate)}</td>
                  <td>{part.expected}</td>
                  <td><Chip kind={verdict_kind(part.verdict)} text={part.verdict ?? '–'} /></td>
                </tr>
              ))}</tbody>
            </table>
          </Scroll>
          {told > 0 ? <p class="note">{told} more numbers are told and judge nothing; they are in
            the JSON.</p> : null}
        </div>
      </details>
    </li>
  );
}

export function claims_summary({ claims }: Claims): string {
  const count = (verdict: string): number =>
    claims.filter((claim) => claim.verdict === verdict).length;
  return `${count('supported')} supported, ${count('not supported')} not supported, ` +
    `${claims.length - count('supported') - count('not supported')} undecided`;
}
