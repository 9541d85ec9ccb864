import { format_usd, kUnknown } from '../units/format.ts';
import { format_clock, format_duration } from '../units/time.ts';
import { kSides } from '../units/unit.ts';
import { share_texts } from './part_text.ts';
import { interval_text } from './text.ts';
import type { Part } from '../model/api_types.ts';
import type { SideMakeup } from '../model/cell_makeup.ts';
import type { Side } from '../units/unit.ts';
import type { Probe } from './probe.ts';
import type { UiState } from './ui_state.ts';

// What waits in the cell under the crosshair is made of: how old it is, how far from its entry, at
// which venue. Of all positions, and of the last column of the cell.

const kShares = [['Entry to here', 'distance'], ['Open at least', 'age'],
  ['Venues', 'venue']] as const;

// Until the answer is here, or where there is none.
const waiting_text = ({ looked }: Probe): string => (looked === 'not_read' ? 'not read' : '…');

function age_text(side: SideMakeup): string {
  if (side.usd < 1) return kUnknown;
  return side.mean_age === null ? 'not kept' : `≥ ${format_duration(side.mean_age)}`;
}

// All of it where the dollars above are of a part; its time where they are the most of several, or
// those of the newest column, which this may be one before.
function SumRow({ at, name, part }: {
  readonly at: Probe;
  readonly name: Side;
  readonly part: Part | null;
}) {
  if (part === null && (at.cell?.level ?? 0) === 0 && !at.place.is_newest) return null;
  const whole = typeof at.looked === 'string' ? null : at.looked;
  const band = part === null ? null : whole?.sides[name].interval ?? null;
  return (
    <div><dt>All {name}s{whole === null ? '' : `, ${format_clock(whole.as_of)}`} <em>est.</em></dt>
      <dd>{whole === null ? waiting_text(at) : format_usd(whole.sides[name].usd)}
        {band === null ? null : <small> {interval_text(band)}</small>}</dd></div>
  );
}

function SideList({ ui, at, name }: {
  readonly ui: UiState;
  readonly at: Probe;
  readonly name: Side;
}) {
  const { session } = ui;
  const parts = session.instrument.value?.parts ?? [];
  const side = typeof at.looked === 'string' ? null : at.looked.sides[name];
  return (
    <dl class="where makeup" aria-label={`What these ${name}s are made of, an estimate`}>
      <SumRow at={at} name={name} part={session.part.value} />
      <div><dt>Mean age of {name}s <em>est.</em></dt><dd>{side === null ? waiting_text(at)
        : age_text(side)}</dd></div>
      {kShares.filter(([, kind]) => parts.some((one) => one.kind === kind)).map(([text, kind]) => (
        <div key={kind} class={kind}><dt>{text}</dt>
          <dd>{side === null ? waiting_text(at) : share_texts(side, parts, kind).map((one) =>
            <span key={one}>{one} </span>)}</dd></div>
      ))}
    </dl>
  );
}

// Of sides that have something, of which there is one in most cells.
export function Makeup({ ui, at }: { readonly ui: UiState; readonly at: Probe }) {
  const { cell, looked } = at;
  if (cell === null || cell.column_count === 0) return null;
  const has = (name: Side): boolean => cell[name].most_usd >= 1 ||
    (typeof looked !== 'string' && looked.sides[name].usd >= 1);
  return <>{kSides.filter(has).map((name) =>
    <SideList key={name} ui={ui} at={at} name={name} />)}</>;
}
