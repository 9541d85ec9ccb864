import { decompress } from 'fzstd';

import { column_index, kLevelMax, kSides, level, ms, unix_ms } from '../units/unit.ts';
import type { Level, Ms, UnixMs } from '../units/unit.ts';

// A square of the heatmap, as docs/formats/heatmap_tile.md draws its bytes.

export const kTileSize = 256;
export const kTileCells = kTileSize * kTileSize;

export type TileKey = {
  readonly level: Level;
  readonly column: number; // of tiles
  readonly row: number; // of tiles
  readonly part?: string; // of the positions; absent: all. The tile itself does not say
};

export type TileSide = {
  readonly most: Uint16Array; // codes, [column][row]
  readonly mean: Uint16Array; // at level 0 the same array as `most`
  readonly is_wide: Uint8Array; // a bit a cell, lowest first
};

export type HeatmapTile = {
  readonly key: TileKey;
  readonly first_column: UnixMs; // of the series
  readonly column_interval: Ms;
  readonly column_count: Uint16Array; // by texel; 0 where nothing is known
  readonly sides: readonly [TileSide, TileSide]; // by kSides
};

export class TileError extends Error {}

const kMagic = 'FLTILE01';
const kHeaderBytes = 40;

export function tile_cell(texel: number, row: number): number {
  return texel * kTileSize + row;
}

export function is_wide_at(side: TileSide, cell: number): boolean {
  return (((side.is_wide[cell >> 3] ?? 0) >> (cell & 7)) & 1) !== 0;
}

export function key_text(key: TileKey): string {
  const place = `${key.level}/${key.column}/${key.row}`;
  return key.part === undefined ? place : `${place}/${key.part}`;
}

function take_plane(bytes: Uint8Array, at: number): Uint16Array {
  const codes = new Uint16Array(kTileCells);
  for (let i = 0; i < kTileCells; i += 1) {
    const folded = (bytes[at + i] ?? 0) | ((bytes[at + kTileCells + i] ?? 0) << 8);
    const delta = (folded >> 1) ^ ((folded & 1) !== 0 ? 0xffff : 0);
    codes[i] = (i < kTileSize ? 0 : codes[i - kTileSize] ?? 0) + delta;
  }
  return codes;
}

// Decoding is bounded: the packed body must say its own size, and it must be the size of a body.
function body_of(packed: Uint8Array, wanted: number): Uint8Array {
  const body = new Uint8Array(wanted);
  let unpacked: Uint8Array;
  try {
    unpacked = decompress(packed, body);
  } catch {
    throw new TileError('the body is no zstd frame');
  }
  if (unpacked.length !== wanted) throw new TileError(`the body has ${unpacked.length} bytes`);
  return unpacked;
}

export function decode_tile(bytes: Uint8Array): HeatmapTile {
  if (bytes.length < kHeaderBytes) throw new TileError('shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < kMagic.length; i += 1) {
    if (bytes[i] !== kMagic.charCodeAt(i)) throw new TileError(`not a tile of version ${kMagic}`);
  }
  const at_level = view.getUint32(20, true);
  if (at_level > kLevelMax) throw new TileError(`no level ${at_level}`);
  const interval = Number(view.getBigInt64(32, true)) / 1e6;
  if (!(interval > 0)) throw new TileError('no column interval');
  const planes = at_level > 0 ? 4 : 2;
  const size = 2 * kTileSize + planes * 2 * kTileCells + (2 * kTileCells) / 8;
  const body = body_of(bytes.subarray(kHeaderBytes), size);
  const column_count = new Uint16Array(kTileSize);
  for (let i = 0; i < kTileSize; i += 1) {
    column_count[i] = (body[2 * i] ?? 0) | ((body[2 * i + 1] ?? 0) << 8);
  }
  let at = 2 * kTileSize;
  const next_plane = (): Uint16Array => {
    at += 2 * kTileCells;
    return take_plane(body, at - 2 * kTileCells);
  };
  const sides = kSides.map(() => {
    const most = next_plane();
    return { most, mean: at_level > 0 ? next_plane() : most };
  });
  const bits = kTileCells / 8;
  const [long, short] = sides.map((side, s) => ({
    ...side, is_wide: body.slice(at + s * bits, at + (s + 1) * bits),
  }));
  if (long === undefined || short === undefined) throw new TileError('a side is missing');
  return {
    key: {
      level: level(at_level),
      column: Number(view.getBigInt64(8, true)),
      row: view.getInt32(16, true),
    },
    first_column: unix_ms(Number(view.getBigInt64(24, true) / 1_000_000n)),
    column_interval: ms(interval),
    column_count,
    sides: [long, short],
  };
}

export function tile_bytes(tile: HeatmapTile): number {
  const side_bytes = (side: TileSide): number =>
    side.most.byteLength + side.is_wide.byteLength +
    (side.mean === side.most ? 0 : side.mean.byteLength);
  return tile.column_count.byteLength + side_bytes(tile.sides[0]) + side_bytes(tile.sides[1]);
}

export function tile_first_column(key: TileKey) {
  return column_index(key.column * kTileSize * 2 ** key.level);
}
