import { batch, computed, signal } from '@preact/signals';

import { rfc3339 } from '../units/time.ts';
import { row_position_of_price } from '../units/rows.ts';
import { level, ms, price, unix_ms } from '../units/unit.ts';
import { clusters_of, with_moments, with_older } from './api_clusters.ts';
import { series_end_of, series_of } from './api_series.ts';
import {
  health_of, instruments_of, liquidations_of, map_of,
} from './api_types.ts';
import { BackOff } from './back_off.ts';
import { boxes_of } from './cluster_boxes.ts';
import { CellLook } from './cell_look.ts';
import { column_message_of } from './column_message.ts';
import { ColumnLog, grow, grown_to } from './growth.ts';
import { key_text, kTileSize } from './heatmap_tile.ts';
import { PartFeed } from './part_feed.ts';
import { PrintFeed } from './print_feed.ts';
import { Problems } from './problems.ts';
import { SeriesStore } from './series_store.ts';
import { TileCache } from './tile_cache.ts';
import { level_for, texel_ms, tile_level_for, tiles_in } from './tile_grid.ts';
import type { TimeRange } from './tile_grid.ts';
import { TileLoader } from './tile_loader.ts';
import { add_column } from './tile_update.ts';
import {
  fit_rows, follow, needs_fit, pan_time, scale_for_open_interest,
} from './view.ts';
import type { Level, UnixMs, Usd } from '../units/unit.ts';
import type { ApiClient } from './api_client.ts';
import type { Clusters } from './api_clusters.ts';
import type { Health, Instrument, Liquidation, MapColumn, Part } from './api_types.ts';
import type { ReadReports } from './back_off.ts';
import type { Box } from './cluster_boxes.ts';
import type { ColumnMessage } from './column_message.ts';
import type { Growth } from './growth.ts';
import type { HeatmapTile, TileKey } from './heatmap_tile.ts';
import type { ChunkKey, Horizon, SeriesSlice } from './series_store.ts';
import type { StreamMessage, StreamState, Subscription } from './stream_client.ts';
import type { DecodeTile } from './tile_decoder.ts';
import type { Known, View } from './view.ts';

// Everything that one open map knows: the view, and the data that the view needs. Data comes from
// the API on its own when the view moves; whoever draws reads the signals.
//
// Looking back: with a play head (`view.as_of`) the same code runs with an earlier horizon, so that
// nothing later is drawn. What comes meanwhile is kept, not shown.
//
// A part of the positions: the tiles, their new columns and the rows of the shown column are of the
// part, all else is of the whole.
// Invariant: `tiles` holds only tiles of `instrument`.

export type Stream = {
  subscribe(to: Subscription): void;
  unsubscribe(from: Subscription): void;
};

export type Phase = 'loading' | 'ready' | 'empty' | 'failed';

const kTileBytesMax = 192 * 2 ** 20;
// A candle and a point of a pane are at least this wide, in device pixels of ratio one.
export const kCandlePx = 6;
const kColumnEveryMs = 700;
// A hole is looked for this long after it was found: while columns come fast it is not the last.
const kFillAfterMs = 300;
const kKnownNothing: Known = { first: unix_ms(0), newest: unix_ms(0) };

// The end of the columns that an answer of /v1/series has. Within a texel of several columns only
// the header knows it; twice the same column would be counted twice.
function column_end_of(body: unknown, at: Level, of: Instrument): number {
  const { index, newest } = series_end_of(body);
  const { first_column, column_interval } = of.grid;
  if (at === 0 || newest === null) return Math.max(of.column_end, (index ?? -1) + 1);
  return Math.round((newest - first_column) / column_interval) + 1;
}

const text_of_tile = (key: TileKey): string => `tile ${key_text(key)}`;
const text_of_chunk = ({ level: at, chunk }: ChunkKey): string => `chunk ${at}/${chunk}`;

export class MapSession {
  readonly view;
  readonly phase = signal<Phase>('loading');
  readonly problems = new Problems();
  readonly note = signal<string | null>(null); // another instrument than the one asked for
  readonly instruments = signal<readonly Instrument[]>([]);
  readonly instrument = signal<Instrument | null>(null);
  readonly health = signal<Health | null>(null);
  readonly stream_state = signal<StreamState>('connecting');
  readonly is_reached = signal(true);
  readonly newest_column = signal<MapColumn | null>(null);
  readonly past_column = signal<MapColumn | null>(null); // of the play head
  readonly clusters = signal<Clusters | null>(null);
  readonly pending_tiles = signal(0);
  readonly series_version = signal(0);
  readonly tiles_version = signal(0);
  readonly texels_version = signal(0); // a texel of a tile that is shown has changed
  readonly size = signal({ width: 0, height: 0, ratio: 1 });

  readonly as_of = computed<UnixMs | null>(() => this.view.value.as_of);
  // The end of all columns that exist, whatever is shown.
  readonly newest = computed<UnixMs>(() => {
    const of = this.instrument.value;
    return of === null ? unix_ms(0) : unix_ms(
      of.grid.first_column + (of.column_end - 1) * of.grid.column_interval);
  });
  readonly horizon = computed<Horizon>(() => {
    const of = this.instrument.value;
    const as_of = this.as_of.value;
    if (of === null) return { column_end: 0, is_cut: false };
    if (as_of === null) return { column_end: of.column_end, is_cut: false };
    const { first_column, column_interval } = of.grid;
    const end = Math.floor((as_of - first_column) / column_interval) + 1;
    return { column_end: Math.min(of.column_end, Math.max(1, end)), is_cut: end < of.column_end };
  });
  readonly known = computed<Known>(() => {
    const of = this.instrument.value;
    if (of === null) return kKnownNothing;
    const { first_column, column_interval } = of.grid;
    return {
      first: first_column,
      newest: unix_ms(first_column + this.horizon.value.column_end * column_interval),
    };
  });
  readonly column = computed<MapColumn | null>(() =>
    (this.as_of.value === null ? this.newest_column.value : this.past_column.value));
  // What of the positions the map shows; null: all.
  readonly part = computed<Part | null>(() =>
    this.instrument.value?.parts.find(({ id }) => id === this.view.value.part) ?? null);
  // The column whose rows are shown: with a part they are of the part. Those of an earlier play
  // head stay until there are newer ones; none are later than it.
  readonly profile = computed<MapColumn | null>(() => {
    const part = this.part.value;
    if (part === null) return this.column.value;
    const rows = this.#part_feed.rows.value;
    const as_of = this.as_of.value;
    if (rows === null || rows.column.part !== part.id) return null;
    const is_fit = as_of === null || rows.as_of === null ? as_of === rows.as_of
      : rows.as_of <= as_of;
    return is_fit ? rows.column : null;
  });
  // The column that is shown is not yet the one that is asked for.
  readonly is_column_late = computed(() => {
    const of = this.instrument.value;
    const as_of = this.as_of.value;
    const column = this.column.value;
    if (of === null || as_of === null) return false;
    if (this.part.value !== null && this.#part_feed.rows.value?.as_of !== as_of) return true;
    return column === null || column.as_of > as_of ||
      as_of - column.as_of >= of.grid.column_interval;
  });
  readonly prints = computed<readonly Liquidation[]>(() => {
    const as_of = this.as_of.value;
    const all = this.#print_feed.all.value;
    return as_of === null ? all : all.filter((one) => one.time <= as_of);
  });
  readonly prints_min_usd = computed<Usd>(() => this.#print_feed.min_usd.value);
  readonly prints_known = computed<TimeRange | null>(() => this.#print_feed.known.value);
  readonly boxes = computed<readonly Box[]>(() => {
    const all = this.clusters.value;
    return all === null ? [] : boxes_of(all.clusters, all.histories, this.as_of.value);
  });
  readonly pinned = computed<Box | null>(() => {
    const { pinned } = this.view.value;
    return pinned === null ? null
      : this.boxes.value.find((one) => one.id === pinned) ?? null;
  });
  readonly tile_level = computed<Level>(() => {
    const of = this.instrument.value;
    const { time, rows } = this.view.value;
    return of === null ? level(0) : tile_level_for(of.grid, time, rows, this.size.value.width);
  });
  readonly series_level = computed<Level>(() => {
    const of = this.instrument.value;
    const { width, ratio } = this.size.value;
    return of === null ? level(0)
      : level_for(of.grid, this.view.value.time, width, kCandlePx * ratio);
  });
  readonly series = computed<SeriesSlice | null>(() => this.#slice(this.series_level.value));
  // The mark of each texel of the map, which distances are measured from; only while they are.
  readonly marks = computed<SeriesSlice | null>(() =>
    (this.view.value.tier === 'all' ? null : this.#slice(this.tile_level.value)));

  readonly look: CellLook; // what is under the crosshair
  tiles = new TileCache(kTileBytesMax);
  // A texel of a tile that is already drawn has changed.
  on_texel: (tile: HeatmapTile, texel: number) => void = () => undefined;

  readonly #api: ApiClient;
  readonly #stream: Stream;
  readonly #decode: DecodeTile;
  #loader: TileLoader | null = null;
  #series: SeriesStore | null = null;
  #requests = new AbortController();
  readonly #loading_chunks = new Set<string>();
  readonly #chunk_pauses = new Map<string, BackOff>(); // of those that have failed
  readonly #past_pause = new BackOff(() => this.refresh());
  #past_for: UnixMs | null = null;
  #is_past_loading = false;
  #column_timer: ReturnType<typeof setTimeout> | undefined;
  #refresh_is_due = false;
  #is_fitted = false; // the rows, to the prices of the instrument
  #fill_timer: ReturnType<typeof setTimeout> | undefined;
  #are_prints_due = false;
  #are_clusters_due = false;
  readonly #log = new ColumnLog();
  readonly #part_feed: PartFeed;
  readonly #print_feed: PrintFeed;
  readonly #growths = new WeakMap<HeatmapTile, Growth>();
  readonly #rows_asked = new Set<number>();

  constructor(view: View, api: ApiClient, stream: Stream, decode: DecodeTile) {
    this.view = signal(view);
    this.#api = api;
    this.look = new CellLook(api);
    this.#part_feed = new PartFeed({ api, stream, ...this.#told_as('part') });
    this.#print_feed = new PrintFeed({ api, ...this.#told_as('prints'),
      on_due: () => {
        this.#are_prints_due = true;
        this.#fill_soon();
      } });
    this.#stream = stream;
    this.#decode = decode;
  }

  // How a feed says what became of its requests, and that it would ask again.
  #told_as(source: string): ReadReports {
    return {
      on_error: (error) => this.problems.tell(source, error),
      on_read: () => this.problems.end(source),
      on_wait_over: () => this.refresh(),
    };
  }

  #slice(at: Level): SeriesSlice | null {
    void this.series_version.value;
    if (this.instrument.value === null || this.#series === null) return null;
    return this.#series.slice(at, this.#series_range(at), this.horizon.value);
  }

  // A candle lies a column before its texel, so one more than the view holds may be seen.
  #series_range(at: Level): TimeRange {
    const { from, to } = this.view.value.time;
    const of = this.instrument.value;
    return of === null ? { from, to } : { from, to: unix_ms(to + texel_ms(of.grid, at)) };
  }

  // Tiles of a view, at any level: what is wanted, or what may stand in for it.
  tiles_at(at: Level): TileKey[] {
    const of = this.instrument.value;
    if (of === null) return [];
    const { time, rows } = this.view.value;
    return tiles_in(of.grid, at, time, rows, this.horizon.value.column_end, of.row_tiles)
      .map((key) => this.of_part(key));
  }

  // A tile of all positions, as the one that is shown in its place.
  of_part(key: TileKey): TileKey {
    const part = this.part.value?.id;
    return part === undefined ? key : { ...key, part };
  }

  change(reduce: (view: View, known: Known) => View): void {
    this.view.value = reduce(this.view.value, this.known.value);
    this.refresh();
  }

  // Moves the play head to a column; at the newest one and beyond, back to all that is known. A
  // view that follows goes with it, another one is moved only when nothing in it would be left.
  look_back_to(time: UnixMs | null): void {
    const of = this.instrument.value;
    if (of === null) return;
    const { first_column, column_interval } = of.grid;
    const column = time === null ? of.column_end
      : Math.max(0, Math.round((time - first_column) / column_interval));
    const as_of = column >= of.column_end - 1 ? null
      : unix_ms(first_column + column * column_interval);
    if (as_of === null) this.past_column.value = null;
    this.view.value = { ...this.view.value, as_of };
    this.view.value = pan_time(follow(this.view.value, this.known.value), ms(0), this.known.value);
    this.fit();
    this.refresh();
  }

  resize(width: number, height: number, ratio: number): void {
    this.size.value = { width, height, ratio };
    this.refresh();
  }

  async start(): Promise<void> {
    try {
      const [instruments, health] = await Promise.all([
        this.#api.json('/v1/instruments', {}), this.#api.json('/v1/health', {})]);
      this.instruments.value = instruments_of(instruments);
      this.health.value = health_of(health);
      this.problems.end('start');
    } catch (error) {
      this.phase.value = 'failed';
      this.problems.tell('start', error);
      throw error;
    }
    const wanted = this.view.value.instrument;
    const all = this.instruments.value;
    const chosen = all.find(({ id }) => id === wanted) ?? all[0];
    if (wanted !== null && chosen !== undefined && chosen.id !== wanted) {
      this.note.value = `${wanted} is not served; this is ${chosen.id}`;
    }
    if (chosen === undefined) this.phase.value = 'empty';
    if (chosen !== undefined) this.open(chosen);
  }

  // Shows another series: nothing of the old one stays.
  open(instrument: Instrument): void {
    const old = this.instrument.value;
    this.#requests.abort();
    this.#requests = new AbortController();
    this.#loader?.stop();
    this.tiles.clear();
    this.look.clear();
    this.#part_feed.leave();
    if (instrument.column_end === 0) this.phase.value = 'empty';
    this.newest_column.value = null;
    this.past_column.value = null;
    this.clusters.value = null;
    this.#print_feed.clear();
    this.problems.end_all((source) => source !== 'drawing');
    this.#end_pauses();
    this.#past_for = null;
    this.#loading_chunks.clear();
    this.#log.clear();
    this.#rows_asked.clear();
    this.#is_fitted = false;
    this.#series = new SeriesStore(instrument.grid);
    this.#loader = new TileLoader({
      api: this.#api,
      decode: this.#decode,
      cache: this.tiles,
      instrument: instrument.id,
      series: instrument.series,
      column_end: () => this.instrument.value?.column_end ?? 0,
      on_tile: (tile, column_end) => this.#take_tile(tile, column_end),
      on_error: (key, error) => this.problems.tell(text_of_tile(key), error),
      on_answer: (key) => this.problems.end(text_of_tile(key)),
      on_pending: (count) => { this.pending_tiles.value = count; },
    });
    const is_other = old !== null &&
      (old.id !== instrument.id || old.series !== instrument.series);
    this.instrument.value = instrument;
    this.view.value = follow({
      ...this.view.value, instrument: instrument.id,
      ...(is_other ? { is_fit: true, scale: null, is_live: true, as_of: null, pinned: null }
        : {}),
    }, this.known.value);
    this.keep_within();
    for (const channel of ['map', 'liquidations', 'clusters', 'health'] as const) {
      if (old !== null) this.#stream.unsubscribe({ channel, instrument: old.id });
      this.#stream.subscribe({ channel, instrument: instrument.id });
    }
    void this.#load_column();
    void this.#load_clusters();
    this.refresh();
  }

  #end_pauses(): void {
    this.#past_pause.reset();
    for (const pause of this.#chunk_pauses.values()) pause.reset();
    this.#chunk_pauses.clear();
    this.#print_feed.try_again();
    this.#part_feed.try_again();
  }

  // An address may name times that this series does not have: of another one, or of an old start.
  // Before the first column nothing is judged; where more is on its way, nothing that is later.
  keep_within(is_more_coming = false): void {
    this.#keep_part();
    const view = this.view.value;
    if ((this.instrument.value?.column_end ?? 0) === 0) return;
    const { first } = this.known.value;
    if (view.as_of !== null && (view.as_of < first ||
      (!is_more_coming && view.as_of > this.newest.value))) {
      this.note.value = 'The series does not have that time; this is the newest';
      this.view.value = { ...view, as_of: null };
    }
    this.view.value = pan_time(follow(this.view.value, this.known.value), ms(0), this.known.value);
  }

  #keep_part(): void {
    const { part } = this.view.value;
    if (part === null || this.instrument.value === null || this.part.value !== null) return;
    this.note.value = `The series has no part ${part}; these are all positions`;
    this.view.value = { ...this.view.value, part: null };
  }

  // Asks for what the view needs and is not here, once for all changes of this turn.
  refresh(): void {
    if (this.#refresh_is_due) return;
    this.#refresh_is_due = true;
    queueMicrotask(() => {
      this.#refresh_is_due = false;
      const of = this.instrument.value;
      if (of === null || this.size.value.width === 0) return;
      this.#part_feed.show(of.id, this.part.value?.id ?? null);
      this.#part_feed.read(this.as_of.value);
      const tiles = this.tiles_at(this.tile_level.value);
      const chunks = this.#chunks();
      this.#loader?.want(tiles);
      for (const key of chunks) {
        if (this.#series?.has(key) === false) void this.#load_chunk(key);
      }
      this.#forget_failed(tiles, chunks);
      this.#grow();
      this.#read_prints(false);
      void this.#load_past();
    });
  }

  // What has failed and is not looked at any more is no problem, and no reason to wait.
  #forget_failed(tiles: readonly TileKey[], chunks: readonly ChunkKey[]): void {
    const wanted = new Set([...tiles.map(text_of_tile), ...chunks.map(text_of_chunk)]);
    for (const [text, pause] of this.#chunk_pauses) {
      if (wanted.has(text)) continue;
      pause.reset();
      this.#chunk_pauses.delete(text);
    }
    this.problems.end_all((source) => /^(tile|chunk) /.test(source) && !wanted.has(source));
    if (this.part.value === null) this.problems.end('part');
    if (this.as_of.value === null) this.problems.end('past column');
  }

  #chunks(): ChunkKey[] {
    const levels = this.view.value.tier === 'all' ? [this.series_level.value]
      : [this.series_level.value, this.tile_level.value];
    return [...new Set(levels)].flatMap((at) =>
      this.#series?.chunks_in(at, this.#series_range(at), this.horizon.value) ?? []);
  }

  // Whether it is still served, and as the same series.
  check_instrument(): void {
    const of = this.instrument.value;
    if (of !== null) void this.#load_instrument(of);
  }

  // What has failed is asked for at once: the service or the network is back.
  try_again(): void {
    this.#end_pauses();
    this.refresh();
  }

  // Everything that is shown is read again: after a gap, and when the network is back.
  renew(): void {
    this.#loader?.try_again();
    this.problems.end('stream');
    const of = this.instrument.value;
    if (of === null) return;
    void this.#load_instrument(of);
    this.#renew_tiles(of);
    for (const key of this.#chunks()) void this.#load_chunk(key);
    this.#read_prints(true);
    void this.#load_column();
    void this.#load_clusters();
    this.refresh();
  }

  #renew_tiles(of: Instrument): void {
    for (const key of this.tiles_at(this.tile_level.value)) {
      if (this.#is_open_tile(key, of)) this.#loader?.renew(key);
    }
    this.#part_feed.read(this.as_of.value, true);
  }

  // Updates of a channel were lost or merged. Health is whole in each message and needs nothing.
  on_gap({ channel, kind, part }: StreamMessage): void {
    const of = this.instrument.value;
    if (part !== undefined) {
      if (kind !== 'snapshot' || part !== this.part.value?.id || of === null) return;
      this.#part_feed.log.clear();
      this.#renew_tiles(of);
    } else if (channel === 'map' && kind === 'snapshot') {
      this.#log.clear();
      this.renew();
    }
    if (channel === 'liquidations') {
      this.#are_prints_due = true;
      this.#fill_soon();
    }
    if (channel === 'clusters') {
      this.#are_clusters_due = true;
      this.#fill_soon();
    }
  }

  // At once, so that nobody sees a column before the tiles have it.
  take(message: StreamMessage): void {
    const source = `message of ${message.channel}`;
    batch(() => {
      try {
        this.#take(message);
        this.problems.end(source);
      } catch (error) {
        this.problems.tell(source, error);
      }
    });
  }

  #take(message: StreamMessage): void {
    if (message.channel === 'health') this.health.value = health_of(message.data);
    // Null before the first column.
    if (message.instrument !== this.instrument.value?.id || message.data === null) return;
    if (message.channel === 'map' && message.part === undefined) {
      this.#take_column(message.data);
    }
    if (message.channel === 'map' && message.part !== undefined) {
      this.#take_part(message.part, message.data);
    }
    if (message.channel === 'clusters') {
      const fresh = clusters_of(message.data);
      const before = this.clusters.value?.histories ?? [];
      const { column_interval } = this.instrument.value.grid;
      this.clusters.value = { ...fresh,
        histories: with_moments(fresh.histories, before, column_interval) };
    }
    if (message.channel === 'liquidations' && message.kind === 'delta') {
      this.#print_feed.take(liquidations_of(message.data));
    }
  }

  #is_open_tile(key: TileKey, of: Instrument): boolean {
    return (key.column + 1) * kTileSize * 2 ** key.level >= of.column_end;
  }

  #take_column(data: unknown): void {
    const of = this.instrument.value;
    if (of === null) return;
    const message = column_message_of(data);
    this.#log.add(message);
    if (message.column >= of.column_end) {
      this.instrument.value = { ...of, column_end: message.column + 1 };
    }
    const width = 2 ** this.tile_level.value;
    const texel_of = (column: number): number => Math.floor(column / width);
    const is_told = this.part.value === null || this.#part_feed.log.column_end > 0;
    if (texel_of(message.column) > texel_of(of.column_end - 1) && is_told) {
      this.#loader?.try_again();
    }
    this.#meet_rows(message, of);
    this.view.value = follow(this.view.value, this.known.value);
    this.#grow();
    this.fit();
    this.#column_timer ??= setTimeout(() => {
      this.#column_timer = undefined;
      if (this.as_of.value === null) this.#part_feed.read(null, true);
      void this.#load_column();
    }, kColumnEveryMs);
    this.refresh();
  }

  // Its entry of the series is that of the whole, which comes on its own.
  #take_part(part: string, data: unknown): void {
    if (part !== this.part.value?.id) return;
    const is_first = this.#part_feed.log.column_end === 0;
    this.#part_feed.log.add(column_message_of(data));
    this.#grow();
    if (!is_first) return;
    this.#loader?.try_again(); // it is known from now on
    this.refresh();
  }

  // Which rows have tiles is known from the instrument: a column beyond them is a reason to ask.
  #meet_rows({ sides }: ColumnMessage, of: Instrument): void {
    for (const { first_row, codes } of sides) {
      const first = Math.floor(first_row / kTileSize);
      const end = Math.ceil((first_row + codes.length) / kTileSize);
      for (let row = first; row < end; row += 1) {
        if (of.row_tiles.includes(row) || this.#rows_asked.has(row)) continue;
        this.#rows_asked.add(row);
        void this.#load_instrument(of);
      }
    }
  }

  #take_tile(tile: HeatmapTile, column_end: number): void {
    const old = this.#growths.get(tile);
    this.#growths.set(tile, grown_to(Math.max(column_end, old?.whole_to ?? 0)));
    this.#grow();
    this.tiles_version.value += 1;
  }

  // What is shown gets the columns that came by the stream; a hole is filled soon.
  #grow(): void {
    let is_whole = true;
    for (const key of this.tiles_at(this.tile_level.value)) {
      const tile = this.tiles.peek(key);
      if (tile === undefined) continue;
      this.#grow_tile(tile);
      is_whole &&= this.#is_whole_tile(tile);
    }
    let is_changed = false;
    for (const key of this.#chunks()) {
      is_changed = this.#series?.grow(key, this.#log) === true || is_changed;
      is_whole &&= this.#series?.is_whole(key, this.horizon.value.column_end) !== false;
    }
    if (is_changed) this.series_version.value += 1;
    if (!is_whole) this.#fill_soon();
  }

  #grow_tile(tile: HeatmapTile): void {
    const growth = this.#growths.get(tile);
    const width = 2 ** tile.key.level;
    if (growth === undefined) return;
    const log = tile.key.part === undefined ? this.#log : this.#part_feed.log;
    grow(growth, log, (message) => {
      const texel = add_column(tile, message);
      if (texel === null) return;
      this.on_texel(tile, texel);
      this.texels_version.value += 1;
      // The mean of a texel is rounded at each step: when it is over, it is read once more.
      if ((message.column + 1) % width === 0 && width > 1) this.#loader?.renew(tile.key);
    });
  }

  #is_whole_tile(tile: HeatmapTile): boolean {
    const { level: at, column } = tile.key;
    // What the stream has not told of a part may come yet, or is not known yet: it is no hole.
    const newest = tile.key.part === undefined ? this.horizon.value.column_end
      : Math.min(this.horizon.value.column_end, this.#part_feed.log.column_end);
    const end = Math.min(newest, (column + 1) * kTileSize * 2 ** at);
    return (this.#growths.get(tile)?.whole_to ?? 0) >= end;
  }

  #fill_soon(): void {
    this.#fill_timer ??= setTimeout(() => {
      this.#fill_timer = undefined;
      this.#fill();
    }, kFillAfterMs);
  }

  // Reads again what has holes, and so all that came until now.
  #fill(): void {
    for (const key of this.tiles_at(this.tile_level.value)) {
      const tile = this.tiles.peek(key);
      if (tile !== undefined && !this.#is_whole_tile(tile)) this.#loader?.renew(key);
    }
    for (const key of this.#chunks()) {
      const is_whole = this.#series?.is_whole(key, this.horizon.value.column_end);
      if (is_whole === false) void this.#load_chunk(key);
    }
    if (this.#are_prints_due) this.#read_prints(true);
    this.#are_prints_due = false;
    if (this.#are_clusters_due) void this.#load_clusters();
    this.#are_clusters_due = false;
  }

  // Rows that nobody has moved follow what was traded.
  fit(): void {
    const series = this.series.value;
    if (series === null || !this.view.value.is_fit) return;
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (const value of series.fields.low) if (value < low) low = value;
    for (const value of series.fields.high) if (value > high) high = value;
    if (high === 0) return;
    const rows = [low, high].map((value) => row_position_of_price(price(value)));
    const [from, to] = rows;
    if (from === undefined || to === undefined) return;
    // Rows that were never fitted may hold the price by chance.
    if (this.#is_fitted && !needs_fit(this.view.value, from, to)) return;
    this.#is_fitted = true;
    this.view.value = fit_rows(this.view.value, from, to);
    this.refresh();
  }

  async #load_instrument(of: Instrument): Promise<void> {
    try {
      this.instruments.value = instruments_of(await this.#api.json('/v1/instruments', {}));
      this.problems.end('instruments');
      const now = this.instruments.value.find(({ id }) => id === of.id);
      if (this.instrument.value?.id !== of.id) return;
      const other = this.instruments.value[0];
      if (now === undefined && other !== undefined) {
        this.note.value = `${of.id} is not served any more; this is ${other.id}`;
        this.open(other);
      }
      if (now === undefined) return;
      // The service was started again with another series: nothing of the old one is true of it.
      if (now.series !== this.instrument.value.series) {
        this.open(now);
        return;
      }
      const is_first = this.instrument.value.column_end === 0 && now.column_end > 0;
      this.instrument.value = now;
      if (now.column_end === 0) {
        // The same series, made anew.
        this.phase.value = 'empty';
        this.newest_column.value = null;
      }
      this.view.value = follow(this.view.value, this.known.value);
      if (is_first) this.keep_within(true);
      this.refresh();
    } catch (error) {
      this.problems.tell('instruments', error);
    }
  }

  async #load_column(): Promise<void> {
    const of = this.instrument.value;
    if (of === null) return;
    const { signal: gone } = this.#requests;
    try {
      const query = { instrument: of.id };
      const column = map_of(await this.#api.json('/v1/map', query, gone));
      this.newest_column.value = column;
      this.phase.value = 'ready';
      this.problems.end('column');
      this.#fix_scale(column);
    } catch (error) {
      this.problems.tell('column', error);
    }
  }

  #fix_scale(column: MapColumn): void {
    if (this.view.value.scale !== null || column.open_interest_usd === null) return;
    const scale = scale_for_open_interest(column.open_interest_usd);
    this.view.value = { ...this.view.value, scale };
  }

  // One request at a time: while the play head is dragged, what it has passed is not asked for.
  // What has failed is asked for again after a pause.
  async #load_past(): Promise<void> {
    const of = this.instrument.value;
    const as_of = this.as_of.value;
    if (of === null || as_of === null || as_of === this.#past_for || this.#is_past_loading) return;
    if (!this.#past_pause.may_ask(String(as_of))) return;
    this.#past_for = as_of;
    this.#is_past_loading = true;
    let is_over = false;
    const { signal: gone } = this.#requests;
    try {
      const query = { instrument: of.id, as_of: rfc3339(as_of) };
      const column = map_of(await this.#api.json('/v1/map', query, gone));
      if (this.as_of.value !== null) this.past_column.value = column;
      this.#past_pause.reset();
      this.problems.end('past column');
    } catch (error) {
      this.#past_for = null; // whoever asks again is heard
      // Else another series is shown, or the play head has gone on: that is asked for.
      is_over = !gone.aborted && this.as_of.value === as_of;
      if (is_over) this.#past_pause.failed(String(as_of));
      if (is_over) this.problems.tell('past column', error);
    }
    this.#is_past_loading = false;
    if (this.as_of.value === null) this.#past_for = null;
    else if (!is_over) void this.#load_past();
  }

  async #load_clusters(): Promise<void> {
    const of = this.instrument.value;
    if (of === null) return;
    try {
      const query = { instrument: of.id };
      const answer = clusters_of(
        await this.#api.json('/v1/clusters', query, this.#requests.signal));
      const held = this.clusters.value;
      this.clusters.value = held !== null && held.as_of > answer.as_of
        ? with_older(held, answer, of.grid.column_interval) : answer;
      this.problems.end('clusters');
    } catch (error) {
      this.problems.tell('clusters', error);
    }
  }

  async #load_chunk(key: ChunkKey): Promise<void> {
    const of = this.instrument.value;
    const store = this.#series;
    const text = text_of_chunk(key);
    if (of === null || store === null || this.#loading_chunks.has(text)) return;
    if (this.#chunk_pauses.get(text)?.may_ask(text) === false) return;
    this.#loading_chunks.add(text);
    try {
      const { from, to } = store.range_of(key);
      const query = { instrument: of.id, from: rfc3339(from), to: rfc3339(to), level: key.level };
      const body = await this.#api.json('/v1/series', query, this.#requests.signal);
      if (store !== this.#series) return;
      store.put(key, series_of(body), column_end_of(body, key.level, of));
      this.#chunk_pauses.delete(text);
      this.problems.end(text);
      this.#grow();
      this.series_version.value += 1;
      this.fit();
    } catch (error) {
      if (store !== this.#series) return;
      const pause = this.#chunk_pauses.get(text) ?? new BackOff(() => this.refresh());
      this.#chunk_pauses.set(text, pause);
      pause.failed(text);
      this.problems.tell(text, error);
    }
    this.#loading_chunks.delete(text);
  }

  #read_prints(is_renewal: boolean): void {
    const of = this.instrument.value;
    if (of !== null) this.#print_feed.read(of.id, this.view.value.time, is_renewal);
  }
}
