import { handle_key, is_typed_into } from './keys.ts';
import type { Screen } from '../model/screen.ts';
import type { UiState } from './ui_state.ts';

// From screen to screen by keyboard: Shift and the first letter of the screen. A letter alone would
// take a key away from the map.

export const kScreenNames: readonly { readonly screen: Screen; readonly name: string;
  readonly key: string }[] = [
  { screen: 'map', name: 'Map', key: 'm' },
  { screen: 'scorecard', name: 'Scorecard', key: 's' },
  { screen: 'lab', name: 'Lab', key: 'l' },
];

export const shown_key = (key: string): string => `⇧${key.toUpperCase()}`;

// What these keys do is the same on every screen.
const kEverywhere = ['t', '?', 'Escape'];

export function handle_page_key(
  ui: UiState, open: (screen: Screen) => void, event: KeyboardEvent,
): void {
  const is_plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const is_free = is_plain && !ui.is_help_open.value && !is_typed_into(event.target);
  // By the key and not by its capital: with caps lock Shift makes it small.
  const wanted = is_free && event.shiftKey
    ? kScreenNames.find(({ key }) => key === event.key.toLowerCase()) : undefined;
  if (wanted !== undefined) {
    event.preventDefault();
    open(wanted.screen);
  } else if (ui.screen.value === 'map' || kEverywhere.includes(event.key)) {
    handle_key(ui, event);
  }
}
