#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "map/heatmap_tile.hpp"
#include "map/map_column.hpp"
#include "map/texel_strip.hpp"

namespace faultline {

// Whether a row's 80 % interval is wider than a factor of four: such cells are hatched. Rows count
// from the column's first; false without intervals.
bool is_wide(const RowInterval& interval, std::size_t row);
WideRows wide_rows(const MapColumn& column);

// All that a tile is made of, apart from the series: may be read while that goes on.
struct TileSource {
  TileKey key;
  UnixNanos first_column{};
  Nanos column_interval{};
  TexelStrip strip;
  bool is_over = false;          // the tile never changes again
  std::int64_t column_end = -1;  // of the series then
};
// Cost: 2 to 3 ms.
std::shared_ptr<const std::string> pack_tile(const TileSource& source);

// The tiles of one series of columns, at all levels, while it grows.
//
//   TileColumn ──add()──> a TexelStrip a level ──(its last column)──> due() ──> keep(): packed
//
// Why packed: what is over never changes (a column is never rewritten), and a month of minutes is
// 250 MB of codes and some 10 MB packed. Who calls add() also packs what is due, when it suits.
//
// Invariant: a tile whose last column is past gives the same bytes for ever.
// Thread safety: none; what kept() and source() returned may be used by anybody.
// Memory: packed tiles for as long as the series lives; of each level a strip (250 kB).
class HeatmapTiles {
 public:
  // Requires: column_interval > 0 (checked).
  HeatmapTiles(UnixNanos first_column, Nanos column_interval);

  // Requires: as_of a whole number of intervals after the first column's, later than the column
  // before, all of one length (checked). Cost: some 100 µs.
  void add(const TileColumn& column);

  // One more than the index of the newest column.
  std::int64_t column_end() const { return column_end_; }
  // The rows that any column had, as tiles: [first, second).
  struct RowTiles {
    std::int32_t first = 0;
    std::int32_t end = 0;
  };
  RowTiles row_tiles() const { return row_tiles_; }

  // Null where the tile is not packed as it is now. Cost: a look-up.
  std::shared_ptr<const std::string> kept(const TileKey& key) const;
  // Absent where no column is, or no row was. Cost: that of copying 30 kB.
  std::optional<TileSource> source(const TileKey& key) const;
  void keep(const TileSource& source, std::shared_ptr<const std::string> bytes);

  // How many tiles are over and not packed, and the one that has waited longest.
  std::size_t due_count() const { return due_count_; }
  std::optional<TileSource> due() const;

  // kept(), or source(), pack_tile() and keep(). Null where there is none.
  std::shared_ptr<const std::string> tile(const TileKey& key);

  std::size_t memory_bytes() const;

 private:
  using Packed = std::shared_ptr<const std::string>;
  struct Level {
    std::int64_t tile_column = -1;
    TexelStrip strip;
  };
  // A strip that is over.
  struct Closed {
    std::uint8_t level = 0;
    std::int64_t tile_column = 0;
    TexelStrip strip;
    RowTiles rows;  // that are not packed
  };

  void close(std::uint8_t level);
  TileSource source_of(const TileKey& key, const TexelStrip& strip, bool is_over) const;

  UnixNanos first_column_;
  Nanos interval_;
  std::int64_t column_end_ = 0;
  RowTiles row_tiles_;
  std::vector<Level> levels_;
  std::deque<Closed> closed_;
  std::size_t due_count_ = 0;
  std::map<TileKey, Packed> packed_;
  // As asked for since the newest column.
  std::map<TileKey, Packed> growing_;
};

}  // namespace faultline
