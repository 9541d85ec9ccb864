#include "serve/map_history.hpp"

#include <algorithm>
#include <cmath>
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
constexpr auto kTileColumns = static_cast<std::int64_t>(kTileSize);

HeatmapTile unpack(const std::string& bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  Result<HeatmapTile> tile = decode_tile({data, bytes.size()});
  FAULTLINE_CHECK(tile);
  return std::move(tile).value();
}

std::int32_t tile_row_of(std::int32_t row) {
  return row >= 0 ? row / kTileRows : -((-row + kTileRows - 1) / kTileRows);
}

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
      parts_(parts_of(identity.venues)),
      parted_(parts_.size(), HeatmapTiles(first_column, identity.column_interval)),
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
    FAULTLINE_CHECK(news.moment->parts && news.moment->parts->usd.size() == parts_.size());
    const MapColumn& column = news.moment->column;
    now = std::make_shared<MapNow>(
        MapNow{.index = (column.as_of - first_column_).value / identity_.column_interval.value,
               .column = std::make_shared<const MapColumn>(column),
               .parts = std::make_shared<const ColumnParts>(*news.moment->parts),
               .span = news.moment->span,
               .clusters = series.clusters(),
               .histories = {series.histories().begin(), series.histories().end()},
               .venues = venues_of(series, column, completeness_)});
  }
  const std::lock_guard lock(mutex_);
  prints_.insert(prints_.end(), news.prints.begin(), news.prints.end());
  while (prints_.size() > kPrintsKept) prints_.pop_front();
  if (!now) return;
  const MapColumn& column = *now->column;
  const WideRows wide = wide_rows(column);
  const auto add = [&](const ColumnParts::Rows& usd, HeatmapTiles& tiles) {
    tiles.add({column.as_of, column.first_row, {usd[0], usd[1]}, wide});
  };
  add(column.notional_at_risk_usd, tiles_);
  for (std::size_t i = 0; i < parts_.size(); ++i) add(now->parts->usd[i], parted_[i]);
  entries_.push_back(entry_of(*now));
  if (entries_.size() > kEntriesKept) entries_.pop_front();
  whole_.push_back(
      {now->column, std::make_shared<const ColumnParts::Rows>(now->parts->mean_age_s)});
  if (whole_.size() > kColumnsWhole) whole_.pop_front();
  const std::lock_guard now_lock(now_mutex_);
  now_ = std::move(now);
}

std::shared_ptr<const MapNow> MapHistory::now() const {
  const std::lock_guard lock(now_mutex_);
  return now_;
}

// Null where the column is not kept whole any more.
MapHistory::Whole MapHistory::whole_of(std::size_t entry) const {
  const std::size_t from_end = entries_.size() - entry;
  return from_end <= whole_.size() ? whole_[whole_.size() - from_end] : Whole{};
}

std::optional<std::size_t> MapHistory::part_of(std::string_view id) const {
  const auto found = std::ranges::find(parts_, id, &MapPart::id);
  if (found == parts_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - parts_.begin());
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
      auto whole = whole_of(static_cast<std::size_t>(at - entries_.begin())).column;
      const bool is_whole = whole != nullptr;
      out.push_back({*at, std::move(whole), is_whole});
    }
  }
  // Decoding takes long, and is done without the lock.
  Decoded decoded;
  for (PastColumn& column : out) {
    if (column.is_whole) continue;
    const std::int64_t tile_column = column.entry.index / static_cast<std::int64_t>(kTileSize);
    if (tile_column != decoded.column) decode(tile_column, std::nullopt, decoded);
    column.column = std::make_shared<const MapColumn>(column_of(column.entry, decoded));
  }
  return out;
}

std::optional<PastColumn> MapHistory::part_at(std::int64_t index, std::size_t part) {
  std::optional<PastColumn> out = column_at(index);
  if (!out) return out;
  Decoded decoded;
  decode(out->entry.index / kTileColumns, part, decoded);
  out->column = std::make_shared<const MapColumn>(column_of(out->entry, decoded));
  out->is_whole = false;
  return out;
}

std::array<double, 2> MapHistory::usd_at(std::int64_t index, std::int32_t row,
                                         std::optional<std::size_t> part) {
  const TileKey key{0, index / kTileColumns, tile_row_of(row)};
  const std::optional<Tile> packed = tile(key, part);
  if (!packed) return {};
  const HeatmapTile tile = unpack(*packed->bytes);
  const std::size_t cell = HeatmapTile::at(static_cast<std::size_t>(index % kTileColumns),
                                           static_cast<std::size_t>(row - key.row * kTileRows));
  return {usd_of_code(tile.sides[0].most[cell]), usd_of_code(tile.sides[1].most[cell])};
}

std::optional<PastCell> MapHistory::cell_at(std::int64_t index, std::int32_t row) {
  PastCell out;
  Whole whole;
  {
    const std::lock_guard lock(mutex_);
    const auto after = std::ranges::upper_bound(entries_, index, {}, &SeriesEntry::index);
    if (after == entries_.begin()) return std::nullopt;
    out.entry = *std::prev(after);
    whole = whole_of(static_cast<std::size_t>(after - entries_.begin()) - 1);
  }
  for (std::size_t i = 0; i < parts_.size(); ++i)
    out.parts.push_back(usd_at(out.entry.index, row, i));
  if (!whole.column) {
    out.usd = usd_at(out.entry.index, row, std::nullopt);
    return out;
  }
  out.kept.emplace();
  const std::int64_t i = std::int64_t{row} - whole.column->first_row;
  if (i < 0 || i >= static_cast<std::int64_t>(whole.column->row_count())) return out;
  const auto at = static_cast<std::size_t>(i);
  for (const std::size_t s : {0U, 1U}) {
    PastCell::Kept& kept = (*out.kept)[s];
    const RowInterval& interval = whole.column->density_interval[s];
    out.usd[s] = whole.column->notional_at_risk_usd[s][at];
    if (whole.column->has_interval())
      kept.density_interval = {out.usd[s], interval.p10[at], interval.p50[at], interval.p90[at]};
    const float age = (*whole.mean_age_s)[s][at];
    if (!std::isnan(age)) kept.mean_age_s = age;
  }
  return out;
}

void MapHistory::decode(std::int64_t tile_column, std::optional<std::size_t> part,
                        Decoded& decoded) {
  std::vector<std::shared_ptr<const std::string>> packed;
  {
    const std::lock_guard lock(mutex_);
    decoded.rows = tiles_.row_tiles();
    for (std::int32_t row = decoded.rows.first; row < decoded.rows.end; ++row)
      packed.push_back(tiles_of(part).tile({.level = 0, .column = tile_column, .row = row}));
  }
  decoded.column = tile_column;
  decoded.tiles.clear();
  for (const auto& bytes : packed) {
    decoded.tiles.emplace_back();
    if (!bytes) continue;
    decoded.tiles.back() = unpack(*bytes);
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

std::optional<MapHistory::Tile> MapHistory::tile(const TileKey& key,
                                                 std::optional<std::size_t> part) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const std::string> bytes = tiles_of(part).tile(key);
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
  for (const HeatmapTiles& tiles : parted_) out += tiles.memory_bytes();
  for (const Whole& one : whole_) out += 10 * sizeof(float) * one.column->row_count();
  return out;
}

}  // namespace faultline
