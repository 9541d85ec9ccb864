#include "serve/map_history.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.hpp"

namespace faultline {
namespace {

std::vector<VenueNow> venues_of(const MapSeries& series, const MapColumn& column,
                                std::span<const Completeness> completeness) {
  std::vector<VenueNow> out;
  for (std::size_t v = 0; v < series.runs().size(); ++v) {
    VenuePart part = series.runs()[v].part();
    part.open_interest_usd = column.venue_interest_usd[v];
    part.share =
        column.open_interest_usd > 0.0 ? part.open_interest_usd / column.open_interest_usd : 0.0;
    out.push_back({std::move(part), completeness[v]});
  }
  return out;
}

constexpr auto kTileRows = static_cast<std::int32_t>(kTileSize);

}  // namespace

SeriesEntry entry_of(const MapNow& now) {
  return {.index = now.index,
          .as_of = now.column->as_of,
          .span = now.span,
          .mark = now.column->mark,
          .open_interest_usd = now.column->open_interest_usd,
          .near = now.column->near};
}

MapHistory::MapHistory(const SeriesIdentity& identity, UnixNanos first_column)
    : identity_(identity),
      first_column_(first_column),
      tiles_(first_column, identity.column_interval),
      completeness_(identity.venues.size(), Completeness::kUnknown) {}

std::int64_t MapHistory::index_from(UnixNanos time) const {
  const std::int64_t after = (time - first_column_).value;
  const std::int64_t interval = identity_.column_interval.value;
  return after <= 0 ? 0 : (after + interval - 1) / interval;
}

UnixNanos MapHistory::time_of(std::int64_t index) const {
  return first_column_ + Nanos(index * identity_.column_interval.value);
}

void MapHistory::append(const SourceNews& news, const MapSeries& series) {
  for (const SeriesPrint& one : news.prints) completeness_[one.venue] = one.print.completeness;
  std::shared_ptr<MapNow> now;
  if (news.moment) {
    const MapColumn& column = news.moment->column;
    now = std::make_shared<MapNow>(
        MapNow{.index = (column.as_of - first_column_).value / identity_.column_interval.value,
               .column = std::make_shared<const MapColumn>(column),
               .span = news.moment->span,
               .clusters = series.clusters(),
               .histories = {series.histories().begin(), series.histories().end()},
               .venues = venues_of(series, column, completeness_)});
  }
  const std::lock_guard lock(mutex_);
  prints_.insert(prints_.end(), news.prints.begin(), news.prints.end());
  while (prints_.size() > kPrintsKept) prints_.pop_front();
  if (!now) return;
  tiles_.add(*now->column);
  entries_.push_back(entry_of(*now));
  if (entries_.size() > kEntriesKept) entries_.pop_front();
  whole_.push_back(now->column);
  if (whole_.size() > kColumnsWhole) whole_.pop_front();
  const std::lock_guard now_lock(now_mutex_);
  now_ = std::move(now);
}

std::shared_ptr<const MapNow> MapHistory::now() const {
  const std::lock_guard lock(now_mutex_);
  return now_;
}

// Null where the column is not kept whole any more.
std::shared_ptr<const MapColumn> MapHistory::whole_of(std::size_t entry) const {
  const std::size_t from_end = entries_.size() - entry;
  return from_end <= whole_.size() ? whole_[whole_.size() - from_end] : nullptr;
}

std::optional<PastColumn> MapHistory::column_at(std::int64_t index) {
  std::int64_t found = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto after = std::ranges::upper_bound(entries_, index, {}, &SeriesEntry::index);
    if (after == entries_.begin()) return std::nullopt;
    found = std::prev(after)->index;
  }
  std::vector<PastColumn> one = columns(found, found + 1, 1);
  if (one.empty()) return std::nullopt;
  return std::move(one.front());
}

std::vector<PastColumn> MapHistory::columns(std::int64_t from, std::int64_t to, std::size_t most) {
  std::vector<PastColumn> out;
  {
    const std::lock_guard lock(mutex_);
    const auto first = std::ranges::lower_bound(entries_, from, {}, &SeriesEntry::index);
    for (auto at = first; at != entries_.end() && at->index < to && out.size() < most; ++at) {
      auto whole = whole_of(static_cast<std::size_t>(at - entries_.begin()));
      const bool is_whole = whole != nullptr;
      out.push_back({*at, std::move(whole), is_whole});
    }
  }
  // Decoding takes long, and is done without the lock.
  Decoded decoded;
  for (PastColumn& column : out) {
    if (column.is_whole) continue;
    const std::int64_t tile_column = column.entry.index / static_cast<std::int64_t>(kTileSize);
    if (tile_column != decoded.column) decode(tile_column, decoded);
    column.column = std::make_shared<const MapColumn>(column_of(column.entry, decoded));
  }
  return out;
}

void MapHistory::decode(std::int64_t tile_column, Decoded& decoded) {
  std::vector<std::shared_ptr<const std::string>> packed;
  {
    const std::lock_guard lock(mutex_);
    decoded.rows = tiles_.row_tiles();
    for (std::int32_t row = decoded.rows.first; row < decoded.rows.end; ++row)
      packed.push_back(tiles_.tile({.level = 0, .column = tile_column, .row = row}));
  }
  decoded.column = tile_column;
  decoded.tiles.clear();
  for (const auto& bytes : packed) {
    decoded.tiles.emplace_back();
    if (!bytes) continue;
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes->data());
    Result<HeatmapTile> tile = decode_tile({data, bytes->size()});
    FAULTLINE_CHECK(tile);
    decoded.tiles.back() = std::move(tile).value();
  }
}

MapColumn MapHistory::column_of(const SeriesEntry& entry, const Decoded& decoded) {
  MapColumn out;
  out.as_of = entry.as_of;
  out.mark = entry.mark;
  out.open_interest_usd = entry.open_interest_usd;
  out.near = entry.near;
  out.first_row = decoded.rows.first * kTileRows;
  for (std::vector<float>& usd : out.notional_at_risk_usd)
    usd.assign(decoded.tiles.size() * kTileSize, 0.0F);
  const auto texel = static_cast<std::size_t>(entry.index) % kTileSize;
  for (std::size_t t = 0; t < decoded.tiles.size(); ++t) {
    if (!decoded.tiles[t]) continue;
    for (const std::size_t s : {0U, 1U}) {
      const std::vector<std::uint16_t>& codes = decoded.tiles[t]->sides[s].most;
      for (std::size_t i = 0; i < kTileSize; ++i)
        out.notional_at_risk_usd[s][t * kTileSize + i] =
            static_cast<float>(usd_of_code(codes[HeatmapTile::at(texel, i)]));
    }
  }
  return out;
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

void MapHistory::visit_entries(std::int64_t from, std::int64_t to, const TakeEntries& take,
                               std::size_t block) const {
  while (from < to) {
    const std::vector<SeriesEntry> some = entries(from, to, block);
    if (some.empty()) return;
    take(some);
    from = some.back().index + 1;
  }
}

std::vector<SeriesPrint> MapHistory::prints(const PrintQuery& query) const {
  const std::lock_guard lock(mutex_);
  std::vector<SeriesPrint> out;
  for (auto at = prints_.rbegin(); at != prints_.rend() && out.size() < query.most; ++at) {
    const RealisedLiquidation& print = at->print;
    if (print.time < query.range.from) break;
    if (print.time < query.range.to && print.usd >= query.usd_least) out.push_back(*at);
  }
  return out;
}

std::size_t MapHistory::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t out = tiles_.memory_bytes() + entries_.size() * sizeof(SeriesEntry) +
                    prints_.size() * sizeof(SeriesPrint);
  for (const auto& one : whole_) out += 8 * sizeof(float) * one->row_count();
  return out;
}

}  // namespace faultline
