import { texel_ms } from './tile_grid.ts';
import { kCandleFields } from './api_series.ts';
import { grow, grown_to } from './growth.ts';
import { kSides, level, unix_ms } from '../units/unit.ts';
import type { Level, Side, UnixMs } from '../units/unit.ts';
import type { ScalarField, SeriesBlock, SideField } from './api_series.ts';
import type { ColumnLog, Growth } from './growth.ts';
import type { SeriesGrid, TimeRange } from './tile_grid.ts';

// Candles, open interest, funding and flows, by level, in chunks on a fixed grid as the tiles are.
// NaN, inside of this store only, is what nobody knows.

export const kChunkTexels = 512;
const kChunksMax = 96;
// How many levels finer the texels are that the last candle is made of, as of an earlier time.
const kTailLevels = 5;

export type SeriesField =
  | ScalarField
  | `${SideField}.${Side}`
  | `liquidation_interval.${Side}.${'low' | 'high'}`;

export type SeriesSlice = {
  readonly level: Level;
  readonly times: readonly UnixMs[]; // of the first column of each texel
  readonly fields: Readonly<Record<SeriesField, readonly number[]>>;
};

export type ChunkKey = { readonly level: Level; readonly chunk: number };
// What is to be seen of a series: nothing from `column_end` on. When it is cut, later columns exist
// and are in the texels that hold `column_end`.
export type Horizon = { readonly column_end: number; readonly is_cut: boolean };

const kLastFields = ['close', 'open_interest_usd'] as const;
const kFlowFields = ['funding_rate', 'taker_buy_usd', 'taker_sell_usd'] as const;
const kSideFlows = ['crossed_usd', 'expected_liquidation_usd', 'printed_usd'] as const;
const by_side = <T extends SideField>(field: T) =>
  kSides.map((side) => `${field}.${side}` as const);
const kIntervalFields = kSides.flatMap((side) => (['low', 'high'] as const).map((edge) =>
  `liquidation_interval.${side}.${edge}` as const));
export const kSeriesFields: readonly SeriesField[] = [
  ...kCandleFields, 'open_interest_usd', ...kFlowFields,
  ...kSideFlows.flatMap(by_side), ...by_side('near_1_percent_usd'), ...kIntervalFields,
];

type Merge = (old: number, added: number) => number;
const last: Merge = (_, added) => added;
const sum: Merge = (old, added) => old + added;
const unknown: Merge = () => Number.NaN; // an interval of a sum is no sum of intervals

const each = (fields: readonly SeriesField[], merge: Merge) =>
  fields.map((field) => [field, merge] as const);
const kMerges = new Map<SeriesField, Merge>([
  ['open', (old) => old], ['high', Math.max], ['low', Math.min],
  ...each(kLastFields, last), ...each(by_side('near_1_percent_usd'), last),
  ...each(kFlowFields, sum), ...each(kSideFlows.flatMap(by_side), sum),
  ...each(kIntervalFields, unknown),
]);

// What a texel has when it takes one more column or finer texel.
function merged(field: SeriesField, old: number, added: number): number {
  const merge = kMerges.get(field) ?? last;
  if (merge === unknown) return Number.NaN;
  if (Number.isNaN(added)) return old;
  return Number.isNaN(old) ? added : merge(old, added);
}

type Chunk = Record<SeriesField, Float64Array> & { growth: Growth };
type Entry = Record<SeriesField, number>;

const chunk_text = (key: ChunkKey): string => `${key.level}/${key.chunk}`;

function record_of<T>(make: (field: SeriesField) => T): Record<SeriesField, T> {
  return Object.fromEntries(kSeriesFields.map((field) => [field, make(field)])) as
    Record<SeriesField, T>;
}

function empty_chunk(growth: Growth): Chunk {
  return { ...record_of(() => new Float64Array(kChunkTexels).fill(Number.NaN)), growth };
}

function values_of(block: SeriesBlock): Record<SeriesField, readonly (number | null)[]> {
  const out: Partial<Record<SeriesField, readonly (number | null)[]>> = { ...block.scalars };
  for (const side of kSides) {
    for (const flow of [...kSideFlows, 'near_1_percent_usd'] as const) {
      out[`${flow}.${side}`] = block.by_side[flow][side];
    }
    out[`liquidation_interval.${side}.low`] = block.interval[side].low;
    out[`liquidation_interval.${side}.high`] = block.interval[side].high;
  }
  return out as Record<SeriesField, readonly (number | null)[]>;
}

export class SeriesStore {
  readonly #grid: SeriesGrid;
  readonly #chunks = new Map<string, Chunk>();

  constructor(grid: SeriesGrid) {
    this.#grid = grid;
  }

  has(key: ChunkKey): boolean {
    return this.#chunks.has(chunk_text(key));
  }

  chunks_in(at: Level, range: TimeRange, { column_end, is_cut }: Horizon): ChunkKey[] {
    const span = texel_ms(this.#grid, at) * kChunkTexels;
    const end = this.#grid.first_column + column_end * this.#grid.column_interval;
    const from = Math.max(0, Math.floor((range.from - this.#grid.first_column) / span));
    const to = Math.ceil((Math.min(range.to, end) - this.#grid.first_column) / span);
    const keys = Array.from({ length: Math.max(0, to - from) }, (_, i) =>
      ({ level: at, chunk: from + i }));
    return is_cut ? [...keys, ...this.#tail_chunks(at, column_end)] : keys;
  }

  // Where the finer texels are that lie before `column_end` in the texel that holds it.
  #tail(at: Level, column_end: number): { fine: Level; from: number; to: number } {
    const fine = level(at - kTailLevels);
    const first = Math.floor(column_end / 2 ** at) * 2 ** at;
    return { fine, from: first / 2 ** fine, to: Math.floor(column_end / 2 ** fine) };
  }

  #tail_chunks(at: Level, column_end: number): ChunkKey[] {
    const { fine, from, to } = this.#tail(at, column_end);
    if (at === 0 || to <= from) return [];
    const [first, end] = [Math.floor(from / kChunkTexels), Math.ceil(to / kChunkTexels)];
    return Array.from({ length: end - first }, (_, i) => ({ level: fine, chunk: first + i }));
  }

  range_of(key: ChunkKey): TimeRange {
    const span = texel_ms(this.#grid, key.level) * kChunkTexels;
    const from = this.#grid.first_column + key.chunk * span;
    return { from: unix_ms(from), to: unix_ms(from + span) };
  }

  // With all columns before `column_end`.
  put(key: ChunkKey, block: SeriesBlock, column_end = 0): void {
    const chunk = empty_chunk(grown_to(column_end));
    const values = values_of(block);
    block.index.forEach((index, i) => {
      const at = Math.floor(index / 2 ** key.level) - key.chunk * kChunkTexels;
      if (at < 0 || at >= kChunkTexels) return;
      for (const field of kSeriesFields) chunk[field][at] = values[field][i] ?? Number.NaN;
    });
    this.#chunks.delete(chunk_text(key));
    this.#chunks.set(chunk_text(key), chunk);
    const oldest = this.#chunks.keys().next().value;
    if (this.#chunks.size > kChunksMax && oldest !== undefined) this.#chunks.delete(oldest);
  }

  // Adds the columns of the log that the chunk does not have yet; says whether any was added.
  grow(key: ChunkKey, log: ColumnLog): boolean {
    const chunk = this.#chunks.get(chunk_text(key));
    let is_changed = false;
    if (chunk === undefined) return false;
    grow(chunk.growth, log, ({ series }) => {
      is_changed = this.#add(key, chunk, series) || is_changed;
    });
    return is_changed;
  }

  // A chunk that is here has all of its columns before `column_end`.
  is_whole(key: ChunkKey, column_end: number): boolean {
    const growth = this.#chunks.get(chunk_text(key))?.growth;
    const end = Math.min(column_end, (key.chunk + 1) * kChunkTexels * 2 ** key.level);
    return growth === undefined || growth.whole_to >= end;
  }

  #add(key: ChunkKey, chunk: Chunk, block: SeriesBlock): boolean {
    const index = block.index[0];
    if (index === undefined) return false;
    const at = Math.floor(index / 2 ** key.level) - key.chunk * kChunkTexels;
    if (at < 0 || at >= kChunkTexels) return false;
    const values = values_of(block);
    const entry = record_of((field) => values[field][0] ?? Number.NaN);
    for (const field of kSeriesFields) {
      const old = chunk[field][at] ?? Number.NaN;
      chunk[field][at] = key.level === 0 ? entry[field] : merged(field, old, entry[field]);
    }
    return true;
  }

  #entry(at: Level, texel: number): Entry | null {
    const number = Math.floor(texel / kChunkTexels);
    const chunk = this.#chunks.get(chunk_text({ level: at, chunk: number }));
    if (chunk === undefined) return null;
    return record_of((field) => chunk[field][texel - number * kChunkTexels] ?? Number.NaN);
  }

  // A texel as it was known before `column_end`: of whole finer texels, so of up to a thirty-second
  // of its width less than that; unknown while these are not here.
  #tail_entry(at: Level, column_end: number): Entry {
    const { fine, from, to } = this.#tail(at, column_end);
    let out = record_of(() => Number.NaN);
    for (let texel = from; texel < to; texel += 1) {
      const added = this.#entry(fine, texel);
      if (added !== null) out = record_of((field) => merged(field, out[field], added[field]));
    }
    return out;
  }

  // Texels of the range that are here, in order of time; unknown ones inside it are kept as NaN.
  slice(at: Level, range: TimeRange, horizon: Horizon): SeriesSlice {
    const { column_end, is_cut } = horizon;
    const size = texel_ms(this.#grid, at);
    const first = this.#grid.first_column;
    const end = first + column_end * this.#grid.column_interval;
    const times: UnixMs[] = [];
    const fields = record_of(() => [] as number[]);
    for (const { level: of, chunk: number } of this.chunks_in(at, range, horizon)) {
      const chunk = this.#chunks.get(chunk_text({ level: of, chunk: number }));
      if (chunk === undefined || of !== at) continue;
      for (let i = 0; i < kChunkTexels; i += 1) {
        const time = first + (number * kChunkTexels + i) * size;
        if (time + size <= range.from || time >= range.to || time >= end) continue;
        times.push(unix_ms(time));
        const tail = is_cut && time + size > end ? this.#tail_entry(at, column_end) : null;
        for (const field of kSeriesFields) {
          fields[field].push(tail?.[field] ?? chunk[field][i] ?? Number.NaN);
        }
      }
    }
    return { level: at, times, fields };
  }
}
