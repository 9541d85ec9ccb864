#include "map/heatmap_tiles.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr auto kSize = static_cast<std::int64_t>(kTileSize);
std::int32_t tile_row_of(std::int32_t row) {
  const auto size = static_cast<std::int32_t>(kTileSize);
  return row >= 0 ? row / size : -((-row + size - 1) / size);
}

}  // namespace

bool is_wide(const RowInterval& interval, std::size_t row) {
  constexpr float kWideFactor = 4.0F;
  return row < interval.p90.size() && interval.p90[row] > kWideFactor * interval.p10[row] &&
         interval.p90[row] >= 1.0F;
}

HeatmapTiles::HeatmapTiles(UnixNanos first_column, Nanos column_interval)
    : first_column_(first_column), interval_(column_interval), levels_(kTileLevelMax + 1) {
  FAULTLINE_CHECK(column_interval.value > 0);
}

void HeatmapTiles::add(const MapColumn& column) {
  const Nanos after = column.as_of - first_column_;
  FAULTLINE_CHECK(after.value >= 0 && after.value % interval_.value == 0);
  const std::int64_t index = after.value / interval_.value;
  FAULTLINE_CHECK(index >= column_end_);
  column_end_ = index + 1;
  const auto rows = static_cast<std::int32_t>(column.row_count());
  const std::int32_t first = tile_row_of(column.first_row);
  const std::int32_t end = rows == 0 ? first : tile_row_of(column.first_row + rows - 1) + 1;
  if (row_tiles_.first == row_tiles_.end) {
    row_tiles_ = {first, end};
  } else {
    row_tiles_ = {std::min(first, row_tiles_.first), std::max(end, row_tiles_.end)};
  }
  for (std::uint8_t level = 0; level <= kTileLevelMax; ++level) add_to_level(level, index, column);
}

void HeatmapTiles::add_to_level(std::uint8_t level, std::int64_t index, const MapColumn& column) {
  Level& at = levels_[level];
  const std::int64_t texel = index >> level;
  if (texel / kSize != at.tile_column) {
    seal(level);
    at.tile_column = texel / kSize;
    at.column_count.fill(0);
  }
  const auto place = static_cast<std::size_t>(texel % kSize);
  // Every tile of the column knows that there was one, wherever its rows are.
  for (std::int32_t row = row_tiles_.first; row < row_tiles_.end; ++row) {
    Open& open = open_tile(level, row);
    const bool is_new = open.tile.column_count[place] == 0;
    add_rows(open, place, is_new, column);
    ++open.tile.column_count[place];
    open.packed.reset();
  }
  ++at.column_count[place];
}

void HeatmapTiles::add_rows(Open& open, std::size_t texel, bool is_new, const MapColumn& column) {
  const std::int32_t tile_first = open.tile.key.row * static_cast<std::int32_t>(kTileSize);
  const double count = open.tile.column_count[texel] + 1.0;
  for (const std::size_t s : {0U, 1U}) {
    HeatmapTile::Side& side = open.tile.sides[s];
    if (is_new) std::ranges::fill(open.sum[s], 0.0);
    for (std::size_t row = 0; row < kTileSize; ++row) {
      const std::int64_t i =
          std::int64_t{tile_first} + static_cast<std::int64_t>(row) - column.first_row;
      const bool is_there = i >= 0 && i < static_cast<std::int64_t>(column.row_count());
      const auto of = static_cast<std::size_t>(is_there ? i : 0);
      const double usd = is_there ? column.notional_at_risk_usd[s][of] : 0.0;
      const std::size_t cell = HeatmapTile::at(texel, row);
      open.sum[s][row] += usd;
      side.most[cell] = std::max(side.most[cell], code_of_usd(usd));
      side.mean[cell] = code_of_usd(open.sum[s][row] / count);
      if (is_there && is_wide(column.density_interval[s], of)) side.is_wide[cell] = 1;
    }
  }
}

HeatmapTiles::Open& HeatmapTiles::open_tile(std::uint8_t level, std::int32_t row) {
  Level& at = levels_[level];
  const auto [found, is_new] = at.open.try_emplace(row);
  Open& open = found->second;
  if (!is_new) return open;
  open.tile.key = {level, at.tile_column, row};
  open.tile.first_column = first_column_;
  open.tile.column_interval = interval_;
  for (std::vector<double>& sum : open.sum) sum.resize(kTileSize);
  // A row that is reached late: the columns before had nothing there.
  open.tile.column_count = at.column_count;
  return open;
}

void HeatmapTiles::seal(std::uint8_t level) {
  Level& at = levels_[level];
  for (auto& [row, open] : at.open) {
    if (!open.packed) open.packed = std::make_shared<const std::string>(encode_tile(open.tile));
    packed_[open.tile.key] = std::move(open.packed);
  }
  at.open.clear();
}

std::shared_ptr<const std::string> HeatmapTiles::tile(const TileKey& key) {
  if (key.level > kTileLevelMax) return nullptr;
  if (const auto found = packed_.find(key); found != packed_.end()) return found->second;
  Level& at = levels_[key.level];
  if (at.tile_column != key.column) return nullptr;
  const auto open = at.open.find(key.row);
  if (open == at.open.end()) return nullptr;
  if (!open->second.packed)
    open->second.packed = std::make_shared<const std::string>(encode_tile(open->second.tile));
  return open->second.packed;
}

std::size_t HeatmapTiles::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [key, packed] : packed_) bytes += packed->size();
  for (const Level& level : levels_) bytes += level.open.size() * 2 * kTileCells * 5;
  return bytes;
}

}  // namespace faultline
