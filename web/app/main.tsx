import { effect, untracked } from '@preact/signals';
import { render } from 'preact';

import { ApiClient, sleep } from '../model/api_client.ts';
import { ClockControl } from '../model/clock_control.ts';
import { MapSession } from '../model/map_session.ts';
import { StreamClient } from '../model/stream_client.ts';
import { make_tile_decoder } from '../model/tile_decoder.ts';
import { hash_of_view, view_of_hash } from '../model/url_state.ts';
import { handle_key } from '../views/keys.ts';
import { MapScreen } from '../views/map_screen.tsx';
import { probe, probe_color } from '../views/probe.ts';
import { HeadPlayer } from '../views/replay.ts';
import { short_name } from '../views/text.ts';
import { UiState } from '../views/ui_state.ts';
import type { Socket } from '../model/stream_client.ts';
import type { ChartController } from '../views/chart_controller.ts';
import './style.css';
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

const api = new ApiClient({
  base: '',
  fetch: (url, init) => fetch(url, init),
  sleep,
  random: Math.random,
  on_result: (is_reached) => { session.is_reached.value = is_reached; },
});

const stream = new StreamClient({
  open: () => new WebSocket(stream_address()) as unknown as Socket,
  set_timer: (run, ms) => globalThis.setTimeout(run, ms) as unknown as number,
  clear_timer: (timer) => globalThis.clearTimeout(timer),
  random: Math.random,
  stale_after_ms: kStaleAfterMs,
  on_message: (message) => session.take(message),
  on_gap: ({ channel }) => session.on_gap(channel),
  on_problem: (detail) => { session.problem.value = detail; },
  on_state: (state) => { session.stream_state.value = state; },
});

const session: MapSession = new MapSession(
  view_of_hash(globalThis.location.hash), api, stream, make_tile_decoder());
const clock = new ClockControl({ api, sleep, now_ms: () => performance.now() });
const ui = new UiState(session, clock);
let chart: ChartController | null = null;

function watch_page(): void {
  const light = globalThis.matchMedia('(prefers-color-scheme: light)');
  const see = (): void => { ui.prefers_light.value = light.matches; };
  light.addEventListener('change', see);
  see();
  effect(() => { document.documentElement.dataset['theme'] = ui.theme.value; });
  effect(() => {
    const id = session.instrument.value?.id;
    document.title = id === undefined ? 'Faultline' : `${short_name(id)} · Faultline`;
  });
  const measure = (): void => { ui.window_px.value = innerHeight; };
  addEventListener('resize', measure);
  measure();
  addEventListener('keydown', (event) => handle_key(ui, event));
  addEventListener('hashchange', () => {
    if (location.hash === hash_of_view(session.view.value)) return;
    session.change((view) => view_of_hash(location.hash, view));
  });
  addEventListener('online', () => {
    stream.hurry();
    session.renew();
  });
}

// The address follows the view, a few times a second at most; history gets no entry for a pan.
function follow_in_url(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const hash = hash_of_view(session.view.value);
    if (session.instrument.value === null) return;
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

watch_page();
keep_time();
follow_in_url();
render(<MapScreen ui={ui} on_chart={(made) => { chart = made; }} />,
  document.getElementById('terminal') ?? document.body);
void start();

// What the tests in the browser hold the pixels to, and how long a frame takes. It reads only.
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
  },
});
