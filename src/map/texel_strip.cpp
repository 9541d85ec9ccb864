#include "map/texel_strip.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr auto kSize = static_cast<std::int64_t>(kTileSize);
constexpr int kZstdLevel = 1;

template <class T>
void put(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

template <class T>
T take(const char*& from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  from += sizeof(T);
  return value;
}

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

// Count of texels, their frame, indices and column counts; then of each side the planes of codes
// (each texel less the one before, low bytes and high bytes apart) and which are wide; all packed.
std::string TexelStrip::packed(std::span<const std::shared_ptr<const Texel>> texels,
                               bool has_mean) {
  Rows frame{texels.front()->first_row, texels.front()->first_row};
  for (const auto& texel : texels) {
    frame.first = std::min(frame.first, texel->first_row);
    frame.end =
        std::max(frame.end, texel->first_row + static_cast<std::int32_t>(texel->row_count()));
  }
  std::string body;
  put(body, static_cast<std::uint32_t>(texels.size()));
  put(body, static_cast<std::uint32_t>(has_mean ? 1 : 0));
  put(body, frame.first);
  put(body, frame.end);
  for (const auto& texel : texels) {
    put(body, texel->index);
    put(body, texel->column_count);
  }
  const std::size_t rows = frame.count();
  const auto add_plane = [&](std::size_t s, std::vector<std::uint16_t> Texel::Side::*codes) {
    const std::size_t begin = body.size();
    const std::size_t cells = texels.size() * rows;
    body.resize(begin + 2 * cells);
    std::vector<std::uint16_t> before(rows, 0);
    for (std::size_t t = 0; t < texels.size(); ++t) {
      std::vector<std::uint16_t> now(rows, 0);
      const auto at = static_cast<std::ptrdiff_t>(texels[t]->first_row - frame.first);
      std::ranges::copy(texels[t]->sides[s].*codes, now.begin() + at);
      for (std::size_t row = 0; row < rows; ++row) {
        const auto delta = static_cast<std::uint16_t>(now[row] - before[row]);
        body[begin + t * rows + row] = static_cast<char>(delta & 0xFFU);
        body[begin + cells + t * rows + row] = static_cast<char>(delta >> 8U);
      }
      before = std::move(now);
    }
  };
  for (const std::size_t s : {0U, 1U}) {
    add_plane(s, &Texel::Side::most);
    if (has_mean) add_plane(s, &Texel::Side::mean);
    for (const auto& texel : texels) {
      std::string wide(rows, '\0');
      const auto at = static_cast<std::ptrdiff_t>(texel->first_row - frame.first);
      std::ranges::copy(texel->sides[s].is_wide, wide.begin() + at);
      body += wide;
    }
  }
  std::string out;
  put(out, static_cast<std::uint64_t>(body.size()));
  const std::size_t head = out.size();
  out.resize(head + ZSTD_compressBound(body.size()));
  const std::size_t size =
      ZSTD_compress(out.data() + head, out.size() - head, body.data(), body.size(), kZstdLevel);
  FAULTLINE_CHECK(ZSTD_isError(size) == 0);
  out.resize(head + size);
  out.shrink_to_fit();
  return out;
}

std::vector<TexelStrip::Texel> TexelStrip::unpacked(const std::string& chunk) {
  const char* at = chunk.data();
  std::string body(take<std::uint64_t>(at), '\0');
  const std::size_t size =
      ZSTD_decompress(body.data(), body.size(), at, chunk.size() - sizeof(std::uint64_t));
  FAULTLINE_CHECK(size == body.size());
  at = body.data();
  std::vector<Texel> out(take<std::uint32_t>(at));
  const bool has_mean = take<std::uint32_t>(at) != 0;
  Rows frame;
  frame.first = take<std::int32_t>(at);
  frame.end = take<std::int32_t>(at);
  for (Texel& texel : out) {
    texel.index = take<std::int64_t>(at);
    texel.column_count = take<std::uint16_t>(at);
    texel.first_row = frame.first;
  }
  const std::size_t rows = frame.count();
  const auto take_plane = [&](std::size_t s, std::vector<std::uint16_t> Texel::Side::*codes) {
    const auto* low = reinterpret_cast<const std::uint8_t*>(at);
    const std::uint8_t* high = low + out.size() * rows;
    std::vector<std::uint16_t> now(rows, 0);
    for (Texel& texel : out) {
      for (std::size_t row = 0; row < rows; ++row)
        now[row] = static_cast<std::uint16_t>(now[row] + (*low++ | (*high++ << 8U)));
      texel.sides[s].*codes = now;
    }
    at = reinterpret_cast<const char*>(high);
  };
  for (const std::size_t s : {0U, 1U}) {
    take_plane(s, &Texel::Side::most);
    if (has_mean) take_plane(s, &Texel::Side::mean);
    for (Texel& texel : out) {
      texel.sides[s].is_wide.assign(at, at + rows);
      at += rows;
    }
  }
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
