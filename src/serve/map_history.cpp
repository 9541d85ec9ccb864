#include "serve/map_history.hpp"

#include <algorithm>

namespace faultline {
namespace {

std::vector<ClusterHistory> shown_histories(std::span<const ClusterHistory> all) {
  std::vector<ClusterHistory> out;
  std::size_t ended = 0;
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    if (at->ended && ++ended > MapHistory::kHistoriesKept) continue;
    out.push_back(*at);
  }
  std::ranges::reverse(out);
  return out;
}

std::vector<VenuePart> parts_of(const MapSeries& series, const MapColumn& column) {
  std::vector<VenuePart> out;
  for (std::size_t v = 0; v < series.runs().size(); ++v) {
    VenuePart part = series.runs()[v].part();
    part.open_interest_usd = column.venue_interest_usd[v];
    part.share =
        column.open_interest_usd > 0.0 ? part.open_interest_usd / column.open_interest_usd : 0.0;
    out.push_back(std::move(part));
  }
  return out;
}

}  // namespace

MapHistory::MapHistory(const SeriesIdentity& identity, UnixNanos first_column)
    : identity_(identity),
      first_column_(first_column),
      tiles_(first_column, identity.column_interval) {}

void MapHistory::append(const SourceNews& news, const MapSeries& series) {
  std::shared_ptr<MapNow> now;
  if (news.moment) {
    const MapColumn& column = news.moment->column;
    now = std::make_shared<MapNow>(
        MapNow{.index = (column.as_of - first_column_).value / identity_.column_interval.value,
               .column = column,
               .span = news.moment->span,
               .clusters = series.clusters(),
               .histories = shown_histories(series.histories()),
               .venues = parts_of(series, column),
               .liquidation_intervals = series.bands().interval_count(),
               .liquidation_intervals_right = series.bands().inside_count()});
  }
  const std::lock_guard lock(mutex_);
  for (const RealisedLiquidation& print : news.prints) prints_.push_back(print);
  while (prints_.size() > kPrintsKept) prints_.pop_front();
  if (!now) return;
  tiles_.add(now->column);
  entries_.push_back({.index = now->index,
                      .as_of = now->column.as_of,
                      .span = now->span,
                      .mark = now->column.mark,
                      .open_interest_usd = now->column.open_interest_usd,
                      .near = now->column.near});
  if (entries_.size() > kEntriesKept) entries_.pop_front();
  now_ = std::move(now);
}

std::shared_ptr<const MapNow> MapHistory::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::int64_t MapHistory::column_end() const {
  const std::lock_guard lock(mutex_);
  return tiles_.column_end();
}

HeatmapTiles::RowTiles MapHistory::row_tiles() const {
  const std::lock_guard lock(mutex_);
  return tiles_.row_tiles();
}

std::optional<MapHistory::Tile> MapHistory::tile(const TileKey& key) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const std::string> bytes = tiles_.tile(key);
  if (!bytes) return std::nullopt;
  const auto columns = static_cast<std::int64_t>(kTileSize) << key.level;
  return Tile{std::move(bytes), (key.column + 1) * columns <= tiles_.column_end() - 1};
}

std::vector<SeriesEntry> MapHistory::entries(std::int64_t from, std::int64_t to,
                                             std::size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::ranges::lower_bound(entries_, from, {}, &SeriesEntry::index);
  std::vector<SeriesEntry> out;
  for (auto at = first; at != entries_.end() && at->index < to && out.size() < most; ++at)
    out.push_back(*at);
  return out;
}

std::vector<RealisedLiquidation> MapHistory::prints(const PrintQuery& query) const {
  const std::lock_guard lock(mutex_);
  std::vector<RealisedLiquidation> out;
  for (auto at = prints_.rbegin(); at != prints_.rend() && out.size() < query.most; ++at) {
    if (at->time < query.range.from) break;
    if (at->time < query.range.to && at->usd >= query.usd_least) out.push_back(*at);
  }
  return out;
}

}  // namespace faultline
