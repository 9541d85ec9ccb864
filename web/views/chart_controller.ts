import { effect } from '@preact/signals';

import { is_shown, pan_rows, pan_time, zoom_rows, zoom_time } from '../model/view.ts';
import { kThemes } from '../render/chart_theme.ts';
import { FrameLoop, kInvalidation } from '../render/frame_loop.ts';
import { row_of_y, time_of_x } from '../render/geometry.ts';
import { MapRenderer } from '../render/map_renderer.ts';
import { shape_at } from '../render/clusters.ts';
import { draw_crosshair, draw_overlay, kPriceAxisPx, kTimeAxisPx } from '../render/overlay.ts';
import { draw_profile } from '../render/profile.ts';
import { parts_of } from '../render/tile_parts.ts';
import { ms } from '../units/unit.ts';
import { tier_of } from './tier.ts';
import type { BoxShape } from '../render/clusters.ts';
import type { ChartTheme } from '../render/chart_theme.ts';
import type { Invalidation } from '../render/frame_loop.ts';
import type { UiState } from './ui_state.ts';

// Joins the signals of a session to the canvases of a map, and the pointer to the view.

export type ChartCanvases = {
  readonly host: HTMLElement; // plot, price axis and time axis
  readonly map: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly cross: HTMLCanvasElement;
  readonly profile: HTMLCanvasElement;
};

// While rows follow the price, a pan must be plainly vertical to take them away from it.
const kVerticalStartPx = 14;
const kClickPx = 4;

export class ChartController {
  readonly #ui: UiState;
  readonly #canvases: ChartCanvases;
  readonly #renderer: MapRenderer | null;
  readonly loop: FrameLoop;
  readonly #undo: (() => void)[] = [];
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #vertical = 0;
  #profile_shown: unknown[] = [];
  #shapes: readonly BoxShape[] = [];
  #texels = 0; // that were sent to the card
  #prints: unknown = null;
  #prints_version = 0;
  #rest_px = 0; // of pans, which go by whole pixels
  #moved = 0; // pixels since the pointer went down: a click, or a drag

  constructor(ui: UiState, canvases: ChartCanvases) {
    this.#ui = ui;
    this.#canvases = canvases;
    this.#renderer = MapRenderer.make(canvases.map, () => this.loop.invalidate(4));
    this.loop = new FrameLoop((level) => this.#draw(level), (run) => requestAnimationFrame(run));
    const { session } = ui;
    if (this.#renderer === null) session.problems.tell('drawing', 'this browser has no WebGL2');
    session.on_texel = (tile, texel) => {
      this.#renderer?.send_texel(tile, texel);
      this.#texels += 1;
      this.loop.invalidate(kInvalidation.tiles);
    };
    this.#watch();
    this.#listen();
  }

  stop(): void {
    this.loop.stop();
    for (const undo of this.#undo) undo();
  }

  shapes(): readonly BoxShape[] {
    return this.#shapes;
  }

  // The map with everything on it, for a picture. What WebGL drew is gone after this turn.
  take(): ChartCanvases {
    this.#draw(kInvalidation.full);
    return this.#canvases;
  }

  // Draws now and waits for it: how long a frame takes, for measuring.
  measure_frame(): number {
    const before = performance.now();
    this.#draw(kInvalidation.full);
    this.#renderer?.finish();
    return performance.now() - before;
  }

  #watch(): void {
    const { session } = this.#ui;
    const on = (level: Invalidation, read: () => unknown): void => {
      this.#undo.push(effect(() => {
        read();
        this.loop.invalidate(level);
      }));
    };
    on(kInvalidation.full, () => [this.#ui.geometry.value, this.#ui.style.value]);
    on(kInvalidation.tiles, () => [session.tiles_version.value, session.series_version.value,
      session.prints.value, session.view.value.hidden, session.marks.value,
      session.view.value.has_hindsight, session.horizon.value]);
    on(kInvalidation.tiles, () =>
      (session.view.value.has_hindsight ? session.profile.value : null));
    on(kInvalidation.overlay, () => [session.boxes.value, session.column.value,
      session.profile.value, session.view.value.pinned, session.as_of.value]);
    on(kInvalidation.crosshair, () => this.#ui.cross.value);
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.#canvases.host);
    this.#undo.push(() => observer.disconnect());
    this.#resize();
  }

  #resize(): void {
    const { host, map, overlay, cross, profile } = this.#canvases;
    const ratio = globalThis.devicePixelRatio || 1;
    const box = host.getBoundingClientRect();
    const width = Math.max(1, Math.round((box.width - kPriceAxisPx) * ratio));
    const height = Math.max(1, Math.round((box.height - kTimeAxisPx) * ratio));
    const set = (canvas: HTMLCanvasElement, w: number, h: number): void => {
      canvas.width = w;
      canvas.height = h;
      canvas.style.width = `${w / ratio}px`;
      canvas.style.height = `${h / ratio}px`;
    };
    set(map, width, height);
    const full_width = Math.round(box.width * ratio);
    const full_height = Math.round(box.height * ratio);
    set(overlay, full_width, full_height);
    set(cross, full_width, full_height);
    const side = profile.parentElement?.clientWidth ?? 0;
    set(profile, Math.round(side * ratio), full_height);
    this.#profile_shown = [];
    this.#ui.session.resize(width, height, ratio);
    this.loop.invalidate(kInvalidation.full);
  }

  #draw(level: Invalidation): void {
    if (level >= kInvalidation.tiles) this.#draw_map();
    if (level >= kInvalidation.overlay) this.#draw_letters();
    this.#draw_cross();
  }

  #draw_map(): void {
    const { session } = this.#ui;
    const of = session.instrument.value;
    const view = session.view.value;
    if (of === null) {
      this.#renderer?.clear(kThemes[this.#ui.theme.value]);
      return;
    }
    this.#renderer?.draw({
      geometry: this.#ui.geometry.value,
      style: this.#ui.style.value,
      grid: of.grid,
      content: this.#content(of.id),
      parts: parts_of(session.tiles_at(session.tile_level.value),
        (key) => session.tiles.use(key), session.horizon.value),
      candles: is_shown(view, 'candles') ? session.series.value : null,
      prints: is_shown(view, 'prints') ? session.prints.value : [],
      hindsight: view.has_hindsight ? session.profile.value : null,
      tier: tier_of(session),
    });
  }

  // Names all that is drawn, apart from the view's own time: when it is the same, what was drawn
  // can be moved.
  #content(instrument: string): string {
    const { session } = this.#ui;
    const { hidden, has_hindsight } = session.view.value;
    const { column_end, is_cut } = session.horizon.value;
    if (session.prints.value !== this.#prints) {
      this.#prints = session.prints.value;
      this.#prints_version += 1;
    }
    const shown = has_hindsight ? session.profile.value?.as_of : null;
    return [instrument, session.part.value?.id, session.tiles_version.value,
      session.series_version.value, this.#texels,
      this.#prints_version, column_end, is_cut, hidden, shown].join(' ');
  }

  #draw_letters(): void {
    const { session } = this.#ui;
    const geometry = this.#ui.geometry.value;
    const theme = kThemes[this.#ui.theme.value];
    const column = session.column.value;
    const view = session.view.value;
    const overlay = this.#canvases.overlay.getContext('2d');
    // Without a column there is no price and no time that an axis could be of.
    if (session.horizon.value.column_end === 0) {
      overlay?.clearRect(0, 0, overlay.canvas.width, overlay.canvas.height);
      return;
    }
    if (overlay) {
      this.#shapes = draw_overlay(overlay, {
        boxes: is_shown(view, 'clusters') ? session.boxes.value : [], pinned: view.pinned,
        newest: session.known.value.newest, first: session.known.value.first,
        geometry, theme, mark: column?.mark ?? null, as_of: session.as_of.value,
        watermark: column?.header.is_simulated === true ? 'SIMULATED MARKET' : null,
      });
    }
    this.#draw_profile(theme);
  }

  // A pan in time leaves the profile as it is.
  #draw_profile(theme: ChartTheme): void {
    const { session, geometry: { value: geometry } } = this.#ui;
    const { rows, side } = session.view.value;
    const column = session.profile.value;
    const { profile: canvas } = this.#canvases;
    const { width, height } = canvas;
    const profile = canvas.getContext('2d');
    const shown = [column, rows, side, theme, width, geometry.height];
    if (!profile || width === 0) return;
    if (shown.every((one, i) => one === this.#profile_shown[i])) return;
    this.#profile_shown = shown;
    if (column === null) profile.clearRect(0, 0, width, height);
    else draw_profile(profile, { geometry, width, theme, column, side });
  }

  // The layer of the crosshair is not there without one: it would be blended in for nothing.
  #draw_cross(): void {
    const { cross: canvas } = this.#canvases;
    const at = this.#ui.cross.value;
    const ctx = canvas.getContext('2d');
    canvas.hidden = at === null;
    if (at === null || !ctx) return;
    draw_crosshair(ctx, this.#ui.geometry.value, kThemes[this.#ui.theme.value], at,
      this.#ui.session.column.value?.mark ?? null);
  }

  // --- Pointer ---------------------------------------------------------------------------------

  #listen(): void {
    const { host } = this.#canvases;
    const on = <K extends keyof HTMLElementEventMap>(
      name: K, run: (event: HTMLElementEventMap[K]) => void, options?: AddEventListenerOptions,
    ): void => {
      host.addEventListener(name, run, options);
      this.#undo.push(() => host.removeEventListener(name, run));
    };
    on('wheel', (event) => this.#wheel(event), { passive: false });
    on('pointerdown', (event) => {
      if (event.target instanceof Element && event.target.closest('button')) return;
      host.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.#vertical = 0;
      this.#moved = 0;
    });
    on('pointermove', (event) => this.#move(event));
    const end = (event: PointerEvent): void => { this.#pointers.delete(event.pointerId); };
    on('pointerup', (event) => {
      if (this.#pointers.size === 1 && this.#moved < kClickPx) this.#click(event);
      end(event);
    });
    on('pointercancel', end);
    // A finger that is lifted leaves too, and what it touched is still to be read.
    on('pointerleave', (event) => {
      const is_kept = event.pointerType === 'touch' || this.#ui.is_keyboard_cross.value;
      if (!is_kept) this.#ui.cross.value = null;
    });
  }

  #at(event: MouseEvent): { x: number; y: number } {
    const box = this.#canvases.host.getBoundingClientRect();
    const { ratio } = this.#ui.geometry.value;
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { session } = this.#ui;
    const g = this.#ui.geometry.value;
    const { x, y } = this.#at(event);
    // Browsers turn shift and wheel into a horizontal wheel.
    const delta = event.deltaY === 0 ? event.deltaX : event.deltaY;
    if (!event.shiftKey && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.#pan(event.deltaX * g.ratio);
      return;
    }
    const factor = Math.exp(Math.max(-0.5, Math.min(0.5, delta * 0.0016)));
    if (event.shiftKey || x > g.width) {
      session.change((view) => zoom_rows(view, factor, row_of_y(g, y)));
    } else {
      session.change((view, known) => zoom_time(view, factor, time_of_x(g, x), known));
    }
  }

  // By whole pixels, so that what is drawn already can be moved.
  #pan(px: number): void {
    const g = this.#ui.geometry.value;
    const whole = Math.round(px + this.#rest_px);
    this.#rest_px += px - whole;
    const by = (whole / g.width) * (g.time.to - g.time.from);
    if (whole !== 0) this.#ui.session.change((view, known) => pan_time(view, ms(by), known));
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (before !== undefined) {
      const now = { x: event.clientX, y: event.clientY };
      this.#moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (this.#pointers.size > 1) this.#pinch(event.pointerId, now);
      else this.#drag(now.x - before.x, now.y - before.y);
      this.#pointers.set(event.pointerId, now);
    }
    this.#point_at(this.#at(event));
  }

  #point_at(at: { x: number; y: number }): void {
    const g = this.#ui.geometry.value;
    const is_inside = at.x >= 0 && at.x < g.width && at.y >= 0 && at.y < g.height;
    this.#ui.is_keyboard_cross.value = false;
    const is_over = is_inside && shape_at(this.#shapes, at.x, at.y) !== null;
    this.#canvases.host.style.cursor = is_over ? 'pointer' : '';
    this.#ui.cross.value = is_inside ? { x: Math.floor(at.x), y: Math.floor(at.y) } : null;
  }

  // A click on a cluster pins it, another one lets it go.
  #click(event: PointerEvent): void {
    const { x, y } = this.#at(event);
    const id = shape_at(this.#shapes, x, y)?.box.id ?? null;
    // A finger does not hover: what it touches is read.
    if (event.pointerType === 'touch') this.#point_at({ x, y });
    if (id === null) return;
    this.#ui.session.change((view) => ({ ...view, pinned: view.pinned === id ? null : id }));
  }

  #drag(dx: number, dy: number): void {
    const { session } = this.#ui;
    const g = this.#ui.geometry.value;
    this.#pan(-dx * g.ratio);
    this.#vertical += dy;
    const is_vertical = !session.view.value.is_fit || Math.abs(this.#vertical) > kVerticalStartPx;
    const rows = (dy * g.ratio / g.height) * (g.rows.high - g.rows.low);
    if (is_vertical && dy !== 0) session.change((view) => pan_rows(view, rows));
  }

  #pinch(id: number, now: { x: number; y: number }): void {
    const before = this.#pointers.get(id);
    const other = [...this.#pointers].find(([one]) => one !== id)?.[1];
    if (before === undefined || other === undefined) return;
    const distance = (a: { x: number; y: number }): number =>
      Math.max(20, Math.hypot(a.x - other.x, a.y - other.y));
    const g = this.#ui.geometry.value;
    const box = this.#canvases.host.getBoundingClientRect();
    const anchor = time_of_x(g, ((now.x + other.x) / 2 - box.left) * g.ratio);
    const factor = distance(before) / distance(now);
    this.#ui.session.change((view, known) => zoom_time(view, factor, anchor, known));
  }
}
