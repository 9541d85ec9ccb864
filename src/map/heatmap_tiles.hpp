#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "map/heatmap_tile.hpp"
#include "map/map_column.hpp"

namespace faultline {

// Whether a row's 80 % interval is wider than a factor of four: such cells are hatched. Rows count
// from the column's first; false without intervals.
bool is_wide(const RowInterval& interval, std::size_t row);

// The tiles of one series of columns, at all levels, while it grows.
//
//   MapColumn ──add()──> texel of each level ──> open tiles ──(last texel)──> packed tiles
//
// Why packed at once: what is over never changes (a column is never rewritten), and a month of
// minutes is 250 MB of codes and some 10 MB packed.
//
// Invariant: a tile whose last column is past gives the same bytes for ever.
// Thread safety: none; what tile() returned may be read by anybody for as long as it is kept.
// Memory: packed tiles, and of each level the tiles that hold the newest texel: some 4 MB a level.
class HeatmapTiles {
 public:
  // Requires: column_interval > 0 (checked).
  HeatmapTiles(UnixNanos first_column, Nanos column_interval);

  // Requires: as_of a whole number of intervals after the first column's, later than the column
  // before (checked). Cost: some 20 µs a level.
  void add(const MapColumn& column);

  UnixNanos first_column() const { return first_column_; }
  Nanos column_interval() const { return interval_; }
  // One more than the index of the newest column.
  std::int64_t column_end() const { return column_end_; }
  // The rows that any column had, as tiles: [first, second).
  struct RowTiles {
    std::int32_t first = 0;
    std::int32_t end = 0;
  };
  RowTiles row_tiles() const { return row_tiles_; }

  // Absent where no column is, or no row was. Cost: of an open tile that has changed, one
  // encode_tile().
  std::shared_ptr<const std::string> tile(const TileKey& key);

  std::size_t memory_bytes() const;

 private:
  struct Open {
    HeatmapTile tile;
    std::array<std::vector<double>, 2> sum;     // of the newest texel, by Side and row
    std::shared_ptr<const std::string> packed;  // of its present state, if somebody asked
  };
  struct Level {
    std::int64_t tile_column = -1;
    std::array<std::uint16_t, kTileSize> column_count{};  // of the tiles that are open
    std::map<std::int32_t, Open> open;                    // by tile row
  };

  void add_to_level(std::uint8_t level, std::int64_t index, const MapColumn& column);
  void seal(std::uint8_t level);
  Open& open_tile(std::uint8_t level, std::int32_t row);
  static void add_rows(Open& open, std::size_t texel, bool is_new, const MapColumn& column);

  UnixNanos first_column_;
  Nanos interval_;
  std::int64_t column_end_ = 0;
  RowTiles row_tiles_;
  std::vector<Level> levels_;
  std::map<TileKey, std::shared_ptr<const std::string>> packed_;
};

}  // namespace faultline
