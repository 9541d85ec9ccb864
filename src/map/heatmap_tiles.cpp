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

std::shared_ptr<const std::string> pack(const HeatmapTile& tile) {
  return std::make_shared<const std::string>(encode_tile(tile));
}

HeatmapTile unpack(const std::string& bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  Result<HeatmapTile> tile = decode_tile({data, bytes.size()});
  FAULTLINE_CHECK(tile);
  return std::move(tile).value();
}

// What lies between two codes is rounded up and down by turns: of neighbouring codes the mean lies
// in the middle, and rounding it up at every level would add up.
std::uint16_t mean_code(double usd, bool is_up) {
  constexpr double kTurn = 0.0025;  // a quarter of a code
  return code_of_usd(usd * (is_up ? 1.0 + kTurn : 1.0 - kTurn));
}

// Texels `from` and `from` + 1 of the tile below are texel `to`.
void merge_pair(const HeatmapTile& below, std::size_t from, std::size_t to, HeatmapTile& tile) {
  const double first = below.column_count[from];
  const double second = below.column_count[from + 1];
  if (first + second == 0.0) return;
  for (const std::size_t s : {0U, 1U}) {
    const HeatmapTile::Side& low = below.sides[s];
    HeatmapTile::Side& side = tile.sides[s];
    for (std::size_t row = 0; row < kTileSize; ++row) {
      const std::size_t a = HeatmapTile::at(from, row);
      const std::size_t b = HeatmapTile::at(from + 1, row);
      const std::size_t at = HeatmapTile::at(to, row);
      side.most[at] = std::max(low.most[a], low.most[b]);
      side.is_wide[at] = low.is_wide[a] | low.is_wide[b];
      // Mostly nothing, or the same again.
      if (low.mean[a] == low.mean[b] && first > 0.0 && second > 0.0) {
        side.mean[at] = low.mean[a];
        continue;
      }
      const double sum = first * usd_of_code(low.mean[a]) + second * usd_of_code(low.mean[b]);
      side.mean[at] = mean_code(sum / (first + second), (to + row + tile.key.level) % 2 == 0);
    }
  }
}

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

HeatmapTiles::HeatmapTiles(UnixNanos first_column, Nanos column_interval)
    : first_column_(first_column), interval_(column_interval) {
  FAULTLINE_CHECK(column_interval.value > 0);
}

void HeatmapTiles::add(const TileColumn& column) {
  const Nanos after = column.as_of - first_column_;
  FAULTLINE_CHECK(after.value >= 0 && after.value % interval_.value == 0);
  const std::int64_t index = after.value / interval_.value;
  FAULTLINE_CHECK(index >= column_end_);
  const std::size_t row_count = column.usd[0].size();
  FAULTLINE_CHECK(column.usd[1].size() == row_count && column.wide[0].size() == row_count &&
                  column.wide[1].size() == row_count);
  if (index / kSize != open_column_) {
    close(index / kSize);
    open_column_ = index / kSize;
  }
  pack_one();
  column_end_ = index + 1;
  const auto rows = static_cast<std::int32_t>(row_count);
  const std::int32_t first = tile_row_of(column.first_row);
  const std::int32_t end = rows == 0 ? first : tile_row_of(column.first_row + rows - 1) + 1;
  if (row_tiles_.first == row_tiles_.end) {
    row_tiles_ = {first, end};
  } else {
    row_tiles_ = {std::min(first, row_tiles_.first), std::max(end, row_tiles_.end)};
  }
  const auto place = static_cast<std::size_t>(index % kSize);
  columns_[open_column_].set(place);
  // Every tile of the column knows that there was one, wherever its rows are.
  for (std::int32_t row = row_tiles_.first; row < row_tiles_.end; ++row)
    open_tile(row).column_count[place] = 1;
  for (std::size_t i = 0; i < row_count; ++i) {
    const std::int32_t row = column.first_row + static_cast<std::int32_t>(i);
    HeatmapTile& tile = open_.at({0, open_column_, tile_row_of(row)});
    const auto in_tile = row - tile.key.row * static_cast<std::int32_t>(kTileSize);
    const std::size_t cell = HeatmapTile::at(place, static_cast<std::size_t>(in_tile));
    for (const std::size_t s : {0U, 1U}) {
      const std::uint16_t code = code_of_usd(column.usd[s][i]);
      tile.sides[s].most[cell] = code;
      tile.sides[s].mean[cell] = code;
      tile.sides[s].is_wide[cell] = column.wide[s][i] ? 1 : 0;
    }
  }
}

HeatmapTile HeatmapTiles::empty_tile(const TileKey& key) const {
  HeatmapTile tile;
  tile.key = key;
  tile.first_column = first_column_;
  tile.column_interval = interval_;
  // Of a row that is reached late as well: the columns before had nothing there.
  const std::int64_t below = std::int64_t{1} << key.level;
  for (auto at = columns_.lower_bound(key.column * below);
       at != columns_.end() && at->first < (key.column + 1) * below; ++at) {
    const auto first = static_cast<std::size_t>(at->first - key.column * below) * kTileSize;
    for (std::size_t i = 0; i < kTileSize; ++i) {
      if (at->second[i]) ++tile.column_count[(first + i) >> key.level];
    }
  }
  return tile;
}

HeatmapTile& HeatmapTiles::open_tile(std::int32_t row) {
  const TileKey key{0, open_column_, row};
  const auto found = open_.find(key);
  if (found != open_.end()) return found->second;
  return open_.emplace(key, empty_tile(key)).first->second;
}

// The tiles of level 0, and those above them that end with them.
void HeatmapTiles::close(std::int64_t next_column) {
  if (open_column_ < 0) return;
  closed_.merge(open_);
  growing_.clear();
  for (std::uint8_t level = 0; level <= kTileLevelMax; ++level) {
    const std::int64_t column = open_column_ >> level;
    if (next_column >> level == column) return;
    for (std::int32_t row = row_tiles_.first; row < row_tiles_.end; ++row)
      due_.push_back({level, column, row});
  }
}

void HeatmapTiles::pack_one() {
  if (due_.empty()) return;
  tile(due_.front());
  due_.pop_front();
}

std::optional<HeatmapTile> HeatmapTiles::present(const TileKey& key) const {
  if (const auto found = packed_.find(key); found != packed_.end()) return unpack(*found->second);
  if (key.level > 0) return composed(key);
  for (const auto* tiles : {&closed_, &open_}) {
    if (const auto found = tiles->find(key); found != tiles->end()) return found->second;
  }
  return std::nullopt;
}

std::optional<HeatmapTile> HeatmapTiles::composed(const TileKey& key) const {
  if (key.column > open_column_ >> key.level) return std::nullopt;
  std::optional<HeatmapTile> out;
  for (const std::size_t half : {0U, 1U}) {
    const std::optional<HeatmapTile> below =
        present({static_cast<std::uint8_t>(key.level - 1),
                 2 * key.column + static_cast<std::int64_t>(half), key.row});
    if (!below) continue;
    if (!out) out = empty_tile(key);
    for (std::size_t from = 0; from < kTileSize; from += 2)
      merge_pair(*below, from, (half * kTileSize + from) / 2, *out);
  }
  return out;
}

std::shared_ptr<const std::string> HeatmapTiles::tile(const TileKey& key) {
  const std::int64_t open = open_column_ >> key.level;
  if (key.level > kTileLevelMax || key.column > open || key.row < row_tiles_.first ||
      key.row >= row_tiles_.end)
    return nullptr;
  if (const auto found = packed_.find(key); found != packed_.end()) return found->second;
  const auto kept = growing_.find(key);
  if (kept != growing_.end() && kept->second.column_end == column_end_) return kept->second.packed;
  const std::optional<HeatmapTile> now = present(key);
  if (!now) return nullptr;
  Packed packed = pack(*now);
  if (key.column == open) {
    growing_[key] = {packed, column_end_};
  } else {
    packed_[key] = packed;
    closed_.erase(key);
  }
  return packed;
}

std::size_t HeatmapTiles::memory_bytes() const {
  std::size_t bytes = (open_.size() + closed_.size()) * 2 * kTileCells * 5;
  for (const auto& [key, packed] : packed_) bytes += packed->size();
  for (const auto& [key, growing] : growing_) bytes += growing.packed->size();
  return bytes;
}

}  // namespace faultline
