import { computed, signal } from '@preact/signals';

import { is_shown } from '../model/view.ts';
import { kThemes } from '../render/chart_theme.ts';
import { usd } from '../units/unit.ts';
import { probe } from './probe.ts';
import type { ClockControl } from '../model/clock_control.ts';
import type { KeyGate } from '../model/key_gate.ts';
import type { Screen } from '../model/screen.ts';
import type { MapSession } from '../model/map_session.ts';
import type { ColorScale } from '../model/view.ts';
import type { Cross } from '../render/overlay.ts';
import type { CellStyle } from '../render/color_map.ts';
import type { Geometry } from '../render/geometry.ts';
import type { ThemeName } from '../render/palette.ts';
import type { ChartController } from './chart_controller.ts';

const kNoteMs = 4000;
const kFirstScale: ColorScale = { top_usd: usd(1e6), decades: 2 };

// What the screen knows beside the session: the pointer, open panels, the resolved theme.
export class UiState {
  readonly session: MapSession;
  readonly screen = signal<Screen>('map');
  readonly cross = signal<Cross | null>(null); // device pixels of the plot
  readonly is_keyboard_cross = signal(false);
  readonly is_help_open = signal(false);
  readonly is_table_open = signal(false);
  readonly is_playing = signal(false); // the play head moves
  readonly is_form_wanted = signal(false); // the lab's form takes the focus once it is there
  readonly note = signal<string | null>(null); // said for a moment
  readonly window_px = signal(900); // height of the window
  readonly prefers_light = signal(false);

  readonly theme = computed<ThemeName>(() => {
    const choice = this.session.view.value.theme;
    if (choice !== 'system') return choice;
    return this.prefers_light.value ? 'light' : 'dark';
  });

  readonly geometry = computed<Geometry>(() => {
    const { width, height, ratio } = this.session.size.value;
    const { time, rows } = this.session.view.value;
    return { width, height, ratio, time, rows };
  });

  // Parts of the view on their own: a pan changes none of them, and so neither the style nor what
  // depends on it.
  readonly #side = computed(() => this.session.view.value.side);
  readonly #scale = computed(() => this.session.view.value.scale ?? kFirstScale);
  readonly #opacity = computed(() => this.session.view.value.opacity);
  readonly #has_hatching = computed(() => is_shown(this.session.view.value, 'hatching'));

  readonly style = computed<CellStyle>(() => ({
    side: this.#side.value,
    scale: this.#scale.value,
    opacity: this.#opacity.value,
    has_hatching: this.#has_hatching.value,
    theme: kThemes[this.theme.value],
  }));

  readonly probe = computed(() => {
    void this.session.tiles_version.value;
    void this.session.texels_version.value;
    const at = this.cross.value;
    return at === null ? null : probe(this.session, this.geometry.value, at.x, at.y);
  });

  readonly clock: ClockControl;
  readonly keys: KeyGate;
  chart: ChartController | null = null;
  #note_timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: MapSession, clock: ClockControl, keys: KeyGate) {
    this.clock = clock;
    this.keys = keys;
    this.session = session;
  }

  // A sentence at the foot of the screen, for some seconds.
  say(text: string): void {
    this.note.value = text;
    clearTimeout(this.#note_timer);
    this.#note_timer = setTimeout(() => { this.note.value = null; }, kNoteMs);
  }
}
