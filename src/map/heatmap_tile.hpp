#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "core/units.hpp"

namespace faultline {

// A square of the heatmap as a screen takes it: kTileSize columns of time by kTileSize rows of
// price, both sides. docs/formats/heatmap_tile.md draws the bytes.
//
// Tiles lie on a fixed grid: columns are counted from the first column of the series, rows as in
// map_column.hpp. At level k a texel is 2^k columns wide and holds the largest of them (what is
// drawn) and their mean; rows are never merged.
//
// Units: a cell is a code: 0 for less than a dollar, else 1 + 100·ln(USD), rounded. A code is
//        therefore right to half a percent.
inline constexpr std::size_t kTileSize = 256;
inline constexpr std::size_t kTileCells = kTileSize * kTileSize;
inline constexpr std::uint8_t kTileLevelMax = 12;  // a texel of 4,096 columns

std::uint16_t code_of_usd(double usd);  // NaN and less than a dollar: 0
double usd_of_code(std::uint16_t code);

// The tile row that holds a row of the map.
std::int32_t tile_row_of(std::int32_t row);

struct TileKey {
  std::uint8_t level = 0;
  std::int64_t column = 0;  // of tiles: column · kTileSize << level is its first column
  std::int32_t row = 0;     // of tiles: row · kTileSize is its first row

  friend auto operator<=>(const TileKey&, const TileKey&) = default;
};

// What is in a tile. Cells are [column][row].
struct HeatmapTile {
  TileKey key;
  UnixNanos first_column;  // as_of of column 0 of the series
  Nanos column_interval;   // of the series, not of a texel
  // By texel: how many columns it has; 0 where nothing is known, which is not a zero.
  std::array<std::uint16_t, kTileSize> column_count{};
  struct Side {
    std::vector<std::uint16_t> most = std::vector<std::uint16_t>(kTileCells);
    std::vector<std::uint16_t> mean = std::vector<std::uint16_t>(kTileCells);  // level 0: = most
    // The 80 % interval is wider than a factor of four.
    std::vector<std::uint8_t> is_wide = std::vector<std::uint8_t>(kTileCells);
  };
  std::array<Side, 2> sides;  // by faultline::Side

  static std::size_t at(std::size_t column, std::size_t row) { return column * kTileSize + row; }
};

// Each plane as the difference to the column before, folded (0, −1, 1, −2, ...), low and high bytes
// apart, then zstd.
// Cost: some 1 ms. Deterministic on one version of zstd.
std::string encode_tile(const HeatmapTile& tile);

// Errors: kTruncated, kBadFormat (another magic or version, fields that no tile has), kCorrupt
// (what
//         follows the header is not what was packed), with the offset. Memory: bounded by a tile's.
Result<HeatmapTile> decode_tile(std::span<const std::uint8_t> bytes);

// Bits a symbol times symbols over eight, of the tile's deltas as 16-bit symbols: the size that no
// order-0 coder gets below. What encode_tile() is held against.
double delta_entropy_bytes(const HeatmapTile& tile);

}  // namespace faultline
