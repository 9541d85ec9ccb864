#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "map/heatmap_tiles.hpp"
#include "serve/series_source.hpp"

namespace faultline {

// What a column leaves behind for panes and candles.
struct SeriesEntry {
  std::int64_t index = 0;  // of the column, from the first
  UnixNanos as_of{};
  ColumnSpan span;
  double mark = 0.0;
  double open_interest_usd = 0.0;
  std::array<NearSum, kNearReaches.size()> near{};
};

// The newest column and what is known at its time. Nothing in it changes any more.
struct MapNow {
  std::int64_t index = 0;
  MapColumn column;
  ColumnSpan span;
  std::vector<Cluster> clusters;
  std::vector<ClusterHistory> histories;  // alive ones, and the last kHistoriesKept that ended
  std::vector<VenuePart> venues;
  std::uint64_t liquidation_intervals = 0;
  std::uint64_t liquidation_intervals_right = 0;
};

// All that a screen may ask about one series: written by the thread that makes the map, read by
// those that answer.
//
//   SeriesSource ──append()──> MapHistory ──> now(), tile(), entries(), prints()
//
// Thread safety: all functions from any thread; append() from one. What readers get is theirs.
// Memory: the tiles; of each column kEntryBytes or so; the newest kPrintsKept prints. The oldest
// entries go when there are kEntriesKept.
class MapHistory {
 public:
  static constexpr std::size_t kEntriesKept = 1'000'000;
  static constexpr std::size_t kPrintsKept = 200'000;
  static constexpr std::size_t kHistoriesKept = 100;

  MapHistory(const SeriesIdentity& identity, UnixNanos first_column);

  const SeriesIdentity& identity() const { return identity_; }
  UnixNanos first_column() const { return first_column_; }

  // Requires: moments in order.
  void append(const SourceNews& news, const MapSeries& series);

  std::shared_ptr<const MapNow> now() const;  // null before the first column
  std::int64_t column_end() const;
  HeatmapTiles::RowTiles row_tiles() const;

  struct Tile {
    std::shared_ptr<const std::string> bytes;
    bool is_over = false;  // it never changes again
  };
  std::optional<Tile> tile(const TileKey& key);

  // Entries of columns [from, to), oldest first, at most `most`.
  std::vector<SeriesEntry> entries(std::int64_t from, std::int64_t to, std::size_t most) const;
  // Prints of [from, to) of at least so many dollars, newest first, at most `most`.
  struct PrintQuery {
    TimeRange range = kAllTime;
    double usd_least = 0.0;
    std::size_t most = 1'000;
  };
  std::vector<RealisedLiquidation> prints(const PrintQuery& query) const;

 private:
  SeriesIdentity identity_;
  UnixNanos first_column_;
  mutable std::mutex mutex_;
  HeatmapTiles tiles_;
  std::deque<SeriesEntry> entries_;
  std::deque<RealisedLiquidation> prints_;
  std::shared_ptr<const MapNow> now_;
};

}  // namespace faultline
