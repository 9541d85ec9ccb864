import { useRef } from 'preact/hooks';

import {
  format_percent, format_price, format_signed_percent, format_usd,
} from '../units/format.ts';
import { distance, row_high, row_low } from '../units/rows.ts';
import { format_clock, format_date, format_date_time, format_duration } from '../units/time.ts';
import { span_of } from '../model/view.ts';
import { kSides, share } from '../units/unit.ts';
import { ClusterPanel } from './cluster_panel.tsx';
import { Makeup } from './makeup.tsx';
import { is_not_yet, kNotYet } from './part_text.ts';
import { kPrintedReach, path_usd, printed_near } from './probe.ts';
import { are_prints_known } from './prints_text.ts';
import { kNothingSaid, move_of, next_said } from './said.ts';
import { Sources } from './sources.tsx';
import { interval_text } from './text.ts';
import type { CellSide } from '../model/cell.ts';
import type { Interval } from '../model/cell_makeup.ts';
import type { Side } from '../units/unit.ts';
import type { Probe } from './probe.ts';
import type { UiState } from './ui_state.ts';

// What lies under the crosshair. Without one: the column that is shown, in four sums.

export function ReadOut({ ui }: { readonly ui: UiState }) {
  const at = ui.probe.value;
  return (
    <>
      <ClusterPanel ui={ui} />
      <section class="read-out" aria-label="Read-out">
        {at === null ? <p class="hint">Point at the map, or press <kbd>X</kbd> and the arrows</p>
          : <CellTable ui={ui} at={at} />}
      </section>
      <Spoken ui={ui} />
      <NearTable ui={ui} />
      <Sources ui={ui} />
    </>
  );
}

// For those who move the crosshair by keys. It is there before it says something.
function Spoken({ ui }: { readonly ui: UiState }) {
  const said = useRef(kNothingSaid);
  const at = ui.is_keyboard_cross.value ? ui.probe.value : null;
  said.current = at === null ? kNothingSaid : next_said(said.current, move_of(ui), at);
  return (
    <div class="sr spoken" aria-live="polite">
      <p>{said.current.cell}</p>
      <p>{said.current.makeup}</p>
    </div>
  );
}

function level_text(ui: UiState, at: Probe): string {
  const which = ui.session.as_of.value === null ? 'newest column' : 'column of the play head';
  if (at.cell === null) return 'not known';
  if (at.cell.column_count === 0) {
    return ui.session.part.value?.kind === 'age' ? `a gap, or ${kNotYet}`
      : 'gap: nothing is known here';
  }
  if (at.place.is_newest && at.cell.level === 0) return which;
  return at.cell.level === 0 ? 'one column' : `max of ${at.cell.column_count} columns, by side`;
}

// Of the last column of the cell, also where the dollars beside it are the largest of several.
function quantiles_text({ p10, p50, p90 }: Interval): string {
  return [p10, p50, p90].map(format_usd).join(' · ');
}

function SideRow({ name, value, interval }: {
  readonly name: Side;
  readonly value: CellSide | null;
  readonly interval: Interval | null;
}) {
  const is_none = value === null || value.most_usd < 1;
  return (
    <tr class={name}>
      <th scope="row">{name === 'long' ? 'Longs' : 'Shorts'}</th>
      <td class="strong">{value === null ? '–' : is_none ? '< $1' : format_usd(value.most_usd)}</td>
      <td>{is_none ? '' : interval === null
        ? <>mean {format_usd(value.mean_usd)}{value.is_wide ? <em> ± wide</em> : ''}</>
        : <>{quantiles_text(interval)}{value.is_wide ? <em> wide</em> : ''}</>}</td>
    </tr>
  );
}

// Of several columns the band is that of one, which is named; so is the one it was read of last
// where columns come.
function band_text({ looked, cell, place }: Probe, is_part: boolean): string {
  if (cell?.column_count === 0) return 'no band';
  if (is_part) return 'a part: no band';
  if (looked === 'awaited') return 'band …';
  if (looked === 'not_read') return 'band not read';
  if (looked.sides.long.interval === null) return 'band not kept';
  const is_named = cell?.level !== 0 || place.is_newest;
  return `p10 · p50 · p90${is_named ? `, ${format_clock(looked.as_of)}` : ''}`;
}

function CellTable({ ui, at }: { readonly ui: UiState; readonly at: Probe }) {
  const { cell, looked } = at;
  const is_part = ui.session.part.value !== null;
  // What is hatched is so by the band of the whole, which is told with it.
  const value = (side: Side): CellSide | null => (cell === null || cell.column_count === 0 ? null
    : { ...cell[side], is_wide: cell[side].is_wide && !is_part });
  const interval = (side: Side): Interval | null =>
    (is_part || typeof looked === 'string' ? null : looked.sides[side].interval);
  return (
    <>
      <dl class="where">
        <div><dt>Price</dt>
          <dd><b class="strong">{format_price(at.price)}</b>{' '}
            <small>{format_price(row_low(at.row))} – {format_price(row_high(at.row))}</small>
          </dd></div>
        <div><dt>From the mark then</dt>
          <dd>{at.mark === null ? 'not known' : <>
            {format_signed_percent(distance(at.price, at.mark))} <small>of {
              format_price(at.mark)}</small></>}</dd></div>
        <div><dt>Time, UTC</dt><dd>{format_date_time(at.time)}</dd></div>
        <div><dt>Cell</dt><dd>{level_text(ui, at)}{at.is_hidden ? ', outside the tier' : ''}</dd>
        </div>
      </dl>
      <table class="cells">
        <caption class="sr">Notional at risk in this cell, an estimate</caption>
        <thead>
          <tr><th scope="col">{is_part ? 'Part' : 'At risk'} <em>est.</em></th>
            <th scope="col">USD</th><th scope="col">{band_text(at, is_part)}</th></tr>
        </thead>
        <tbody>
          <SideRow name="short" value={value('short')} interval={interval('short')} />
          <SideRow name="long" value={value('long')} interval={interval('long')} />
        </tbody>
      </table>
      <Makeup ui={ui} at={at} />
      <Around ui={ui} at={at} />
    </>
  );
}

// What is not of the cell itself: the way to it, and what was printed near it.
function Around({ ui, at }: { readonly ui: UiState; readonly at: Probe }) {
  const { session } = ui;
  const column = session.profile.value;
  const path = column === null ? null : path_usd(column, at.price);
  const least = session.prints_min_usd.value;
  const near = printed_near(session.prints.value, at.time, at.price,
    span_of(session.view.value.time));
  const is_read = are_prints_known(session.prints_known.value, session.view.value.time, at.time);
  const coverage = session.column.value?.header.coverage ?? [];
  const is_recorded = coverage.some((one) => one.feed !== null);
  const printed = is_read ? kSides.filter((side) => near.sides[side] > 0) : [];
  return (
    <dl class="where around">
      <div><dt>{session.part.value === null ? 'Mark to here' : 'Part from mark'}{
        column === null ? '' : `, ${format_clock(column.as_of)}`}</dt>
        <dd>{path === null ? 'not known' : is_not_yet(session.part.value, column) ? kNotYet
          : <><b class={path.side}>{path.usd < 1 ? '< $1' : format_usd(path.usd)}</b>{' '}
            {path.side}s <em>est.</em></>}</dd>
      </div>
      <div><dt>Printed ±{format_percent(share(kPrintedReach), 1)}, ±{
        format_duration(near.around)}</dt>
        <dd>{!is_recorded ? 'not recorded' : !is_read ? 'not read' : printed.length === 0
          ? `none${least > 0 ? ` from ${format_usd(least)} up` : ''}`
          : printed.map((side) =>
            <b key={side} class={side}> {format_usd(near.sides[side])}</b>)}
        {printed.length > 0 && least > 0 ? <small> from {format_usd(least)}</small> : null}</dd>
      </div>
    </dl>
  );
}

function NearTable({ ui }: { readonly ui: UiState }) {
  const column = ui.session.column.value;
  const near = column?.near ?? [];
  if (column === null || near.length === 0) return null;
  const when = ui.session.as_of.value === null ? 'now'
    : `${format_date(column.as_of)} ${format_clock(column.as_of)}`;
  return (
    <table class="near">
      <caption>Within reach of the mark, {when}{ui.session.part.value === null ? ''
        : ', all positions'} <em>est.</em></caption>
      <thead><tr><th scope="col">Reach</th><th scope="col">Longs below</th>
        <th scope="col">Shorts above</th></tr></thead>
      <tbody>
        {near.map(({ reach, sides }) => (
          <tr key={reach}>
            <th scope="row">±{format_percent(reach, 0)}</th>
            {(['long', 'short'] as const).map((side) => (
              <td key={side} class={side}>
                <b>{format_usd(sides[side].mean)}</b>
                <small>{interval_text(sides[side])}</small>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
