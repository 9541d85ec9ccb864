#include "map/heatmap_tiles.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr auto kSize = static_cast<std::int64_t>(kTileSize);

}  // namespace

bool is_wide(const RowInterval& interval, std::size_t row) {
  constexpr float kWideFactor = 4.0F;
  return row < interval.p90.size() && interval.p90[row] > kWideFactor * interval.p10[row] &&
         interval.p90[row] >= 1.0F;
}

WideRows wide_rows(const MapColumn& column) {
  WideRows out;
  for (const std::size_t s : {0U, 1U}) {
    out[s].resize(column.row_count());
    for (std::size_t row = 0; row < column.row_count(); ++row)
      out[s][row] = is_wide(column.density_interval[s], row);
  }
  return out;
}

std::shared_ptr<const std::string> pack_tile(const TileSource& source) {
  HeatmapTile tile;
  tile.key = source.key;
  tile.first_column = source.first_column;
  tile.column_interval = source.column_interval;
  source.strip.fill(tile);
  return std::make_shared<const std::string>(encode_tile(tile));
}

HeatmapTiles::HeatmapTiles(UnixNanos first_column, Nanos column_interval)
    : first_column_(first_column), interval_(column_interval), levels_(kTileLevelMax + 1) {
  FAULTLINE_CHECK(column_interval.value > 0);
}

void HeatmapTiles::add(const TileColumn& column) {
  const Nanos after = column.as_of - first_column_;
  FAULTLINE_CHECK(after.value >= 0 && after.value % interval_.value == 0);
  const std::int64_t index = after.value / interval_.value;
  FAULTLINE_CHECK(index >= column_end_);
  const std::size_t rows = column.usd[0].size();
  FAULTLINE_CHECK(column.usd[1].size() == rows && column.wide[0].size() == rows &&
                  column.wide[1].size() == rows);
  for (std::uint8_t level = 0; level <= kTileLevelMax; ++level) {
    Level& at = levels_[level];
    const std::int64_t tile_column = (index >> level) / kSize;
    if (tile_column != at.tile_column) {
      close(level);
      at.tile_column = tile_column;
    }
    at.strip.add(level, index, column);
  }
  column_end_ = index + 1;
  growing_.clear();
  if (rows == 0) return;
  const std::int32_t first = tile_row_of(column.first_row);
  const std::int32_t end = tile_row_of(column.first_row + static_cast<std::int32_t>(rows) - 1) + 1;
  if (row_tiles_.first == row_tiles_.end) row_tiles_ = {first, end};
  row_tiles_ = {std::min(first, row_tiles_.first), std::max(end, row_tiles_.end)};
}

void HeatmapTiles::close(std::uint8_t level) {
  Level& at = levels_[level];
  if (at.strip.is_empty() || row_tiles_.first == row_tiles_.end) return;
  closed_.push_back({level, at.tile_column, std::exchange(at.strip, {}), row_tiles_});
  due_count_ += static_cast<std::size_t>(row_tiles_.end - row_tiles_.first);
}

TileSource HeatmapTiles::source_of(const TileKey& key, const TexelStrip& strip,
                                   bool is_over) const {
  return {.key = key,
          .first_column = first_column_,
          .column_interval = interval_,
          .strip = strip,
          .is_over = is_over,
          .column_end = column_end_};
}

std::shared_ptr<const std::string> HeatmapTiles::kept(const TileKey& key) const {
  for (const auto* tiles : {&packed_, &growing_}) {
    if (const auto found = tiles->find(key); found != tiles->end()) return found->second;
  }
  return nullptr;
}

std::optional<TileSource> HeatmapTiles::source(const TileKey& key) const {
  const auto has = [&](const RowTiles& rows) {
    return key.row >= rows.first && key.row < rows.end;
  };
  if (key.level > kTileLevelMax) return std::nullopt;
  const Level& open = levels_[key.level];
  if (key.column == open.tile_column && has(row_tiles_)) return source_of(key, open.strip, false);
  for (const Closed& closed : closed_) {
    if (closed.level == key.level && closed.tile_column == key.column && has(closed.rows))
      return source_of(key, closed.strip, true);
  }
  return std::nullopt;
}

std::optional<TileSource> HeatmapTiles::due() const {
  if (closed_.empty()) return std::nullopt;
  const Closed& first = closed_.front();
  return source_of({first.level, first.tile_column, first.rows.first}, first.strip, true);
}

void HeatmapTiles::keep(const TileSource& source, std::shared_ptr<const std::string> bytes) {
  if (!source.is_over) {
    if (source.column_end == column_end_) growing_[source.key] = std::move(bytes);
    return;
  }
  packed_.try_emplace(source.key, std::move(bytes));
  // What is packed, in whatever order, is no longer due.
  while (!closed_.empty()) {
    Closed& first = closed_.front();
    while (first.rows.first < first.rows.end &&
           packed_.contains({first.level, first.tile_column, first.rows.first})) {
      ++first.rows.first;
      --due_count_;
    }
    if (first.rows.first < first.rows.end) return;
    closed_.pop_front();
  }
}

std::shared_ptr<const std::string> HeatmapTiles::tile(const TileKey& key) {
  if (Packed found = kept(key)) return found;
  const std::optional<TileSource> from = source(key);
  if (!from) return nullptr;
  Packed packed = pack_tile(*from);
  keep(*from, packed);
  return packed;
}

std::size_t HeatmapTiles::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto* tiles : {&packed_, &growing_}) {
    for (const auto& [key, packed] : *tiles) bytes += packed->size();
  }
  for (const Level& level : levels_) bytes += level.strip.memory_bytes();
  for (const Closed& closed : closed_) bytes += closed.strip.memory_bytes();
  return bytes;
}

}  // namespace faultline
