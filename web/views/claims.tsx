import { Chip, Scroll } from './screen_parts.tsx';
import { format_score } from '../units/quantity.ts';
import type { Claim, ClaimPart, Claims } from '../model/study_types.ts';

// What is said about liquidations, each as a statement that a run can refute, with what came of it.

const verdict_kind = (verdict: string | null): 'good' | 'bad' | 'open' =>
  (verdict === 'supported' ? 'good' : verdict === 'not supported' ? 'bad' : 'open');

export function estimate_words(estimate: ClaimPart['estimate'], decimals = 3): string {
  if (estimate === null) return 'not determined';
  const [value, low, high] = [estimate.value, estimate.low, estimate.high]
    .map((one) => format_score(one, decimals));
  return `${value} [${low}, ${high}]`;
}

export function ClaimList({ study }: { readonly study: Claims }) {
  return (
    <ol class="claims">
      {study.claims.map((claim) => <ClaimItem key={claim.number} claim={claim} />)}
    </ol>
  );
}

function ClaimItem({ claim }: { readonly claim: Claim }) {
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
