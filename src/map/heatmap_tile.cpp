#include "map/heatmap_tile.hpp"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::array<char, 8> kMagic{'F', 'L', 'T', 'I', 'L', 'E', '0', '1'};
constexpr std::size_t kHeaderBytes = 40;
constexpr int kZstdLevel = 3;
constexpr double kCodesPerLog = 100.0;
constexpr std::size_t kPlaneBytes = 2 * kTileCells;

static_assert(std::endian::native == std::endian::little);

template <class T>
void put(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

template <class T>
T get(std::span<const std::uint8_t> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

bool has_mean(const TileKey& key) { return key.level > 0; }

// Column counts, then a plane of codes a side (two above level 0), then a bit a cell.
std::size_t body_bytes(const TileKey& key) {
  const std::size_t planes = has_mean(key) ? 4 : 2;
  return 2 * kTileSize + planes * kPlaneBytes + 2 * kTileCells / 8;
}

// 0, −1, 1, −2, ... become 0, 1, 2, 3, ...: the high bytes of small differences are then all zero.
std::uint16_t folded(std::uint16_t delta) {
  const unsigned sign = (delta & 0x8000U) != 0 ? 0xFFFFU : 0U;
  return static_cast<std::uint16_t>((static_cast<unsigned>(delta) << 1U) ^ sign);
}
unsigned unfolded(unsigned code) { return (code >> 1U) ^ ((code & 1U) != 0 ? 0xFFFFU : 0U); }

std::uint16_t delta_at(const std::vector<std::uint16_t>& codes, std::size_t i) {
  const std::uint16_t before = i < kTileSize ? std::uint16_t{0} : codes[i - kTileSize];
  return static_cast<std::uint16_t>(codes[i] - before);
}

void add_plane(const std::vector<std::uint16_t>& codes, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + kPlaneBytes);
  for (std::size_t i = 0; i < kTileCells; ++i) {
    const std::uint16_t code = folded(delta_at(codes, i));
    out[begin + i] = static_cast<char>(code & 0xFFU);
    out[begin + kTileCells + i] = static_cast<char>(code >> 8U);
  }
}

void take_plane(std::span<const std::uint8_t> bytes, std::vector<std::uint16_t>& codes) {
  for (std::size_t i = 0; i < kTileCells; ++i) {
    const unsigned delta =
        unfolded(bytes[i] | (static_cast<unsigned>(bytes[kTileCells + i]) << 8U));
    const unsigned before = i < kTileSize ? 0U : codes[i - kTileSize];
    codes[i] = static_cast<std::uint16_t>(before + delta);
  }
}

void add_bits(const std::vector<std::uint8_t>& is_wide, std::string& out) {
  for (std::size_t i = 0; i < kTileCells; i += 8) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) byte |= (is_wide[i + bit] != 0 ? 1U : 0U) << bit;
    out.push_back(static_cast<char>(byte));
  }
}

void take_bits(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& is_wide) {
  for (std::size_t i = 0; i < kTileCells; ++i)
    is_wide[i] = static_cast<std::uint8_t>((bytes[i / 8] >> (i % 8)) & 1U);
}

std::string body_of(const HeatmapTile& tile) {
  std::string body;
  body.reserve(body_bytes(tile.key));
  for (const std::uint16_t count : tile.column_count) put(body, count);
  for (const HeatmapTile::Side& side : tile.sides) {
    add_plane(side.most, body);
    if (has_mean(tile.key)) add_plane(side.mean, body);
  }
  for (const HeatmapTile::Side& side : tile.sides) add_bits(side.is_wide, body);
  FAULTLINE_CHECK(body.size() == body_bytes(tile.key));
  return body;
}

void take_body(std::span<const std::uint8_t> body, HeatmapTile& tile) {
  for (std::size_t i = 0; i < kTileSize; ++i)
    tile.column_count[i] = get<std::uint16_t>(body, 2 * i);
  std::size_t at = 2 * kTileSize;
  for (HeatmapTile::Side& side : tile.sides) {
    take_plane(body.subspan(at, kPlaneBytes), side.most);
    at += kPlaneBytes;
    if (!has_mean(tile.key)) {
      side.mean = side.most;
      continue;
    }
    take_plane(body.subspan(at, kPlaneBytes), side.mean);
    at += kPlaneBytes;
  }
  for (HeatmapTile::Side& side : tile.sides) {
    take_bits(body.subspan(at, kTileCells / 8), side.is_wide);
    at += kTileCells / 8;
  }
}

}  // namespace

std::uint16_t code_of_usd(double usd) {
  if (!(usd >= 1.0)) return 0;
  return static_cast<std::uint16_t>(
      std::min(65'535.0, 1.0 + std::round(kCodesPerLog * std::log(usd))));
}

double usd_of_code(std::uint16_t code) {
  return code == 0 ? 0.0 : std::exp((code - 1) / kCodesPerLog);
}

std::int32_t tile_row_of(std::int32_t row) {
  const auto size = static_cast<std::int32_t>(kTileSize);
  return row >= 0 ? row / size : -((-row + size - 1) / size);
}

std::string encode_tile(const HeatmapTile& tile) {
  FAULTLINE_CHECK(tile.key.level <= kTileLevelMax && tile.column_interval.value > 0);
  const std::string body = body_of(tile);
  std::string out(kMagic.data(), kMagic.size());
  put(out, tile.key.column);
  put(out, tile.key.row);
  put(out, static_cast<std::uint32_t>(tile.key.level));
  put(out, tile.first_column.value);
  put(out, tile.column_interval.value);
  FAULTLINE_CHECK(out.size() == kHeaderBytes);
  out.resize(kHeaderBytes + ZSTD_compressBound(body.size()));
  const std::size_t packed = ZSTD_compress(out.data() + kHeaderBytes, out.size() - kHeaderBytes,
                                           body.data(), body.size(), kZstdLevel);
  FAULTLINE_CHECK(ZSTD_isError(packed) == 0);
  out.resize(kHeaderBytes + packed);
  out.shrink_to_fit();  // tiles are kept, and the bound is fifty times what most of them need
  return out;
}

Result<HeatmapTile> decode_tile(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kHeaderBytes) return Error{Errc::kTruncated, bytes.size()};
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
    return Error{Errc::kBadFormat, 0};
  HeatmapTile tile;
  const auto level = get<std::uint32_t>(bytes, 20);
  if (level > kTileLevelMax) return Error{Errc::kBadFormat, 20};
  tile.key = {.level = static_cast<std::uint8_t>(level),
              .column = get<std::int64_t>(bytes, 8),
              .row = get<std::int32_t>(bytes, 16)};
  tile.first_column = UnixNanos(get<std::int64_t>(bytes, 24));
  tile.column_interval = Nanos(get<std::int64_t>(bytes, 32));
  if (tile.column_interval.value <= 0) return Error{Errc::kBadFormat, 32};
  std::vector<std::uint8_t> body(body_bytes(tile.key));
  const std::span<const std::uint8_t> packed = bytes.subspan(kHeaderBytes);
  const std::size_t size = ZSTD_decompress(body.data(), body.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0 || size != body.size()) return Error{Errc::kCorrupt, kHeaderBytes};
  take_body(body, tile);
  return tile;
}

double delta_entropy_bytes(const HeatmapTile& tile) {
  double bytes = 0.0;
  for (const HeatmapTile::Side& side : tile.sides) {
    for (const std::vector<std::uint16_t>* codes : {&side.most, &side.mean}) {
      if (codes == &side.mean && !has_mean(tile.key)) continue;
      std::map<std::uint16_t, std::size_t> counts;
      for (std::size_t i = 0; i < kTileCells; ++i) ++counts[delta_at(*codes, i)];
      for (const auto& [symbol, count] : counts) {
        const double share = static_cast<double>(count) / static_cast<double>(kTileCells);
        bytes -= static_cast<double>(count) * std::log2(share) / 8.0;
      }
    }
  }
  return bytes;
}

}  // namespace faultline
