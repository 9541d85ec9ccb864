import {
  format_percent, format_price, format_signed_percent, format_usd,
} from '../units/format.ts';
import { distance, row_high, row_low } from '../units/rows.ts';
import { format_date_time } from '../units/time.ts';
import { interval_text } from './text.ts';
import type { CellSide } from '../model/cell.ts';
import type { Side } from '../units/unit.ts';
import type { Interval, Probe } from './probe.ts';
import type { UiState } from './ui_state.ts';

// What lies under the crosshair. Without one: the newest column in four sums.

export function ReadOut({ ui }: { readonly ui: UiState }) {
  const at = ui.probe.value;
  return (
    <section class="read-out" aria-label="Read-out"
      aria-live={ui.is_keyboard_cross.value ? 'polite' : 'off'}>
      {at === null ? <p class="hint">Point at the map, or press <kbd>X</kbd> and the arrows</p>
        : <CellTable ui={ui} at={at} />}
      <NearTable ui={ui} />
    </section>
  );
}

function level_text(at: Probe): string {
  if (at.cell === null) return 'not loaded';
  if (at.cell.column_count === 0) return 'gap: nothing is known here';
  if (at.is_newest && at.cell.level === 0) return 'newest column';
  return at.cell.level === 0 ? 'one column' : `max of ${at.cell.column_count} columns`;
}

// Of the newest column alone, also where the dollars beside it are the largest of several.
function quantiles_text({ p10, p50, p90 }: Interval): string {
  return [p10, p50, p90].map(format_usd).join(' · ');
}

function SideRow({ name, side, interval }: {
  readonly name: Side;
  readonly side: CellSide | null;
  readonly interval: Interval | null;
}) {
  const is_none = side === null || side.most_usd < 1;
  return (
    <tr class={name}>
      <th scope="row">{name === 'long' ? 'Longs' : 'Shorts'}</th>
      <td class="strong">{side === null ? '–' : is_none ? '< $1' : format_usd(side.most_usd)}</td>
      <td>{is_none ? '' : interval === null ? `mean ${format_usd(side.mean_usd)}`
        : quantiles_text(interval)}</td>
      <td class="flag">{!is_none && side.is_wide ? 'wide' : ''}</td>
    </tr>
  );
}

function CellTable({ ui, at }: { readonly ui: UiState; readonly at: Probe }) {
  const mark = ui.session.column.value?.mark;
  const is_known = at.cell !== null && at.cell.column_count > 0;
  return (
    <>
      <dl class="where">
        <div><dt>Price, from mark</dt>
          <dd><b class="strong">{format_price(at.price)}</b>{'  '}
            {mark === undefined ? '' : format_signed_percent(distance(at.price, mark))}</dd></div>
        <div><dt>Row</dt>
          <dd>{format_price(row_low(at.row))} – {format_price(row_high(at.row))}</dd></div>
        <div><dt>Time, UTC</dt><dd>{format_date_time(at.time)}</dd></div>
        <div><dt>Texel</dt><dd>{level_text(at)}</dd></div>
      </dl>
      <table class="cells">
        <thead>
          <tr><th>At risk</th><th>USD</th>
            <th>{at.intervals.long ?? at.intervals.short ? 'newest: p10 · p50 · p90' : ''}</th>
            <th /></tr>
        </thead>
        <tbody>
          <SideRow name="short" side={is_known ? at.cell.short : null}
            interval={at.intervals.short} />
          <SideRow name="long" side={is_known ? at.cell.long : null}
            interval={at.intervals.long} />
        </tbody>
      </table>
    </>
  );
}

function NearTable({ ui }: { readonly ui: UiState }) {
  const near = ui.session.column.value?.near ?? [];
  if (near.length === 0) return null;
  return (
    <table class="near">
      <caption>Within reach of the mark, now <em>estimate</em></caption>
      <thead><tr><th>Reach</th><th>Longs below</th><th>Shorts above</th></tr></thead>
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
