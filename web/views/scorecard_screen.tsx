import { useEffect } from 'preact/hooks';

import { export_hours } from './export.ts';
import { FeedsPanel } from './feeds_panel.tsx';
import { ScatterPanel, TimelinePanel } from './score_charts.tsx';
import { Panel, ScreenTools, Scroll, Segments, Shown } from './screen_parts.tsx';
import { Studies } from './studies.tsx';
import { hours_shown, kLasts } from '../model/scorecard_session.ts';
import { both_sides, ratio_of, sum_of_hours } from '../model/scorecard_types.ts';
import { format_percent, format_usd } from '../units/format.ts';
import { format_count, format_score } from '../units/quantity.ts';
import { format_date_time, format_duration } from '../units/time.ts';
import { ms, share } from '../units/unit.ts';
import type { TryArms } from './claims.tsx';
import type { Last, ScorecardSession, ScoredSide } from '../model/scorecard_session.ts';
import type { Scorecard, ScoredHour, ScoredHours } from '../model/scorecard_types.ts';
import type { UiState } from './ui_state.ts';

// The public ledger: what was expected of each hour against what the feeds printed of it.

type Props = { readonly ui: UiState; readonly session: ScorecardSession };

const kLastTexts: Record<Last, string> = { '24h': '24h', '3d': '3d', '1w': '1w', all: 'All' };
const kSideChoices: readonly { value: ScoredSide; text: string }[] = [
  { value: 'both', text: 'Both sides' }, { value: 'long', text: 'Longs' },
  { value: 'short', text: 'Shorts' },
];

export function ScorecardScreen({ ui, session, lab, on_try }: Props & TryArms) {
  const id = ui.session.instrument.value?.id ?? null;
  const is_empty = ui.session.phase.value === 'empty';
  useEffect(() => {
    session.choose(is_empty ? null : id);
    session.open();
    return () => session.close();
  }, [id, is_empty]);
  const view = session.view.value;
  return (
    <div class="screen pages">
      <div class="toolbar" role="region" aria-label="Scorecard controls">
        <Segments label="Hours shown" chosen={view.last}
          choices={kLasts.map((value) => ({ value, text: kLastTexts[value] }))}
          on_choose={(last) => session.change((one) => ({ ...one, last }))} />
        <Segments label="Side" chosen={view.side} choices={kSideChoices}
          on_choose={(side) => session.change((one) => ({ ...one, side }))} />
        <Origin session={session} />
        <SaveHours ui={ui} session={session} />
        <ScreenTools ui={ui} />
      </div>
      <main class="page scorecard" aria-label="Scorecard" tabIndex={-1}>
        <h1 class="sr">Scorecard</h1>
        {is_empty ? <p class="state">The service has made no column yet, so there is nothing
          to score.</p> : <Hours ui={ui} session={session} />}
        <FeedsPanel ui={ui} session={session} />
        <Studies ui={ui} session={session} lab={lab} on_try={on_try} />
      </main>
    </div>
  );
}

function SaveHours({ ui, session }: Props) {
  const card = session.scorecard.value.value;
  if (card === null || card.hours.length === 0) return null;
  return <button type="button" title="Save the hours shown, CSV" onClick={() =>
    export_hours(ui, card, hours_shown(card.hours, session.view.value.last))}>
    Hours, CSV</button>;
}

// Scores of a simulation must not be taken for scores of a market.
function Origin({ session }: { readonly session: ScorecardSession }) {
  const card = session.scorecard.value.value;
  if (card === null) return null;
  if (!card.header.is_simulated) {
    return <p class="origin">Scores of the model {card.header.model_version}, of columns as they
      were when they were made.</p>;
  }
  return <p class="origin simulated"><b>Simulated market.</b> These are scores of a simulated
    market, and say nothing of a real one.</p>;
}

function Hours({ ui, session }: Props) {
  const is_reached = ui.session.is_reached.value;
  const coverage = ui.session.column.value?.header.coverage;
  const is_recorded = coverage?.some(({ feed }) => feed !== null) ?? true;
  return (
    <Shown of={session.scorecard} what="The scorecard" is_reached={is_reached}
      empty={{ is: ({ hours }) => hours.length === 0,
        text: is_recorded ? 'No hour is over yet. The first one is scored when it ends.'
          : 'No liquidations of this market are recorded: there is nothing to score by.' }}>
      {(card) => {
        const hours = hours_shown(card.hours, session.view.value.last);
        return (
          <>
            <TotalsPanel card={card} hours={hours} last={session.view.value.last} />
            <CoveragePanel card={card} />
            <ColumnsPanel card={card} />
            <ScatterPanel ui={ui} hours={hours} side={session.view.value.side} />
            <TimelinePanel ui={ui} hours={hours} side={session.view.value.side} />
          </>
        );
      }}
    </Shown>
  );
}

function TotalsPanel({ card, hours, last }: {
  readonly card: Scorecard; readonly hours: readonly ScoredHour[]; readonly last: Last;
}) {
  const sums = last === 'all' ? card.totals : sum_of_hours(hours);
  const from = hours[0];
  const note = from === undefined ? '' : last === 'all' ? `all ${format_count(hours.length)} hours`
    : `${format_count(hours.length)} hours to ${format_date_time(hours.at(-1)?.time ?? from.time)}`;
  return (
    <Panel name="totals" title="Liquidated, by side" note={note}>
      <Scroll label="Liquidated, by side">
        <table>
          <thead><tr><th>Side</th><th>Expected <em>estimate</em></th><th>Printed</th>
            <th>Printed / expected</th><th>At risk and crossed <em>estimate</em></th></tr></thead>
          <tbody>
            <TotalsRow name="Longs" kind="long" sums={sums} />
            <TotalsRow name="Shorts" kind="short" sums={sums} />
            <TotalsRow name="Both" kind="both" sums={sums} />
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function TotalsRow({ name, kind, sums }: {
  readonly name: string; readonly kind: ScoredSide; readonly sums: ScoredHours;
}) {
  const of = (sides: ScoredHours['expected']) =>
    (kind === 'both' ? both_sides(sides) : sides[kind]);
  const [expected, printed] = [of(sums.expected), of(sums.printed)];
  return (
    <tr class={kind}>
      <th scope="row">{name}</th>
      <td>{format_usd(expected)}</td>
      <td class="strong">{format_usd(printed)}</td>
      <td>{format_score(ratio_of(printed, expected), 2)}</td>
      <td>{format_usd(of(sums.crossed))}</td>
    </tr>
  );
}

// What the band promises stands beside what it kept, as a count first: a share of few is no news.
function CoveragePanel({ card }: { readonly card: Scorecard }) {
  const { nominal, count, inside } = card.intervals;
  const kept = count === 0 ? null : share(inside / count);
  const percent = nominal === null ? 'The' : `The ${format_percent(nominal, 0)}`;
  return (
    <Panel name="coverage" title={`${percent} band`}>
      {kept === null ? <p class="state">No band has been judged yet.</p> : (
        <>
          <p class="big"><b>{format_percent(kept, 1)}</b> inside
            {nominal === null ? '' : `, ${format_percent(nominal, 0)} promised`}</p>
          <span class="meter" aria-hidden="true">
            <i style={{ width: `${kept * 100}%` }} />
            {nominal === null ? null : <s style={{ left: `${nominal * 100}%` }} />}
          </span>
          <p class="note">{format_count(inside)} of {format_count(count)} printed amounts, a column
            and side each, lay in their band</p>
        </>
      )}
    </Panel>
  );
}

function ColumnsPanel({ card }: { readonly card: Scorecard }) {
  const { interval_s, count, log_ratio_mean: mean, correlation } = card.columns;
  const each = interval_s === null ? '' : `${format_duration(ms(1000 * interval_s))} each, `;
  return (
    <Panel name="columns" title="Column by column" note={`${each}in ln(1 + USD)`}>
      <dl class="facts">
        <div><dt>Columns that crossed something at risk</dt><dd>{format_count(count)}</dd></div>
        <div><dt>Correlation of expected and printed</dt>
          <dd>{format_score(correlation, 2)}</dd></div>
        <div><dt>Mean of printed less expected</dt><dd>{format_score(mean, 2)}</dd></div>
      </dl>
      {correlation === null && mean === null
        ? <p class="note">Not told with fewer than 30 columns.</p> : null}
    </Panel>
  );
}
