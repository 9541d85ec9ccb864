import { format_price, format_usd } from '../units/format.ts';
import { format_date_time, format_duration } from '../units/time.ts';
import { kSides } from '../units/unit.ts';
import type { Side } from '../units/unit.ts';
import type { Probe } from './probe.ts';
import type { UiState } from './ui_state.ts';

// What a screen reader says of the crosshair: its cell where somebody has moved it to, and what it
// is made of once that is known. Columns that come meanwhile are on the screen, and talk to nobody.

export type Said = {
  readonly move: string; // that this is said of
  readonly is_of_cell: boolean; // or the cell was not here yet
  readonly cell: string;
  readonly makeup: string;
};
export const kNothingSaid: Said = { move: '', is_of_cell: false, cell: '', makeup: '' };

// Changes where a person has changed what is looked at.
export function move_of(ui: UiState): string {
  const { session } = ui;
  const { x, y } = ui.cross.value ?? { x: 0, y: 0 };
  const as_of = ui.is_playing.value ? 'plays' : session.as_of.value ?? 'now';
  return [x, y, session.tile_level.value, session.instrument.value?.id, session.part.value?.id,
    as_of].join(' ');
}

function cell_text({ price, time, cell, is_hidden }: Probe): string {
  const dollars = (name: Side): string => {
    const usd = cell?.[name].most_usd ?? null;
    return `${name}s ${usd !== null && usd < 1 ? 'under $1' : format_usd(usd)}`;
  };
  const what = cell === null || cell.column_count === 0 ? 'nothing is known'
    : `${dollars('short')}, ${dollars('long')}, an estimate`;
  return `${format_price(price)}, ${format_date_time(time)}: ${what}${
    is_hidden ? ', outside the tier' : ''}`;
}

function makeup_text({ looked }: Probe): string {
  if (looked === 'awaited') return '';
  if (looked === 'not_read') return 'What it is made of was not read';
  return kSides.flatMap((name) => {
    const { interval, mean_age } = looked.sides[name];
    if (interval === null || mean_age === null) return [];
    return [`${name}s: p10 ${format_usd(interval.p10)}, p90 ${format_usd(interval.p90)}, ` +
      `mean age at least ${format_duration(mean_age)}`];
  }).join('; ');
}

export function next_said(before: Said, move: string, at: Probe): Said {
  const is_here = at.cell !== null && at.cell.column_count > 0;
  const is_same = move === before.move;
  const is_cell_new = !is_same || (is_here && !before.is_of_cell);
  const old_makeup = is_same ? before.makeup : '';
  return {
    move,
    is_of_cell: is_here || (is_same && before.is_of_cell),
    cell: is_cell_new ? cell_text(at) : before.cell,
    makeup: old_makeup === '' && is_here ? makeup_text(at) : old_makeup,
  };
}
