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
  std::shared_ptr<const MapNow> now;
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
  add(news, now);
  if (now) pack_due();
}

void MapHistory::add(const SourceNews& news, const std::shared_ptr<const MapNow>& now) {
  const std::lock_guard lock(mutex_);
  prints_.insert(prints_.end(), news.prints.begin(), news.prints.end());
  while (prints_.size() > kPrintsKept) prints_.pop_front();
  if (!now) return;
  const MapColumn& column = *now->column;
  const WideRows wide = wide_rows(column);
  const auto add_to = [&](HeatmapTiles& tiles, const ColumnParts::Rows& usd) {
    tiles.add({column.as_of, column.first_row, {usd[0], usd[1]}, wide});
  };
  add_to(tiles_, column.notional_at_risk_usd);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (now->parts->usd[i]) add_to(parted_[i], *now->parts->usd[i]);
  }
  entries_.push_back(entry_of(*now));
  if (entries_.size() > kEntriesKept) entries_.pop_front();
  whole_.push_back(
      {now->column, std::make_shared<const ColumnParts::Rows>(now->parts->mean_age_s)});
  if (whole_.size() > kColumnsWhole) whole_.pop_front();
  const std::lock_guard now_lock(now_mutex_);
  now_ = now;
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
  MapColumn column = *out->column;
  column.density_interval = {};
  column.notional_at_risk_usd = {};
  if (const auto newest = now(); newest->index == out->entry.index) {
    if (newest->parts->usd[part]) column.notional_at_risk_usd = *newest->parts->usd[part];
  } else {
    Decoded decoded;
    decode(out->entry.index / kTileColumns, part, decoded);
    const auto texel = static_cast<std::size_t>(out->entry.index % kTileColumns);
    const bool is_known = std::ranges::any_of(
        decoded.tiles, [&](const auto& tile) { return tile && tile->column_count[texel] > 0; });
    if (is_known) {
      MapColumn rows = column_of(out->entry, decoded);
      column.first_row = rows.first_row;
      column.notional_at_risk_usd = std::move(rows.notional_at_risk_usd);
    }
  }
  out->column = std::make_shared<const MapColumn>(std::move(column));
  out->is_whole = false;
  return out;
}

std::optional<std::array<double, 2>> MapHistory::usd_at(std::int64_t index, std::int32_t row,
                                                        std::optional<std::size_t> part) {
  const TileKey key{0, index / kTileColumns, tile_row_of(row)};
  const std::optional<Tile> packed = tile(key, part);
  if (!packed) return std::nullopt;
  const HeatmapTile tile = unpack(*packed->bytes);
  const auto texel = static_cast<std::size_t>(index % kTileColumns);
  if (tile.column_count[texel] == 0) return std::nullopt;
  const std::size_t cell =
      HeatmapTile::at(texel, static_cast<std::size_t>(row - key.row * kTileRows));
  return std::array{usd_of_code(tile.sides[0].most[cell]), usd_of_code(tile.sides[1].most[cell])};
}

// The whole and its parts, of the tiles.
void MapHistory::add_of_tiles(std::int32_t row, PastCell& cell) {
  const auto whole = usd_at(cell.entry.index, row, std::nullopt);
  cell.usd = whole.value_or(std::array{0.0, 0.0});
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    // A row that no column had holds nothing, of any part.
    cell.parts.push_back(whole ? usd_at(cell.entry.index, row, i) : std::array{0.0, 0.0});
  }
}

void MapHistory::add_of_newest(const MapNow& newest, std::int32_t row, PastCell& cell) {
  const std::int64_t at = std::int64_t{row} - newest.column->first_row;
  const bool is_there = at >= 0 && at < static_cast<std::int64_t>(newest.column->row_count());
  for (const auto& rows : newest.parts->usd) {
    std::optional<std::array<double, 2>>& usd = cell.parts.emplace_back();
    if (!rows) continue;
    usd.emplace();
    if (is_there)
      usd = {(*rows)[0][static_cast<std::size_t>(at)], (*rows)[1][static_cast<std::size_t>(at)]};
  }
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
  if (const auto newest = now(); newest->index == out.entry.index) {
    add_of_newest(*newest, row, out);
  } else {
    add_of_tiles(row, out);
  }
  if (!whole.column) return out;
  out.usd = {};
  out.kept.emplace();
  const std::int64_t i = std::int64_t{row} - whole.column->first_row;
  if (i < 0 || i >= static_cast<std::int64_t>(whole.column->row_count())) return out;
  const auto at = static_cast<std::size_t>(i);
  for (const std::size_t s : {0U, 1U}) {
    KeptCellSide& kept = (*out.kept)[s];
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
  decoded.rows = row_tiles();
  decoded.column = tile_column;
  decoded.tiles.clear();
  for (std::int32_t row = decoded.rows.first; row < decoded.rows.end; ++row) {
    decoded.tiles.emplace_back();
    const auto found = tile({.level = 0, .column = tile_column, .row = row}, part);
    if (found) decoded.tiles.back() = unpack(*found->bytes);
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
  std::optional<TileSource> source;
  {
    const std::lock_guard lock(mutex_);
    const HeatmapTiles& tiles = tiles_of(part);
    const auto columns = static_cast<std::int64_t>(kTileSize) << key.level;
    const bool is_over = (key.column + 1) * columns <= tiles.column_end() - 1;
    if (auto bytes = tiles.kept(key)) return Tile{std::move(bytes), is_over};
    source = tiles.source(key);
    // A part that was not known yet has a tile where the whole has one, and no column in it.
    if (!source && part && (tiles_.kept(key) || tiles_.source(key)))
      source = {.key = key,
                .first_column = first_column_,
                .column_interval = identity_.column_interval,
                .strip = {}};
  }
  if (!source) return std::nullopt;
  // Without the lock: it takes some milliseconds.
  const std::shared_ptr<const std::string> bytes = pack_tile(*source);
  const std::lock_guard lock(mutex_);
  tiles_of(part).keep(*source, bytes);
  return Tile{bytes, source->is_over};
}

// One tile after most columns: what is over at once is packed over those that follow, and more of
// it where much waits.
void MapHistory::pack_due() {
  constexpr std::size_t kOneMoreFor = 64;
  for (std::size_t done = 0;; ++done) {
    std::optional<TileSource> source;
    std::optional<std::size_t> part;
    {
      const std::lock_guard lock(mutex_);
      std::size_t due = tiles_.due_count();
      source = tiles_.due();
      for (std::size_t i = 0; i < parted_.size(); ++i) {
        due += parted_[i].due_count();
        if (!source && (source = parted_[i].due())) part = i;
      }
      if (!source || done > due / kOneMoreFor) return;
    }
    auto bytes = pack_tile(*source);
    const std::lock_guard lock(mutex_);
    tiles_of(part).keep(*source, std::move(bytes));
  }
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
