import { go_live, kPaces } from '../model/view.ts';
import { texel_ms } from '../model/tile_grid.ts';
import { kHour } from '../units/time.ts';
import { unix_ms } from '../units/unit.ts';
import type { Pace } from '../model/view.ts';
import type { UiState } from './ui_state.ts';

// Two times that are steered alike and are not the same. The clock is the service's: it runs ahead,
// never back. The play head is this screen's: it looks at what is past as it was known then.

const kFirstSpeed = 60;

export function is_steerable(ui: UiState): boolean {
  return ui.clock.clock.value?.is_steerable === true;
}

export function is_looking_back(ui: UiState): boolean {
  return ui.session.as_of.value !== null;
}

// What the pressed speed is: of the play head while looking back, else of the clock.
export function pace_of(ui: UiState): Pace | null {
  if (is_looking_back(ui)) return ui.session.view.value.pace;
  const clock = ui.clock.clock.value;
  if (clock === null || clock.speed === 0) return null;
  if (clock.speed === clock.speed_max) return 0;
  return kPaces.find((one) => one === clock.speed) ?? null;
}

function speed_of(ui: UiState, pace: Pace): number {
  return pace === 0 ? ui.clock.clock.value?.speed_max ?? 6000 : pace;
}

export function set_pace(ui: UiState, pace: Pace): void {
  ui.session.change((view) => ({ ...view, pace }));
  if (!is_looking_back(ui) && is_steerable(ui)) void ui.clock.set_speed(speed_of(ui, pace));
}

export function step_pace(ui: UiState, by: 1 | -1): void {
  const at = kPaces.indexOf(pace_of(ui) ?? ui.session.view.value.pace);
  const next = kPaces[Math.min(kPaces.length - 1, Math.max(0, at + by))];
  if (next !== undefined) set_pace(ui, next);
}

export function is_running(ui: UiState): boolean {
  if (is_looking_back(ui)) return ui.is_playing.value;
  return (ui.clock.clock.value?.speed ?? 0) > 0;
}

export function play_or_pause(ui: UiState): void {
  if (is_looking_back(ui)) {
    ui.is_playing.value = !ui.is_playing.value;
  } else if (is_steerable(ui)) {
    const { pace } = ui.session.view.value;
    void ui.clock.set_speed(is_running(ui) ? 0 : speed_of(ui, pace === 1 ? kFirstSpeed : pace));
  }
}

// A texel of the map, so that a step is something that can be seen.
export function step_head(ui: UiState, texels: number): void {
  const { session } = ui;
  const of = session.instrument.value;
  if (of === null) return;
  ui.is_playing.value = false;
  const step = texel_ms(of.grid, session.tile_level.value);
  const from = session.as_of.value ?? session.newest.value;
  session.look_back_to(unix_ms(Math.max(of.grid.first_column, from + texels * step)));
}

export function back_to_live(ui: UiState): void {
  ui.is_playing.value = false;
  ui.session.look_back_to(null);
  ui.session.change(go_live);
}

export function run_ahead(ui: UiState, hours: number): void {
  const clock = ui.clock.clock.value;
  if (clock === null || !clock.is_steerable) return;
  back_to_live(ui);
  const to = Number.isFinite(hours) ? clock.now + hours * kHour : clock.end ?? clock.now;
  void ui.clock.run_to(unix_ms(to));
}

// Moves the play head while it plays. A fraction of a column is kept for the next time.
export class HeadPlayer {
  readonly #ui: UiState;
  #at = 0;

  constructor(ui: UiState) {
    this.#ui = ui;
  }

  // Called some times a second with the time that has passed.
  advance(passed_ms: number): void {
    const { session, is_playing } = this.#ui;
    const as_of = session.as_of.value;
    const of = session.instrument.value;
    if (!is_playing.value || as_of === null || of === null) {
      if (as_of === null) is_playing.value = false;
      this.#at = 0;
      return;
    }
    const { pace } = session.view.value;
    if (Math.abs(this.#at - as_of) > of.grid.column_interval) this.#at = as_of;
    this.#at += pace === 0 ? texel_ms(of.grid, session.tile_level.value) : passed_ms * pace;
    const column = Math.floor((this.#at - of.grid.first_column) / of.grid.column_interval);
    const next = unix_ms(of.grid.first_column + column * of.grid.column_interval);
    if (next > as_of) session.look_back_to(next);
  }
}
