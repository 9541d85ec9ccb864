#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "map/heatmap_tile.hpp"
#include "map/map_column.hpp"

namespace faultline {

// Whether a row's 80 % interval is wider than a factor of four: such cells are hatched. Rows count
// from the column's first; false without intervals.
bool is_wide(const RowInterval& interval, std::size_t row);

// Which rows of a column are wide, by Side.
using WideRows = std::array<std::vector<bool>, 2>;
WideRows wide_rows(const MapColumn& column);

// What tiles take of one instant. All four have one entry a row.
struct TileColumn {
  UnixNanos as_of{};
  std::int32_t first_row = 0;
  std::array<std::span<const float>, 2> usd{};  // by Side
  const WideRows& wide;
};

// The tiles of one series of columns, at all levels, while it grows.
//
//   TileColumn ──add()──> open tiles of level 0 ──(last column)──> packed ──(in pairs)──> level 1 …
//
// What is over is packed one tile a column, so that no column takes long.
//
// Why packed at once: what is over never changes (a column is never rewritten), and a month of
// minutes is 250 MB of codes and some 10 MB packed. Why levels are made of the level below and not
// kept open: thirteen levels of open tiles were 50 MB a series.
//
// Invariant: a tile whose last column is past gives the same bytes for ever.
// Accuracy: the largest of a texel is that of the codes; its mean is rounded anew at every level,
// up and down by turns: it is right to 2 %.
// Thread safety: none; what tile() returned may be read by anybody for as long as it is kept.
// Memory: packed tiles, and the newest tiles of level 0, some 4 MB.
class HeatmapTiles {
 public:
  // Requires: column_interval > 0 (checked).
  HeatmapTiles(UnixNanos first_column, Nanos column_interval);

  // Requires: as_of a whole number of intervals after the first column's, later than the column
  // before, both sides of one length (checked). Cost: some 20 µs, and for some columns after the
  // last one of a tile that of packing one, 1 to 3 ms.
  void add(const TileColumn& column);

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

  // Absent where no column is, or no row was. Cost: of a tile that is packed a look-up; of one that
  // grows one encode_tile() and, above level 0, some milliseconds a level, once a column.
  std::shared_ptr<const std::string> tile(const TileKey& key);

  std::size_t memory_bytes() const;

 private:
  using Packed = std::shared_ptr<const std::string>;
  struct Growing {
    Packed packed;
    std::int64_t column_end = 0;  // when it was packed
  };

  void close(std::int64_t next_column);
  void pack_one();
  HeatmapTile& open_tile(std::int32_t row);
  HeatmapTile empty_tile(const TileKey& key) const;
  // The tile as it is now; absent where no column had the row.
  std::optional<HeatmapTile> present(const TileKey& key) const;
  // The same, made of the two below it. Requires: a level above 0.
  std::optional<HeatmapTile> composed(const TileKey& key) const;

  UnixNanos first_column_;
  Nanos interval_;
  std::int64_t column_end_ = 0;
  RowTiles row_tiles_;
  std::int64_t open_column_ = -1;        // the tile column of level 0 that grows
  std::map<TileKey, HeatmapTile> open_;  // of level 0
  // By tile column of level 0: which columns there are.
  std::map<std::int64_t, std::bitset<kTileSize>> columns_;
  std::map<TileKey, HeatmapTile> closed_;  // of level 0, over and not packed yet
  std::deque<TileKey> due_;                // what is over and to be packed, lower levels first
  std::map<TileKey, Packed> packed_;
  std::map<TileKey, Growing> growing_;  // as last asked for
};

}  // namespace faultline
