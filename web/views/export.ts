import { hours_csv, profile_csv, run_csv, series_csv } from '../model/csv.ts';
import { hash_of_view } from '../model/url_state.ts';
import { picture_of } from '../render/picture.ts';
import { rfc3339 } from '../units/time.ts';
import { part_clause } from './part_text.ts';
import { short_name } from './text.ts';
import type { MapColumn } from '../model/api_types.ts';
import type { Run } from '../model/lab_types.ts';
import type { Scorecard, ScoredHour } from '../model/scorecard_types.ts';
import type { UiState } from './ui_state.ts';

// Taking away what is on the screen: a picture, text for other programs, or a link to the view.

export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function file_name(ui: UiState, column: MapColumn, what: string, ending: string): string {
  const id = short_name(ui.session.instrument.value?.id ?? 'map');
  // The series is of all positions, whatever the map shows.
  const part = what === 'series' ? null : ui.session.part.value;
  const of = part === null ? what : `${what}_${part.id.replaceAll(':', '_')}`;
  return `faultline_${id}_${of}_${rfc3339(column.as_of).replaceAll(':', '')}.${ending}`;
}

function part_notes_of(ui: UiState): string[] {
  const part = ui.session.part.value;
  return part === null ? [] : [`Only positions ${
    part_clause(part)}: a part of the estimate, which has no band of its own`];
}

// What a picture must say because it does not show it.
function notes_of(ui: UiState): string[] {
  const view = ui.session.view.value;
  return [
    ...(view.side === 'long' || view.side === 'short' ? [`Only ${view.side}s`] : []),
    ...part_notes_of(ui),
    ...(view.tier === 'all' ? [] : [`Only rows ${tier_text(view.tier)} from the mark`]),
    ...(view.has_hindsight ? ['Bands: as known then, hindsight for what is before'] : []),
  ];
}

export function tier_text(tier: string): string {
  return tier === 'over-10' ? 'over 10 %' : tier === 'all' ? 'any distance'
    : `${tier.replace('-', '–')} %`;
}

export function export_png(ui: UiState): void {
  const column = ui.session.column.value;
  const canvases = ui.chart?.take();
  if (column === null || canvases === undefined) return;
  const picture = picture_of({
    ...canvases, ratio: ui.geometry.value.ratio, style: ui.style.value, column,
    instrument: ui.session.instrument.value?.id ?? '', notes: notes_of(ui),
  });
  picture.toBlob((blob) => {
    if (blob === null) return;
    save(blob, file_name(ui, column, 'map', 'png'));
    ui.say('The picture is saved');
  }, 'image/png');
}

export function export_csv(ui: UiState, what: 'series' | 'profile'): void {
  const { session } = ui;
  const column = what === 'series' ? session.column.value : session.profile.value;
  const slice = session.series.value;
  const id = session.instrument.value?.id ?? '';
  if (column === null || slice === null) return;
  const text = what === 'series' ? series_csv(slice, column, id)
    : profile_csv(column, id, part_notes_of(ui));
  save_csv(ui, text, file_name(ui, column, what, 'csv'),
    what === 'series' ? 'The series is saved' : 'The profile is saved');
}

const save_csv = (ui: UiState, text: string, name: string, said: string): void => {
  save(new Blob([text], { type: 'text/csv' }), name);
  ui.say(said);
};

export function export_hours(ui: UiState, card: Scorecard, hours: readonly ScoredHour[]): void {
  const id = ui.session.instrument.value?.id ?? '';
  const time = rfc3339(hours.at(-1)?.time ?? card.header.as_of).replaceAll(':', '');
  save_csv(ui, hours_csv(card, hours, id), `faultline_${short_name(id)}_hours_${time}.csv`,
    'The hours are saved');
}

export function export_run(ui: UiState, run: Run): void {
  // An arm has spaces, a colon or a percent sign in its name, which not every disk takes.
  const scenario = run.scenario.replaceAll(/[^\w-]+/g, '_');
  save_csv(ui, run_csv(run), `faultline_lab_${scenario}_${run.id}.csv`, 'The run is saved');
}

export function copy_link(ui: UiState): void {
  const { href } = globalThis.location;
  const link = `${href.split('#')[0]}${hash_of_view(ui.session.view.value)}`;
  const done = (): void => ui.say('The link is copied');
  const failed = (): void => ui.say('This browser does not let the page copy; take the address');
  if (navigator.clipboard === undefined) failed();
  else navigator.clipboard.writeText(link).then(done, failed);
}
