import { texel_ms } from './tile_grid.ts';
import { kCandleFields } from './api_types.ts';
import { kSides, level, unix_ms } from '../units/unit.ts';
import type { Level, Side, UnixMs } from '../units/unit.ts';
import type { ScalarField, SeriesBlock, SideField } from './api_types.ts';
import type { SeriesGrid, TimeRange } from './tile_grid.ts';

// Candles, open interest, funding and flows, by level, in chunks on a fixed grid as the tiles are.
// NaN, inside of this store only, is what nobody knows.

export const kChunkTexels = 512;
const kChunksMax = 64;

export type SeriesField =
  | ScalarField
  | `${SideField}.${Side}`
  | `liquidation_interval.${Side}.${'low' | 'high'}`;

export type SeriesSlice = {
  readonly level: Level;
  readonly times: readonly UnixMs[];
  readonly fields: Readonly<Record<SeriesField, readonly number[]>>;
};

export type ChunkKey = { readonly level: Level; readonly chunk: number };

const kLastFields: readonly ScalarField[] = ['close', 'open_interest_usd', 'funding_rate'];
const kFlows: readonly SideField[] = ['crossed_usd', 'expected_liquidation_usd', 'printed_usd'];
export const kSeriesFields: readonly SeriesField[] = [
  ...kCandleFields, 'open_interest_usd', 'funding_rate',
  ...kFlows.flatMap((flow) => kSides.map((side) => `${flow}.${side}` as const)),
  ...kSides.flatMap((side) => (['low', 'high'] as const).map((edge) =>
    `liquidation_interval.${side}.${edge}` as const)),
];

type Chunk = Record<SeriesField, Float64Array>;

const chunk_text = (key: ChunkKey): string => `${key.level}/${key.chunk}`;

function empty_chunk(): Chunk {
  return Object.fromEntries(kSeriesFields.map((field) =>
    [field, new Float64Array(kChunkTexels).fill(Number.NaN)])) as Chunk;
}

function values_of(block: SeriesBlock): Record<SeriesField, readonly (number | null)[]> {
  const out: Partial<Record<SeriesField, readonly (number | null)[]>> = { ...block.scalars };
  for (const side of kSides) {
    for (const flow of kFlows) out[`${flow}.${side}`] = block.by_side[flow][side];
    out[`liquidation_interval.${side}.low`] = block.interval[side].low;
    out[`liquidation_interval.${side}.high`] = block.interval[side].high;
  }
  return out as Record<SeriesField, readonly (number | null)[]>;
}

// A texel takes one more column.
function merge_entry(chunk: Chunk, at: number, from: Record<SeriesField, number>): void {
  const merge = (field: SeriesField, with_old: (old: number, added: number) => number): void => {
    const old = chunk[field][at] ?? Number.NaN;
    const added = from[field];
    if (!Number.isNaN(added)) chunk[field][at] = Number.isNaN(old) ? added : with_old(old, added);
  };
  merge('open', (old) => old);
  merge('high', Math.max);
  merge('low', Math.min);
  for (const field of kLastFields) merge(field, (_, added) => added);
  for (const flow of kFlows) {
    for (const side of kSides) merge(`${flow}.${side}`, (old, added) => old + added);
  }
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

  chunks_in(at: Level, range: TimeRange, column_end: number): ChunkKey[] {
    const span = texel_ms(this.#grid, at) * kChunkTexels;
    const end = this.#grid.first_column + column_end * this.#grid.column_interval;
    const from = Math.max(0, Math.floor((range.from - this.#grid.first_column) / span));
    const to = Math.ceil((Math.min(range.to, end) - this.#grid.first_column) / span);
    return Array.from({ length: Math.max(0, to - from) }, (_, i) =>
      ({ level: at, chunk: from + i }));
  }

  range_of(key: ChunkKey): TimeRange {
    const span = texel_ms(this.#grid, key.level) * kChunkTexels;
    const from = this.#grid.first_column + key.chunk * span;
    return { from: unix_ms(from), to: unix_ms(from + span) };
  }

  put(key: ChunkKey, block: SeriesBlock): void {
    const chunk = empty_chunk();
    const values = values_of(block);
    const size = texel_ms(this.#grid, key.level);
    block.time.forEach((time, i) => {
      const texel = Math.floor((time - this.#grid.first_column) / size);
      const at = texel - key.chunk * kChunkTexels;
      if (at < 0 || at >= kChunkTexels) return;
      for (const field of kSeriesFields) chunk[field][at] = values[field][i] ?? Number.NaN;
    });
    this.#chunks.delete(chunk_text(key));
    this.#chunks.set(chunk_text(key), chunk);
    const oldest = this.#chunks.keys().next().value;
    if (this.#chunks.size > kChunksMax && oldest !== undefined) this.#chunks.delete(oldest);
  }

  // Adds a new column to every level that is here. The interval of a sum is no sum of intervals:
  // above level 0 it stays unknown until the chunk is read again.
  add(block: SeriesBlock): void {
    const time = block.time[0];
    if (time === undefined) return;
    const values = values_of(block);
    const entry = Object.fromEntries(kSeriesFields.map((field) =>
      [field, values[field][0] ?? Number.NaN])) as Record<SeriesField, number>;
    for (const [text, chunk] of this.#chunks) {
      const [at_level, number] = text.split('/').map(Number);
      const size = texel_ms(this.#grid, level(at_level ?? 0));
      const at = Math.floor((time - this.#grid.first_column) / size) - (number ?? 0) * kChunkTexels;
      if (at < 0 || at >= kChunkTexels) continue;
      merge_entry(chunk, at, entry);
      if (at_level !== 0) continue;
      for (const field of kSeriesFields) chunk[field][at] = entry[field];
    }
  }

  // Texels of the range that are here, in order of time; unknown ones inside it are kept as NaN.
  slice(at: Level, range: TimeRange, column_end: number): SeriesSlice {
    const size = texel_ms(this.#grid, at);
    const first = this.#grid.first_column;
    const end = first + column_end * this.#grid.column_interval;
    const times: UnixMs[] = [];
    const fields = Object.fromEntries(kSeriesFields.map((field) => [field, [] as number[]])) as
      Record<SeriesField, number[]>;
    for (const key of this.chunks_in(at, range, column_end)) {
      const chunk = this.#chunks.get(chunk_text(key));
      if (chunk === undefined) continue;
      for (let i = 0; i < kChunkTexels; i += 1) {
        const time = first + (key.chunk * kChunkTexels + i) * size;
        if (time + size <= range.from || time >= range.to || time >= end) continue;
        times.push(unix_ms(time));
        for (const field of kSeriesFields) fields[field].push(chunk[field][i] ?? Number.NaN);
      }
    }
    return { level: at, times, fields };
  }
}
