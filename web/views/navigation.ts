import { handle_key, is_typed_into } from './keys.ts';
import type { Screen } from '../model/screen.ts';
import type { UiState } from './ui_state.ts';

// From screen to screen by keyboard: G, and then the first letter of the screen. One letter alone
// would take a key away from the map.

export const kScreenNames: readonly { readonly screen: Screen; readonly name: string;
  readonly key: string }[] = [
  { screen: 'map', name: 'Map', key: 'm' },
  { screen: 'scorecard', name: 'Scorecard', key: 's' },
  { screen: 'lab', name: 'Lab', key: 'l' },
];

const kWaitMs = 1500;
// What these keys do is the same on every screen.
const kEverywhere = ['t', '?', 'Escape'];

export class Navigation {
  readonly #ui: UiState;
  readonly #open: (screen: Screen) => void;
  readonly #now: () => number;
  #until = 0;

  constructor(ui: UiState, open: (screen: Screen) => void, now: () => number) {
    this.#ui = ui;
    this.#open = open;
    this.#now = now;
  }

  take(event: KeyboardEvent): void {
    const is_plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (is_plain && !this.#ui.is_help_open.value && !is_typed_into(event.target)) {
      const is_second = this.#now() < this.#until;
      this.#until = 0;
      if (is_second) {
        const wanted = kScreenNames.find(({ key }) => key === event.key.toLowerCase());
        if (wanted !== undefined) {
          event.preventDefault();
          this.#open(wanted.screen);
          return;
        }
      }
      if (event.key === 'g') {
        event.preventDefault();
        this.#until = this.#now() + kWaitMs;
        return;
      }
    }
    if (this.#ui.screen.value === 'map' || kEverywhere.includes(event.key)) {
      handle_key(this.#ui, event);
    }
  }
}
