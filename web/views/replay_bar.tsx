import { run_progress } from '../model/clock_control.ts';
import { kPaces } from '../model/view.ts';
import { format_date_time, format_duration } from '../units/time.ts';
import { ms, unix_ms } from '../units/unit.ts';
import {
  back_to_live, is_looking_back, is_running, is_steerable, pace_of, play_or_pause, run_ahead,
  set_pace, step_head,
} from './replay.ts';
import type { Pace } from '../model/view.ts';
import type { UiState } from './ui_state.ts';

// The bar of times: play and pause, speeds, the scrubber over what is past, and running ahead.

const kPlay = 'M3 2 L13 8 L3 14 Z';
const kPause = 'M3 2 H6.5 V14 H3 Z M9.5 2 H13 V14 H9.5 Z';
const pace_text = (pace: Pace): string => (pace === 0 ? 'max' : `${pace}×`);

export function ReplayBar({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const of = session.instrument.value;
  if (of === null || of.column_end < 2) return <div class="replay" />;
  const can_run = is_looking_back(ui) || is_steerable(ui);
  const word = is_looking_back(ui) ? 'play head' : 'clock';
  const name = `${is_running(ui) ? 'Pause' : 'Play'} the ${word}`;
  const chosen = pace_of(ui);
  return (
    <div class={`replay ${is_looking_back(ui) ? 'past' : ''}`} role="group" aria-label="Replay">
      <button type="button" class="icon" aria-label="Step back" title="Step back (,)"
        onClick={() => step_head(ui, -1)}>‹</button>
      {can_run ? (
        <button type="button" class="icon play" aria-label={name} title={`${name} (Space)`}
          onClick={() => play_or_pause(ui)}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d={is_running(ui) ? kPause : kPlay} /></svg>
        </button>
      ) : null}
      <button type="button" class="icon" aria-label="Step ahead" title="Step ahead (.)"
        disabled={!is_looking_back(ui)} onClick={() => step_head(ui, 1)}>›</button>
      {can_run ? (
        <div class="segmented" role="group" aria-label={`Speed of the ${word}`}>
          {kPaces.map((pace) => (
            <button key={pace} type="button" aria-pressed={pace === chosen}
              title={`Speed of the ${word} (< >)`} onClick={() => set_pace(ui, pace)}>
              {pace_text(pace)}</button>
          ))}
        </div>
      ) : null}
      <Scrubber ui={ui} />
      <RunAhead ui={ui} />
    </div>
  );
}

function Scrubber({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const of = session.instrument.value;
  if (of === null) return null;
  const { first_column, column_interval } = of.grid;
  const last = of.column_end - 1;
  const at = session.horizon.value.column_end - 1;
  const time = (column: number) => unix_ms(first_column + column * column_interval);
  return (
    <label class="scrubber">
      <span class="sr">As of: the play head over what is past</span>
      <small>{format_date_time(first_column)}</small>
      <input type="range" min={0} max={last} step={1} value={at}
        style={{ '--at': `${(100 * at) / Math.max(1, last)}%` }}
        aria-valuetext={`${format_date_time(time(at))} UTC${at === last ? ', the newest' : ''}`}
        onInput={(event) => {
          ui.is_playing.value = false;
          session.look_back_to(time(Number(event.currentTarget.value)));
        }} />
      <small>{format_date_time(time(last))}</small>
    </label>
  );
}

const kAhead: readonly (readonly [number, string])[] = [
  [1, '1 hour'], [6, '6 hours'], [24, '1 day'], [168, '1 week'],
];

function RunAhead({ ui }: { readonly ui: UiState }) {
  const clock = ui.clock.clock.value;
  const run = ui.clock.run.value;
  if (clock === null || !clock.is_steerable) return null;
  if (run !== null) {
    const { share, left_ms } = run_progress(run, clock.now, performance.now());
    return (
      <span class="run" role="status">
        <progress max={1} value={share} aria-label="Running ahead" />
        to {format_date_time(run.to)}{left_ms === null ? '' :
          `, about ${format_duration(ms(left_ms))} left`}
        <button type="button" onClick={() => void ui.clock.set_speed(0)}>Stop</button>
      </span>
    );
  }
  const { end } = clock;
  const fits = kAhead.filter(([hours]) => end === null || clock.now + hours * 3_600_000 <= end);
  if (clock.is_over || (fits.length === 0 && end === null)) return <small>over</small>;
  return (
    <select class="ahead" aria-label="Run the clock ahead" title="Run the clock ahead (G: an hour)"
      value="" onChange={(event) => {
        run_ahead(ui, Number(event.currentTarget.value));
        event.currentTarget.value = '';
      }}>
      <option value="" disabled>Run ahead</option>
      {fits.map(([hours, text]) => <option key={hours} value={hours}>{text}</option>)}
      {end === null ? null
        : <option value="Infinity">to its end, {format_date_time(end)}</option>}
    </select>
  );
}

// Over the plot, so that nobody takes the past for now.
export function AsOfBadge({ ui }: { readonly ui: UiState }) {
  const { session } = ui;
  const as_of = session.as_of.value;
  if (as_of === null) return null;
  const before = ms(session.newest.value - as_of);
  return (
    <p class="badge past">
      <b>As of {format_date_time(as_of)} UTC</b>
      <span>{format_duration(before)} before the newest{
        session.is_column_late.value ? ', loading the profile' : ''}</span>
      <button type="button" title="Back to live (L)" onClick={() => back_to_live(ui)}>
        Back to live</button>
    </p>
  );
}
