import {
  kRanges, next_side, next_tier, pan_rows, pan_time, set_decades, set_opacity, set_span,
  set_theme, shift_scale, span_of, step_part, toggle_all_panes, toggle_layer, zoom_rows, zoom_time,
} from '../model/view.ts';
import { row_position_of_price } from '../units/rows.ts';
import { ms, price, row_position, unix_ms } from '../units/unit.ts';
import type { View } from '../model/view.ts';
import { step_pinned, unpin } from './cluster_panel.tsx';
import { copy_link, export_csv, export_png } from './export.ts';
import { back_to_live, play_or_pause, run_ahead, step_head, step_pace } from './replay.ts';
import type { UiState } from './ui_state.ts';

// Every control has a key. The help overlay lists this table, so it cannot be out of date.

export type KeyAction = {
  readonly keys: readonly string[]; // as KeyboardEvent.key
  readonly shown: string;
  readonly group: 'Move' | 'Look' | 'Layers' | 'Time' | 'Screen';
  readonly what: string;
  readonly run: (ui: UiState, key: string, is_shifted: boolean) => void;
};

function pan_or_move(ui: UiState, right: number, up: number): void {
  if (ui.is_keyboard_cross.value) {
    move_cross(ui, right, up);
    return;
  }
  ui.session.change((view, known) => {
    const by = ms(right * 0.1 * span_of(view.time));
    const panned = right === 0 ? view : pan_time(view, by, known);
    const rows = up * 0.1 * (view.rows.high - view.rows.low);
    return up === 0 ? panned : pan_rows(panned, rows);
  });
}

// A texel or a row a key press.
function move_cross(ui: UiState, right: number, up: number): void {
  const g = ui.geometry.value;
  const of = ui.session.instrument.value;
  const at = ui.cross.value;
  if (of === null || at === null) return;
  const texel = of.grid.column_interval * 2 ** ui.session.tile_level.value;
  const dx = Math.max(1, (texel / (g.time.to - g.time.from)) * g.width);
  const dy = Math.max(1, g.height / (g.rows.high - g.rows.low));
  ui.cross.value = {
    x: Math.min(g.width - 1, Math.max(0, at.x + right * dx)),
    y: Math.min(g.height - 1, Math.max(0, at.y - up * dy)),
  };
}

function toggle_cross(ui: UiState): void {
  const is_on = !ui.is_keyboard_cross.value;
  const g = ui.geometry.value;
  ui.is_keyboard_cross.value = is_on;
  ui.cross.value = is_on ? ui.cross.value ?? { x: g.width * 0.9, y: g.height / 2 } : null;
}

function center_of(view: View) {
  return row_position((view.rows.low + view.rows.high) / 2);
}

function zoom(ui: UiState, factor: number): void {
  ui.session.change((view, known) => zoom_time(
    view, factor, unix_ms((view.time.from + view.time.to) / 2), known));
}

export function refit(ui: UiState): void {
  const mark = ui.session.column.value?.mark ?? price(1);
  const at = row_position_of_price(mark);
  // No height at all, so that the next look at the price fits the rows to it.
  const rows = { low: at, high: row_position(at + 1) };
  ui.session.change((view) => ({ ...view, is_fit: true, rows }));
  ui.session.fit();
}

function next_instrument(ui: UiState): void {
  const all = ui.session.instruments.value;
  const at = all.findIndex(({ id }) => id === ui.session.instrument.value?.id);
  const next = all[(at + 1) % all.length];
  if (next !== undefined && all.length > 1) ui.session.open(next);
}

function next_part(ui: UiState, by: 1 | -1): void {
  const ids = ui.session.instrument.value?.parts.map(({ id }) => id) ?? [];
  ui.session.change((view) => step_part(view, ids, by));
}

const layer = (
  key: string, name: 'candles' | 'prints' | 'clusters' | 'hatching', what: string,
): KeyAction => ({
  keys: [key], shown: key.toUpperCase(), group: 'Layers', what,
  run: (ui) => ui.session.change((view) => toggle_layer(view, name)),
});

export const kKeyActions: readonly KeyAction[] = [
  { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', group: 'Move', what: 'Earlier, later',
    run: (ui, key) => pan_or_move(ui, key === 'ArrowLeft' ? -1 : 1, 0) },
  { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', group: 'Move', what: 'Higher, lower prices',
    run: (ui, key) => pan_or_move(ui, 0, key === 'ArrowUp' ? 1 : -1) },
  { keys: ['+', '=', '-'], shown: '+ −', group: 'Move', what: 'Zoom time',
    run: (ui, key) => zoom(ui, key === '-' ? 1.25 : 0.8) },
  { keys: ['PageUp', 'PageDown'], shown: 'PgUp PgDn', group: 'Move', what: 'Zoom price',
    run: (ui, key) => ui.session.change((view) =>
      zoom_rows(view, key === 'PageDown' ? 1.25 : 0.8, center_of(view))) },
  { keys: kRanges.map((_, i) => String(i + 1)), shown: '1 – 8', group: 'Move',
    what: 'Range, 4 hours to a year',
    run: (ui, key) => {
      const range = kRanges[Number(key) - 1];
      if (range) ui.session.change((view, known) => set_span(view, range[1], known));
    } },
  { keys: ['l'], shown: 'L', group: 'Move', what: 'Back to live',
    run: back_to_live },
  { keys: ['f'], shown: 'F', group: 'Move', what: 'Fit prices', run: refit },
  { keys: ['x'], shown: 'X', group: 'Look', what: 'Crosshair by arrow keys, a cell at a time',
    run: toggle_cross },
  { keys: ['s'], shown: 'S', group: 'Look', what: 'Sides: all, longs, shorts, two hues',
    run: (ui) => ui.session.change(next_side) },
  { keys: ['[', ']'], shown: '[ ]', group: 'Look', what: 'Colour scale down, up half a decade',
    run: (ui, key) => ui.session.change((view) => shift_scale(view, key === '[' ? -1 : 1)) },
  { keys: ['{', '}'], shown: '{ }', group: 'Look', what: 'Fewer, more decades of colour',
    run: (ui, key) => ui.session.change((view) =>
      set_decades(view, (view.scale?.decades ?? 2) + (key === '{' ? -1 : 1))) },
  { keys: ['o', 'O'], shown: 'O  ⇧O', group: 'Look', what: 'Less, more opaque',
    run: (ui, _, is_shifted) => ui.session.change((view) =>
      set_opacity(view, view.opacity + (is_shifted ? 0.1 : -0.1))) },
  layer('c', 'candles', 'Candles'),
  layer('p', 'prints', 'Printed liquidations'),
  layer('k', 'clusters', 'Clusters'),
  layer('h', 'hatching', 'Hatching where the estimate is wide'),
  { keys: ['w'], shown: 'W', group: 'Layers', what: 'As known now, over the past',
    run: (ui) => ui.session.change((view) =>
      ({ ...view, has_hindsight: !view.has_hindsight })) },
  { keys: ['d'], shown: 'D', group: 'Look', what: 'Rows by distance from the mark',
    run: (ui) => ui.session.change(next_tier) },
  { keys: ['a', 'A'], shown: 'A  ⇧A', group: 'Look', what: 'Positions: all, the parts of them',
    run: (ui, _, is_shifted) => next_part(ui, is_shifted ? -1 : 1) },
  { keys: ['v'], shown: 'V', group: 'Layers', what: 'Panes, all or none',
    run: (ui) => ui.session.change(toggle_all_panes) },
  { keys: ['n', 'N'], shown: 'N  ⇧N', group: 'Look', what: 'Pin the next cluster up, down',
    run: (ui, _, is_shifted) => step_pinned(ui, is_shifted ? -1 : 1) },
  { keys: [' '], shown: 'Space', group: 'Time', what: 'Play, pause', run: play_or_pause },
  { keys: [',', '.'], shown: ', .', group: 'Time', what: 'Play head a step back, ahead',
    run: (ui, key) => step_head(ui, key === ',' ? -1 : 1) },
  { keys: ['Home'], shown: 'Home', group: 'Time', what: 'Play head twenty steps back',
    run: (ui) => step_head(ui, -20) },
  { keys: ['<', '>'], shown: '< >', group: 'Time', what: 'Slower, faster',
    run: (ui, key) => step_pace(ui, key === '<' ? -1 : 1) },
  { keys: ['g', 'G'], shown: 'G  ⇧G', group: 'Time', what: 'Run the clock on an hour, a day',
    run: (ui, _, is_shifted) => run_ahead(ui, is_shifted ? 24 : 1) },
  { keys: ['i'], shown: 'I', group: 'Screen', what: 'Next instrument', run: next_instrument },
  { keys: ['e'], shown: 'E', group: 'Screen', what: 'Save a picture', run: export_png },
  { keys: ['E'], shown: '⇧E', group: 'Screen', what: 'Save the series of the view, CSV',
    run: (ui) => export_csv(ui, 'series') },
  { keys: ['R'], shown: '⇧R', group: 'Screen', what: 'Save the profile, CSV',
    run: (ui) => export_csv(ui, 'profile') },
  { keys: ['y'], shown: 'Y', group: 'Screen', what: 'Copy a link to this view', run: copy_link },
  { keys: ['b'], shown: 'B', group: 'Screen', what: 'The map as tables',
    run: (ui) => { ui.is_table_open.value = true; } },
  { keys: ['t'], shown: 'T', group: 'Screen', what: 'Dark, light',
    run: (ui) => ui.session.change((view) =>
      set_theme(view, ui.theme.value === 'dark' ? 'light' : 'dark')) },
  { keys: ['?'], shown: '?', group: 'Screen', what: 'This help',
    run: (ui) => { ui.is_help_open.value = !ui.is_help_open.value; } },
  { keys: ['Escape'], shown: 'Esc', group: 'Screen', what: 'Close, unpin, leave the crosshair',
    run: (ui) => {
      if (ui.is_help_open.value) {
        ui.is_help_open.value = false;
        return;
      }
      if (ui.session.view.value.pinned !== null) unpin(ui);
      ui.is_keyboard_cross.value = false;
      ui.cross.value = null;
    } },
];

// Keys belong to a field while it is edited: a slider takes arrows, a list takes letters.
function is_of_field(target: EventTarget | null, key: string): boolean {
  if (target instanceof HTMLSelectElement) return key !== 'Escape';
  if (!(target instanceof HTMLInputElement) || key === 'Escape') return false;
  if (target.type === 'range') return /^(Arrow|Page|Home|End)/.test(key);
  return target.type !== 'checkbox' || key === ' ';
}

// Where a letter is text: not in a slider or a box to tick.
export function is_typed_into(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !['range', 'checkbox'].includes(target.type);
  return target instanceof HTMLSelectElement;
}

export function handle_key(ui: UiState, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (is_of_field(event.target, event.key)) return;
  // A space presses the button that has the focus.
  if (event.key === ' ' && event.target instanceof HTMLElement &&
    event.target.closest('button, summary') !== null) return;
  if (ui.is_table_open.value) return;
  // A menu that is open closes by the browser, which a key that is taken away from it does not do.
  if (event.key === 'Escape' && document.querySelector(':popover-open') !== null) return;
  if (ui.is_help_open.value && event.key !== 'Escape' && event.key !== '?') return;
  const action = kKeyActions.find(({ keys }) => keys.includes(event.key));
  if (action === undefined) return;
  event.preventDefault();
  action.run(ui, event.key, event.shiftKey);
}
