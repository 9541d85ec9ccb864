import {
  go_live, kRanges, next_side, pan_rows, pan_time, set_opacity, set_span, set_theme, shift_scale,
  span_of, toggle_layer, zoom_rows, zoom_time,
} from '../model/view.ts';
import { row_position_of_price } from '../units/rows.ts';
import { ms, price, row_position, unix_ms } from '../units/unit.ts';
import type { View } from '../model/view.ts';
import type { UiState } from './ui_state.ts';

// Every control has a key. The help overlay lists this table, so it cannot be out of date.

export type KeyAction = {
  readonly keys: readonly string[]; // as KeyboardEvent.key
  readonly shown: string;
  readonly group: 'Move' | 'Look' | 'Layers' | 'Screen';
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
    run: (ui) => ui.session.change(go_live) },
  { keys: ['f'], shown: 'F', group: 'Move', what: 'Fit prices', run: refit },
  { keys: ['x'], shown: 'X', group: 'Look', what: 'Crosshair by arrow keys, a cell at a time',
    run: toggle_cross },
  { keys: ['s'], shown: 'S', group: 'Look', what: 'Sides: all, longs, shorts, two hues',
    run: (ui) => ui.session.change(next_side) },
  { keys: ['[', ']'], shown: '[ ]', group: 'Look', what: 'Colour scale down, up half a decade',
    run: (ui, key) => ui.session.change((view) => shift_scale(view, key === '[' ? -1 : 1)) },
  { keys: ['o', 'O'], shown: 'O  ⇧O', group: 'Look', what: 'Less, more opaque',
    run: (ui, _, is_shifted) => ui.session.change((view) =>
      set_opacity(view, view.opacity + (is_shifted ? 0.1 : -0.1))) },
  layer('c', 'candles', 'Candles'),
  layer('p', 'prints', 'Printed liquidations'),
  layer('k', 'clusters', 'Clusters'),
  layer('h', 'hatching', 'Hatching where the estimate is wide'),
  { keys: ['t'], shown: 'T', group: 'Screen', what: 'Dark, light',
    run: (ui) => ui.session.change((view) =>
      set_theme(view, ui.theme.value === 'dark' ? 'light' : 'dark')) },
  { keys: ['?'], shown: '?', group: 'Screen', what: 'This help',
    run: (ui) => { ui.is_help_open.value = !ui.is_help_open.value; } },
  { keys: ['Escape'], shown: 'Esc', group: 'Screen', what: 'Close, leave the crosshair',
    run: (ui) => {
      ui.is_help_open.value = false;
      ui.is_keyboard_cross.value = false;
      ui.cross.value = null;
    } },
];

// Keys belong to a field while it is edited: a slider takes arrows, a list takes letters.
function is_field(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}

// Where a letter is text: not in a slider or a box to tick.
export function is_typed_into(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !['range', 'checkbox'].includes(target.type);
  return target instanceof HTMLSelectElement;
}

export function handle_key(ui: UiState, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (is_field(event.target) && event.key !== 'Escape') return;
  if (ui.is_help_open.value && event.key !== 'Escape' && event.key !== '?') return;
  const action = kKeyActions.find(({ keys }) => keys.includes(event.key));
  if (action === undefined) return;
  event.preventDefault();
  action.run(ui, event.key, event.shiftKey);
}
