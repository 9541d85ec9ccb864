#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "map/heatmap_tile.hpp"

namespace faultline {

// Which rows of a column are wide, by Side.
using WideRows = std::array<std::vector<bool>, 2>;

// What tiles take of one instant. All four have one entry a row.
struct TileColumn {
  UnixNanos as_of{};
  std::int32_t first_row = 0;
  std::array<std::span<const float>, 2> usd{};  // by Side
  const WideRows& wide;
};

// The texels of one level of one tile column, all rows, while they come.
//
//   TileColumn ──add()──> the newest texel: largest, sum ──(its last column)──> codes
//   16 finished texels ──> a packed chunk;   fill(): chunks, texels and the newest ──> a tile
//
// Why chunks: as codes a tile column is 4 MB, and there are thirteen levels of the whole and of
// each part. The mean of a texel is that of its columns, whatever the level.
// A copy is cheap and does not change with what comes after: so a tile is made outside of locks.
// Thread safety: none. Memory: some 250 kB at 1,400 rows.
class TexelStrip {
 public:
  // Requires: columns in order, of one tile column (checked).
  void add(std::uint8_t level, std::int64_t column, const TileColumn& of);

  bool is_empty() const { return newest_.index < 0; }

  // The texels that the tile's key has rows of, and the counts of all. Requires: the tile is empty.
  // Cost: 1 to 2 ms.
  void fill(HeatmapTile& tile) const;

  std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t kChunk = 16;
  // Codes of a finished texel, one a row; `mean` is empty at level 0, where it is `most`.
  struct Texel {
    std::int64_t index = -1;
    std::uint16_t column_count = 0;
    std::int32_t first_row = 0;
    struct Side {
      std::vector<std::uint16_t> most;
      std::vector<std::uint16_t> mean;
      std::vector<std::uint8_t> is_wide;
    };
    std::array<Side, 2> sides{};
    std::size_t row_count() const { return sides[0].most.size(); }
  };
  // Of one that grows: the sums that its means are made of.
  struct Newest {
    std::int64_t index = -1;
    std::uint16_t column_count = 0;
    std::int32_t first_row = 0;
    struct Side {
      std::vector<float> most;
      std::vector<double> sum;
      std::vector<std::uint8_t> is_wide;
    };
    std::array<Side, 2> sides{};
    std::size_t row_count() const { return sides[0].most.size(); }
  };

  void cover(std::int32_t first_row, std::size_t row_count);
  Texel finished() const;
  static std::string packed(std::span<const std::shared_ptr<const Texel>> texels, bool has_mean);
  static std::vector<Texel> unpacked(const std::string& chunk);
  static void place(const Texel& texel, HeatmapTile& tile);

  std::uint8_t level_ = 0;
  std::vector<std::shared_ptr<const std::string>> chunks_;
  std::vector<std::shared_ptr<const Texel>> texels_;  // finished, not in a chunk yet
  Newest newest_;
};

}  // namespace faultline
