import { kMinuteMs, kTileSize, usd_of_code } from './market.mjs';

// Tiles as docs/formats/heatmap_tile.md says. The zstd frame has stored blocks (and runs where all
// bytes of a block are the same): a valid frame without a packer.

const kCells = kTileSize * kTileSize;
const kBlockMax = 131_072;

function zstd_stored(body) {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(0xfd2fb528, 0);
  head[4] = 0xa0; // one segment, four bytes of size
  head.writeUInt32LE(body.length, 5);
  const parts = [head];
  for (let at = 0; at < body.length; at += kBlockMax) {
    const block = body.subarray(at, at + kBlockMax);
    const is_last = at + kBlockMax >= body.length ? 1 : 0;
    const is_run = block.every((byte) => byte === block[0]) ? 1 : 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE(is_last | (is_run << 1) | (block.length << 3), 0, 3);
    parts.push(header, is_run === 1 ? block.subarray(0, 1) : block);
  }
  return Buffer.concat(parts);
}

function put_plane(codes, body, at) {
  for (let i = 0; i < kCells; i += 1) {
    const delta = (codes[i] - (i < kTileSize ? 0 : codes[i - kTileSize])) & 0xffff;
    const folded = ((delta << 1) ^ ((delta & 0x8000) !== 0 ? 0xffff : 0)) & 0xffff;
    body[at + i] = folded & 0xff;
    body[at + kCells + i] = folded >> 8;
  }
  return at + 2 * kCells;
}

const usd_table = Float64Array.from({ length: 4096 }, (_, code) => usd_of_code(code));

const most_of = new Uint16Array(kTileSize);
const sum_of = new Float64Array(kTileSize);

// Columns [from, to) as one texel: the largest of each row, and the mean.
function fill_side(market, tile, s, texel, columns, first_row) {
  most_of.fill(0);
  sum_of.fill(0);
  for (const column of columns) {
    const codes = market.codes_of(s, column, first_row, kTileSize);
    for (let r = 0; r < kTileSize; r += 1) {
      const code = codes[r];
      if (code > most_of[r]) most_of[r] = code;
      sum_of[r] += usd_table[code];
    }
  }
  for (let r = 0; r < kTileSize; r += 1) {
    const cell = texel * kTileSize + r;
    const mean = sum_of[r] / columns.length;
    tile.most[s][cell] = most_of[r];
    tile.mean[s][cell] = mean >= 1 ? 1 + Math.round(100 * Math.log(mean)) : 0;
    if (most_of[r] > 0 && market.is_wide(columns[0], first_row + r)) {
      tile.wide[s][cell >> 3] |= 1 << (cell & 7);
    }
  }
}

function fill_texel(market, tile, texel, columns, first_row) {
  const known = columns.filter((column) => !market.is_gap(column));
  tile.counts[texel] = known.length;
  if (known.length === 0) return;
  for (const s of [0, 1]) fill_side(market, tile, s, texel, known, first_row);
}

// null where nothing is.
export function make_tile(market, level, column, row) {
  const width = 2 ** level;
  const first = column * kTileSize * width;
  if (first + kTileSize * width <= market.known_from) return null;
  if (column < 0 || first >= market.column_end || !market.row_tiles.includes(row)) return null;
  const planes = () => [0, 1].map(() => new Uint16Array(kCells));
  const tile = {
    counts: new Uint16Array(kTileSize), most: planes(), mean: planes(),
    wide: [0, 1].map(() => new Uint8Array(kCells / 8)),
  };
  for (let texel = 0; texel < kTileSize; texel += 1) {
    const from = first + texel * width;
    if (from >= market.column_end) break;
    const count = Math.min(width, market.column_end - from);
    fill_texel(market, tile, texel, Array.from({ length: count }, (_, i) => from + i),
      row * kTileSize);
  }
  const count = level > 0 ? 4 : 2;
  const body = Buffer.alloc(2 * kTileSize + count * 2 * kCells + (2 * kCells) / 8);
  tile.counts.forEach((value, i) => body.writeUInt16LE(value, 2 * i));
  let at = 2 * kTileSize;
  for (const s of [0, 1]) {
    at = put_plane(tile.most[s], body, at);
    if (level > 0) at = put_plane(tile.mean[s], body, at);
  }
  for (const s of [0, 1]) {
    body.set(tile.wide[s], at);
    at += kCells / 8;
  }
  const head = Buffer.alloc(40);
  head.write('FLTILE01', 0, 'latin1');
  head.writeBigInt64LE(BigInt(column), 8);
  head.writeInt32LE(row, 16);
  head.writeUInt32LE(level, 20);
  head.writeBigInt64LE(BigInt(market.first_column_ms) * 1_000_000n, 24);
  head.writeBigInt64LE(BigInt(kMinuteMs) * 1_000_000n, 32);
  return Buffer.concat([head, zstd_stored(body)]);
}

export function is_over(market, level, column) {
  return (column + 1) * kTileSize * 2 ** level <= market.column_end;
}
