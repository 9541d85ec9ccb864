#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "map/column_parts.hpp"
#include "map/heatmap_tiles.hpp"
#include "serve/series_source.hpp"

namespace faultline {

// What a column leaves behind for panes, candles and scores.
struct SeriesEntry {
  std::int64_t index = 0;  // of the column, from the first
  UnixNanos as_of{};
  ColumnSpan span;
  double mark = 0.0;
  double open_interest_usd = 0.0;
  std::array<NearSum, kNearReaches.size()> near{};
};

// One venue as it was when the newest column was made.
struct VenueNow {
  VenuePart part;
  Completeness completeness = Completeness::kUnknown;  // of its last print
};

// The newest column and what is known at its time. Nothing in it changes any more.
struct MapNow {
  std::int64_t index = 0;
  std::shared_ptr<const MapColumn> column;
  std::shared_ptr<const ColumnParts> parts;  // in the order of MapHistory::parts()
  ColumnSpan span;
  std::vector<Cluster> clusters;
  std::vector<ClusterHistory> histories;
  std::vector<VenueNow> venues;
};

SeriesEntry entry_of(const MapNow& now);

// A column of the past with the time before it.
struct PastColumn {
  SeriesEntry entry;
  std::shared_ptr<const MapColumn> column;
  bool is_whole = false;  // else its rows are those of the tiles, and what they lack is left empty
};

// What only a column that is kept whole tells of one side of a row.
struct KeptCellSide {
  std::optional<double> mean_age_s{};  // absent where less than a dollar waits
  SumInterval density_interval{};
};

// One row of a column, and what it is made of. USD by Side.
struct PastCell {
  SeriesEntry entry;
  std::array<double, 2> usd{};
  std::optional<std::array<KeptCellSide, 2>> kept{};  // absent where it is not kept whole any more
  // In the order of MapHistory::parts(); absent where it was not known yet.
  std::vector<std::optional<std::array<double, 2>>> parts;
};

// All that a screen may ask about one series: written by the thread that makes the map, read by
// those that answer.
//
//   SeriesSource ──append()──> MapHistory ──> now(), column_at(), tile(), visit_entries(), prints()
//
// Thread safety: all functions from any thread; append() from one. What readers get is theirs.
// Memory: tiles of the whole and of each part, .3 to .5 kB a column and part, and 4 MB each for
// what grows; they stay for as long as the series. Of each column an entry of 1 kB; the newest
// kColumnsWhole columns (70 kB each) and kPrintsKept prints. The oldest entries go when there are
// kEntriesKept.
class MapHistory {
 public:
  static constexpr std::size_t kEntriesKept = 600'000;
  static constexpr std::size_t kEntriesABlock = 2'048;
  static constexpr std::size_t kColumnsWhole = 720;
  static constexpr std::size_t kPrintsKept = 200'000;

  MapHistory(const SeriesIdentity& identity, UnixNanos first_column);

  const SeriesIdentity& identity() const { return identity_; }
  UnixNanos first_column() const { return first_column_; }
  // The number of the column that ends at `time`, or of the first one after it.
  std::int64_t index_from(UnixNanos time) const;
  UnixNanos time_of(std::int64_t index) const;

  // Requires: moments in order.
  void append(const SourceNews& news, const MapSeries& series);

  std::shared_ptr<const MapNow> now() const;  // null before the first column
  std::int64_t column_end() const;
  std::span<const MapPart> parts() const { return parts_; }
  // Which of parts(); absent where none is called so.
  std::optional<std::size_t> part_of(std::string_view id) const;
  HeatmapTiles::RowTiles row_tiles() const;

  // The last column up to `index`; absent where none is. Cost: of one that is not kept whole, that
  // of decoding its tiles.
  std::optional<PastColumn> column_at(std::int64_t index);

  // The same column with the rows of a part alone: the newest as they are, others as the part's
  // tiles have them; none where they were not known yet. They have no intervals.
  std::optional<PastColumn> part_at(std::int64_t index, std::size_t part);

  // A row of that column. Cost: of each part, that of decoding a tile.
  std::optional<PastCell> cell_at(std::int64_t index, std::int32_t row);

  // The columns [from, to) that there are, oldest first, at most `most`. Cost: as above, but each
  // tile is decoded once.
  std::vector<PastColumn> columns(std::int64_t from, std::int64_t to, std::size_t most);

  struct Tile {
    std::shared_ptr<const std::string> bytes;
    bool is_over = false;  // it never changes again
  };
  // Of a part where one is named.
  std::optional<Tile> tile(const TileKey& key, std::optional<std::size_t> part = std::nullopt);

  // Calls take() with the entries of columns [from, to), oldest first, in blocks: the lock is held
  // while one is copied, and no more than one is in memory.
  using TakeEntries = std::function<void(std::span<const SeriesEntry>)>;
  void visit_entries(std::int64_t from, std::int64_t to, const TakeEntries& take,
                     std::size_t block = kEntriesABlock) const;
  // Prints of [from, to) of at least so many dollars, newest first, at most `most`.
  struct PrintQuery {
    TimeRange range = kAllTime;
    double usd_least = 0.0;
    std::size_t most = 1'000;
  };
  std::vector<SeriesPrint> prints(const PrintQuery& query) const;

  std::size_t memory_bytes() const;

 private:
  // Tiles of one tile column, decoded.
  struct Decoded {
    std::int64_t column = -1;
    HeatmapTiles::RowTiles rows;
    std::vector<std::optional<HeatmapTile>> tiles;  // by row, from rows.first on
  };
  std::vector<SeriesEntry> entries(std::int64_t from, std::int64_t to, std::size_t most) const;
  // A column as it was made, and the ages of its rows.
  struct Whole {
    std::shared_ptr<const MapColumn> column;
    std::shared_ptr<const ColumnParts::Rows> mean_age_s;
  };
  Whole whole_of(std::size_t entry) const;  // requires the lock
  HeatmapTiles& tiles_of(std::optional<std::size_t> part) { return part ? parted_[*part] : tiles_; }
  void add(const SourceNews& news, const std::shared_ptr<const MapNow>& now);
  void pack_due();
  void decode(std::int64_t tile_column, std::optional<std::size_t> part, Decoded& decoded);
  // Of the tiles; absent where they have no such column or row.
  std::optional<std::array<double, 2>> usd_at(std::int64_t index, std::int32_t row,
                                              std::optional<std::size_t> part);
  void add_of_tiles(std::int32_t row, PastCell& cell);
  static void add_of_newest(const MapNow& newest, std::int32_t row, PastCell& cell);
  static MapColumn column_of(const SeriesEntry& entry, const Decoded& decoded);

  SeriesIdentity identity_;
  UnixNanos first_column_;
  mutable std::mutex mutex_;
  HeatmapTiles tiles_;
  std::deque<SeriesEntry> entries_;
  std::vector<MapPart> parts_;
  std::vector<HeatmapTiles> parted_;  // by part
  std::deque<Whole> whole_;           // of the newest entries
  std::deque<SeriesPrint> prints_;
  std::vector<Completeness> completeness_;  // by venue
  // Of its own, so that the newest column is never waited for: set when all the rest has it.
  mutable std::mutex now_mutex_;
  std::shared_ptr<const MapNow> now_;
};

}  // namespace faultline
