import { effect, untracked } from '@preact/signals';
import { render } from 'preact';

import { ApiClient, sleep, words_of } from '../model/api_client.ts';
import { ClockControl } from '../model/clock_control.ts';
import { form_of_query, query_of_form } from '../model/lab_form.ts';
import { KeyGate, protocols_of } from '../model/key_gate.ts';
import { LabSession } from '../model/lab_session.ts';
import { MapSession } from '../model/map_session.ts';
import { map_part_of, page_hash, screen_of_hash } from '../model/screen.ts';
import {
  query_of_scorecard, scorecard_view_of_query, ScorecardSession,
} from '../model/scorecard_session.ts';
import { StreamClient } from '../model/stream_client.ts';
import { make_tile_decoder } from '../model/tile_decoder.ts';
import { hash_of_view, view_of_hash } from '../model/url_state.ts';
import { save } from '../views/export.ts';
import { kKeyActions } from '../views/keys.ts';
import { handle_page_key, kScreenNames } from '../views/navigation.ts';
import { probe, probe_color } from '../views/probe.ts';
import { HeadPlayer } from '../views/replay.ts';
import { Terminal } from '../views/terminal.tsx';
import { short_name } from '../views/text.ts';
import { UiState } from '../views/ui_state.ts';
import type { Screen } from '../model/screen.ts';
import type { Socket } from '../model/stream_client.ts';
import type { ChartController } from '../views/chart_controller.ts';
import './style.css';
import './screens.css';
import 'uplot/dist/uPlot.min.css';

// Wiring only: which clock, network and page the parts below run with.

const kStaleAfterMs = 15_000;
const kRetryMs = 3000;
const kUrlEveryMs = 400;
const kPlayEveryMs = 100;

function stream_address(): string {
  const { protocol, host } = globalThis.location;
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/v1/stream`;
}

const kKeyName = 'faultline_key';

// For this tab alone. A browser that keeps nothing asks again after a reload.
const key_store = {
  read: (): string | null => {
    try {
      return sessionStorage.getItem(kKeyName);
    } catch {
      return null;
    }
  },
  write: (key: string | null): void => {
    try {
      if (key !== null) sessionStorage.setItem(kKeyName, key);
      else sessionStorage.removeItem(kKeyName);
    } catch {
      // Nothing is kept.
    }
  },
};

async function try_key(key: string): Promise<number | null> {
  try {
    const { status } = await fetch('/v1/health', { headers: { Authorization: `Bearer ${key}` } });
    return status;
  } catch {
    return null;
  }
}

const keys = new KeyGate(key_store, try_key);
let open_requests = 0;

async function counted_fetch(url: string, init: RequestInit): Promise<Response> {
  open_requests += 1;
  try {
    return await fetch(url, init);
  } finally {
    open_requests -= 1;
  }
}

const api = new ApiClient({
  base: '',
  fetch: counted_fetch,
  keys,
  sleep,
  random: Math.random,
  on_result: (is_reached) => { session.is_reached.value = is_reached; },
});

const stream = new StreamClient({
  open: () => new WebSocket(stream_address(), protocols_of(keys.key)) as unknown as Socket,
  set_timer: (run, ms) => globalThis.setTimeout(run, ms) as unknown as number,
  clear_timer: (timer) => globalThis.clearTimeout(timer),
  random: Math.random,
  stale_after_ms: kStaleAfterMs,
  on_message: (message) => session.take(message),
  on_gap: (message) => session.on_gap(message),
  // An instrument that the service has no longer, for one.
  on_problem: (detail) => {
    session.problems.tell('stream', detail);
    session.check_instrument();
  },
  on_state: (state) => {
    session.stream_state.value = state;
    if (state === 'open') session.try_again();
    // A socket does not say why it was refused. A reading does, and asks for a key if need be.
    if (state === 'reconnecting') void api.json('/v1/health', {}).catch(() => undefined);
  },
});

const session: MapSession = new MapSession(
  view_of_hash(globalThis.location.hash), api, stream, make_tile_decoder());
const clock = new ClockControl({ api, sleep, now_ms: () => performance.now() });
const ui = new UiState(session, clock, keys);
const query_of_page = (): URLSearchParams => new URLSearchParams(location.hash.slice(1));
const scorecard = new ScorecardSession(api, scorecard_view_of_query(query_of_page()));
const lab = new LabSession(api, form_of_query(query_of_page()));
let chart: ChartController | null = null;

ui.screen.value = screen_of_hash(location.hash);

function hash_of(screen: Screen): string {
  const own = screen === 'lab' ? query_of_form(lab.form.value)
    : query_of_scorecard(scorecard.view.value);
  return page_hash(screen, own, hash_of_view(session.view.value));
}

// Another screen is another entry of the history: the back button leads to the one before.
function open_screen(screen: Screen): void {
  if (screen === ui.screen.value) return;
  history.pushState(null, '', hash_of(screen));
  ui.screen.value = screen;
}

// Somebody has gone back, or has written another address.
function read_address(): void {
  const screen = screen_of_hash(location.hash);
  if (location.hash === hash_of(screen) && screen === ui.screen.value) return;
  if (screen === 'lab') lab.form.value = form_of_query(query_of_page());
  if (screen === 'scorecard') scorecard.view.value = scorecard_view_of_query(query_of_page());
  const map_hash = map_part_of(location.hash);
  if (map_hash !== hash_of_view(session.view.value)) {
    session.change((view) => view_of_hash(map_hash, view));
    session.keep_within(); // which goes to the play head of the address, if it has one
    session.refresh();
    session.fit();
  }
  ui.screen.value = screen;
}

function title_of(screen: Screen, id: string | undefined): string {
  const parts = screen === 'map' ? [] : [kScreenNames.find((one) => one.screen === screen)?.name];
  if (id !== undefined && screen !== 'lab') parts.push(short_name(id));
  return [...parts, 'Faultline'].join(' · ');
}

function read_again(): void {
  const { value } = ui.screen;
  if (value === 'map') void api.json('/v1/health', {}).catch(() => undefined);
  if (value === 'scorecard') scorecard.refresh();
  if (value === 'lab') lab.refresh();
}

// A link cannot carry the key: what it leads to is read here, and saved.
async function save_json(event: MouseEvent): Promise<void> {
  const link = event.target instanceof Element ? event.target.closest('a.json') : null;
  if (!(link instanceof HTMLAnchorElement) || keys.key === null) return;
  event.preventDefault();
  const name = `faultline_${link.pathname.split('/').at(-1)}.json`;
  try {
    const text = JSON.stringify(await api.json(link.pathname, {}), null, 2);
    save(new Blob([text], { type: 'application/json' }), name);
  } catch (error) {
    ui.say(`${name} is not saved: ${words_of(error)}`);
  }
}

function watch_page(): void {
  const light = globalThis.matchMedia('(prefers-color-scheme: light)');
  const see = (): void => { ui.prefers_light.value = light.matches; };
  light.addEventListener('change', see);
  see();
  effect(() => { document.documentElement.dataset['theme'] = ui.theme.value; });
  effect(() => { document.title = title_of(ui.screen.value, session.instrument.value?.id); });
  effect(() => {
    const note = session.note.value;
    if (note === null) return;
    untracked(() => {
      ui.say(note);
      session.note.value = null;
    });
  });
  effect(() => {
    const is_paused = ui.screen.value !== 'map';
    chart?.loop.set_paused(is_paused);
  });
  const measure = (): void => { ui.window_px.value = innerHeight; };
  addEventListener('resize', measure);
  measure();
  effect(() => {
    if (keys.is_asking.value) return;
    untracked(() => { if (session.stream_state.value === 'reconnecting') stream.hurry(); });
  });
  addEventListener('keydown', (event) => handle_page_key(ui, open_screen, event));
  addEventListener('popstate', read_address);
  addEventListener('click', (event) => void save_json(event));
  // The machine says how its network is: the open screen finds out at once, and not when its next
  // reading is due.
  addEventListener('offline', read_again);
  addEventListener('online', () => {
    stream.hurry();
    session.try_again();
    session.renew();
    read_again();
  });
}

// The address follows the view, a few times a second at most; history gets no entry for a pan.
function follow_in_url(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const hash = hash_of(ui.screen.value);
    if (session.instrument.value === null && ui.screen.value === 'map') return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (location.hash !== hash) history.replaceState(null, '', hash);
    }, kUrlEveryMs);
  });
}

async function start(): Promise<void> {
  for (;;) {
    try {
      await session.start();
      break;
    } catch {
      await sleep(kRetryMs);
    }
  }
  stream.start();
  await clock.load();
}

// The health says how the clock stands; the play head moves on its own.
function keep_time(): void {
  effect(() => {
    const health = session.health.value;
    if (health !== null) untracked(() => clock.hear(health));
  });
  const player = new HeadPlayer(ui);
  let before = performance.now();
  setInterval(() => {
    const now = performance.now();
    player.advance(now - before);
    before = now;
  }, kPlayEveryMs);
}

// Where the crosshair rests on something, it is asked what that is made of.
function look_closer(): void {
  effect(() => {
    const at = ui.screen.value === 'map' ? ui.probe.value : null;
    const is_there = at !== null && at.cell !== null && at.cell.column_count > 0;
    // A part's share of a new column comes a moment after the column.
    if (at !== null && !is_there && at.place.is_newest) return;
    const place = is_there ? at.place : null;
    untracked(() => session.look.point_at(place));
  });
}

watch_page();
keep_time();
look_closer();
follow_in_url();
render(<Terminal ui={ui} scorecard={scorecard} lab={lab} href_of={hash_of} on_open={open_screen}
  on_chart={(made) => {
    chart = made;
    made.loop.set_paused(ui.screen.value !== 'map');
  }} />, document.getElementById('terminal') ?? document.body);
void start();

// What the tests in the browser hold the pixels to, how long a frame takes, and which keys there
// are to be pressed. It reads only.
Object.assign(globalThis, {
  faultline: {
    probe: (x: number, y: number) => {
      const at = probe(session, ui.geometry.value, x, y);
      return at === null ? null : { ...at, color: probe_color(at, ui.style.value) };
    },
    geometry: () => ui.geometry.value,
    measure_frame: () => chart?.measure_frame() ?? null,
    clusters: () => chart?.shapes() ?? [],
    frames: () => chart?.loop.frames ?? 0,
    pending: () => session.pending_tiles.value,
    requests: () => open_requests,
    keys: () => kKeyActions.flatMap(({ keys: of_action }) => of_action),
  },
});
