#include "map/texel_strip.hpp"

#include <zstd.h>

#include <algorithm>
#include <type_traits>

#include "base/check.hpp"
#include "infer/state_bytes.hpp"

namespace faultline {
namespace {

constexpr auto kSize = static_cast<std::int64_t>(kTileSize);
constexpr int kZstdLevel = 1;

// Rows [first, end) of several texels.
struct Rows {
  std::int32_t first = 0;
  std::int32_t end = 0;
  std::size_t count() const { return static_cast<std::size_t>(end - first); }
};

// The same values with zeros before and behind.
template <class T>
void widen(std::vector<T>& values, std::size_t before, std::size_t behind) {
  values.insert(values.begin(), before, T{});
  values.insert(values.end(), behind, T{});
}

}  // namespace

// Makes room for the rows in the newest texel.
void TexelStrip::cover(std::int32_t first_row, std::size_t row_count) {
  if (newest_.row_count() == 0) newest_.first_row = first_row;
  const std::int32_t old_end = newest_.first_row + static_cast<std::int32_t>(newest_.row_count());
  const std::int32_t end = first_row + static_cast<std::int32_t>(row_count);
  const auto before = static_cast<std::size_t>(std::max(0, newest_.first_row - first_row));
  const auto behind = static_cast<std::size_t>(std::max(0, end - old_end));
  if (before + behind == 0) return;
  for (Newest::Side& side : newest_.sides) {
    widen(side.most, before, behind);
    widen(side.sum, before, behind);
    widen(side.is_wide, before, behind);
  }
  newest_.first_row -= static_cast<std::int32_t>(before);
}

void TexelStrip::add(std::uint8_t level, std::int64_t column, const TileColumn& of) {
  const std::int64_t texel = column >> level;
  FAULTLINE_CHECK(is_empty() || (level == level_ && texel >= newest_.index &&
                                 texel / kSize == newest_.index / kSize));
  level_ = level;
  if (texel != newest_.index) {
    if (!is_empty()) texels_.push_back(std::make_shared<const Texel>(finished()));
    if (texels_.size() == kChunk) {
      chunks_.push_back(std::make_shared<const std::string>(packed(texels_, level_ > 0)));
      texels_.clear();
    }
    newest_ = Newest{.index = texel};
  }
  const std::size_t rows = of.usd[0].size();
  cover(of.first_row, rows);
  const auto first = static_cast<std::size_t>(of.first_row - newest_.first_row);
  for (const std::size_t s : {0U, 1U}) {
    Newest::Side& side = newest_.sides[s];
    for (std::size_t row = 0; row < rows; ++row) {
      const float usd = of.usd[s][row];
      side.most[first + row] = std::max(side.most[first + row], usd);
      side.sum[first + row] += static_cast<double>(usd);
      if (of.wide[s][row]) side.is_wide[first + row] = 1;
    }
  }
  ++newest_.column_count;
}

// The newest texel as it is now.
TexelStrip::Texel TexelStrip::finished() const {
  Texel out{
      .index = newest_.index, .column_count = newest_.column_count, .first_row = newest_.first_row};
  for (const std::size_t s : {0U, 1U}) {
    const Newest::Side& from = newest_.sides[s];
    Texel::Side& to = out.sides[s];
    for (const float usd : from.most) to.most.push_back(code_of_usd(static_cast<double>(usd)));
    to.is_wide = from.is_wide;
    if (level_ == 0) continue;
    for (const double sum : from.sum) to.mean.push_back(code_of_usd(sum / newest_.column_count));
  }
  return out;
}

// Count of texels, whether there are means, their frame, indices and column counts; then of each
// side the planes of codes (each texel less the one before, low bytes and high bytes apart) and
// which are wide; all packed.
std::string TexelStrip::packed(std::span<const std::shared_ptr<const Texel>> texels,
                               bool has_mean) {
  Rows frame{texels.front()->first_row, texels.front()->first_row};
  for (const auto& texel : texels) {
    frame.first = std::min(frame.first, texel->first_row);
    frame.end =
        std::max(frame.end, texel->first_row + static_cast<std::int32_t>(texel->row_count()));
  }
  StateWriter body;
  body.put(texels.size());
  body.put(has_mean);
  body.put(frame);
  for (const auto& texel : texels) {
    body.put(texel->index);
    body.put(texel->column_count);
  }
  const std::size_t rows = frame.count();
  // One value a row of the frame.
  const auto framed = [&](const Texel& texel, const auto& values) {
    std::remove_cvref_t<decltype(values)> out(rows, 0);
    std::ranges::copy(values, out.begin() + (texel.first_row - frame.first));
    return out;
  };
  const auto add_plane = [&](std::size_t s, std::vector<std::uint16_t> Texel::Side::*codes) {
    std::vector<std::uint8_t> low;
    std::vector<std::uint8_t> high;
    std::vector<std::uint16_t> before(rows, 0);
    for (const auto& texel : texels) {
      std::vector<std::uint16_t> now = framed(*texel, texel->sides[s].*codes);
      for (std::size_t row = 0; row < rows; ++row) {
        const auto delta = static_cast<std::uint16_t>(now[row] - before[row]);
        low.push_back(static_cast<std::uint8_t>(delta & 0xFFU));
        high.push_back(static_cast<std::uint8_t>(delta >> 8U));
      }
      before = std::move(now);
    }
    body.put_all(std::span<const std::uint8_t>(low));
    body.put_all(std::span<const std::uint8_t>(high));
  };
  for (const std::size_t s : {0U, 1U}) {
    add_plane(s, &Texel::Side::most);
    if (has_mean) add_plane(s, &Texel::Side::mean);
    for (const auto& texel : texels) {
      const auto wide = framed(*texel, texel->sides[s].is_wide);
      body.put_all(std::span<const std::uint8_t>(wide));
    }
  }
  const std::vector<std::uint8_t> bytes = body.take();
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kZstdLevel);
  FAULTLINE_CHECK(ZSTD_isError(size) == 0);
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

std::vector<TexelStrip::Texel> TexelStrip::unpacked(const std::string& chunk) {
  std::vector<std::uint8_t> bytes(ZSTD_getFrameContentSize(chunk.data(), chunk.size()));
  const std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), chunk.data(), chunk.size());
  FAULTLINE_CHECK(size == bytes.size());
  StateReader body(bytes);
  std::vector<Texel> out(body.get<std::size_t>());
  const bool has_mean = body.get<bool>();
  const auto frame = body.get<Rows>();
  for (Texel& texel : out) {
    texel.index = body.get<std::int64_t>();
    texel.column_count = body.get<std::uint16_t>();
    texel.first_row = frame.first;
  }
  const std::size_t rows = frame.count();
  const auto take_plane = [&](std::size_t s, std::vector<std::uint16_t> Texel::Side::*codes) {
    std::vector<std::uint8_t> low(out.size() * rows);
    std::vector<std::uint8_t> high(low.size());
    body.get_all(std::span<std::uint8_t>(low));
    body.get_all(std::span<std::uint8_t>(high));
    std::vector<std::uint16_t> now(rows, 0);
    std::size_t at = 0;
    for (Texel& texel : out) {
      for (std::size_t row = 0; row < rows; ++row, ++at)
        now[row] = static_cast<std::uint16_t>(now[row] + (low[at] | (high[at] << 8U)));
      texel.sides[s].*codes = now;
    }
  };
  for (const std::size_t s : {0U, 1U}) {
    take_plane(s, &Texel::Side::most);
    if (has_mean) take_plane(s, &Texel::Side::mean);
    for (Texel& texel : out) {
      texel.sides[s].is_wide.resize(rows);
      body.get_all(std::span<std::uint8_t>(texel.sides[s].is_wide));
    }
  }
  FAULTLINE_CHECK(body.has_all() && body.is_at_end());
  return out;
}

void TexelStrip::place(const Texel& texel, HeatmapTile& tile) {
  const auto column = static_cast<std::size_t>(texel.index % kSize);
  tile.column_count[column] = texel.column_count;
  const std::int64_t tile_first = std::int64_t{tile.key.row} * kSize;
  const std::int64_t end = texel.first_row + static_cast<std::int64_t>(texel.row_count());
  const std::int64_t from = std::max<std::int64_t>(tile_first, texel.first_row);
  const std::int64_t to = std::min(tile_first + kSize, end);
  for (std::int64_t row = from; row < to; ++row) {
    const auto of = static_cast<std::size_t>(row - texel.first_row);
    const std::size_t cell = HeatmapTile::at(column, static_cast<std::size_t>(row - tile_first));
    for (const std::size_t s : {0U, 1U}) {
      const Texel::Side& side = texel.sides[s];
      tile.sides[s].most[cell] = side.most[of];
      tile.sides[s].mean[cell] = side.mean.empty() ? side.most[of] : side.mean[of];
      tile.sides[s].is_wide[cell] = side.is_wide[of];
    }
  }
}

void TexelStrip::fill(HeatmapTile& tile) const {
  for (const auto& chunk : chunks_) {
    for (const Texel& texel : unpacked(*chunk)) place(texel, tile);
  }
  for (const auto& texel : texels_) place(*texel, tile);
  if (!is_empty()) place(finished(), tile);
}

std::size_t TexelStrip::memory_bytes() const {
  std::size_t bytes = newest_.row_count() * 2 * (sizeof(float) + sizeof(double) + 1);
  for (const auto& chunk : chunks_) bytes += chunk->size();
  for (const auto& texel : texels_) bytes += texel->row_count() * 2 * (level_ > 0 ? 5U : 3U);
  return bytes;
}

}  // namespace faultline
