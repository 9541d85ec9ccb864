#include "map/texel_strip.hpp"

#include <gtest/gtest.h>

namespace faultline {
namespace {

// Columns of ten rows each, which rise by a row a column, with one cell a side that tells the
// column.
class Rising {
 public:
  TileColumn column(int index) {
    usd_ = {std::vector<float>(10, 0.0F), std::vector<float>(10, 0.0F)};
    usd_[0][3] = static_cast<float>(1'000 + index);
    usd_[1][5] = 50.0F;
    wide_[1][5] = index % 2 == 0;
    return {.as_of = UnixNanos(index),
            .first_row = 100 + index,
            .usd = {usd_[0], usd_[1]},
            .wide = wide_};
  }

 private:
  std::array<std::vector<float>, 2> usd_;
  WideRows wide_{std::vector<bool>(10), std::vector<bool>(10)};
};

HeatmapTile filled(const TexelStrip& strip, std::uint8_t level) {
  HeatmapTile tile;
  tile.key = {level, 0, 0};
  strip.fill(tile);
  return tile;
}

TEST(TexelStrip, FinishedPackedAndGrowingTexelsAreTheSame) {
  TexelStrip strip;
  EXPECT_TRUE(strip.is_empty());
  Rising rising;
  for (int i = 0; i < 75; ++i) strip.add(0, i, rising.column(i));
  const HeatmapTile tile = filled(strip, 0);
  for (std::size_t i = 0; i < 75; ++i) {
    EXPECT_EQ(tile.column_count[i], 1);
    const std::size_t row = 100 + i + 3;
    EXPECT_EQ(tile.sides[0].most[HeatmapTile::at(i, row)],
              code_of_usd(1'000.0 + static_cast<double>(i)));
    EXPECT_EQ(tile.sides[0].mean[HeatmapTile::at(i, row)],
              tile.sides[0].most[HeatmapTile::at(i, row)]);
    EXPECT_EQ(tile.sides[0].most[HeatmapTile::at(i, row + 1)], 0);
    EXPECT_EQ(tile.sides[1].is_wide[HeatmapTile::at(i, row + 2)], i % 2 == 0 ? 1 : 0);
  }
  EXPECT_EQ(tile.column_count[75], 0);
}

// The rows of a texel are those of all its columns.
TEST(TexelStrip, ATexelHasTheRowsOfItsColumns) {
  TexelStrip strip;
  Rising rising;
  for (int i = 0; i < 80; ++i) strip.add(2, i, rising.column(i));
  const HeatmapTile tile = filled(strip, 2);
  for (std::size_t texel = 0; texel < 20; ++texel) {
    EXPECT_EQ(tile.column_count[texel], 4);
    for (std::size_t i = 4 * texel; i < 4 * texel + 4; ++i) {
      const std::size_t cell = HeatmapTile::at(texel, 100 + i + 3);
      const double usd = 1'000.0 + static_cast<double>(i);
      EXPECT_EQ(tile.sides[0].most[cell], code_of_usd(usd));
      EXPECT_EQ(tile.sides[0].mean[cell], code_of_usd(usd / 4.0));
    }
  }
}

TEST(TexelStrip, ACopyStaysAsItWas) {
  TexelStrip strip;
  Rising rising;
  for (int i = 0; i < 30; ++i) strip.add(1, i, rising.column(i));
  const TexelStrip copy = strip;
  const HeatmapTile before = filled(strip, 1);
  for (int i = 30; i < 90; ++i) strip.add(1, i, rising.column(i));
  const HeatmapTile after = filled(copy, 1);
  EXPECT_EQ(after.column_count, before.column_count);
  EXPECT_EQ(after.sides[0].most, before.sides[0].most);
  EXPECT_NE(filled(strip, 1).sides[0].most, before.sides[0].most);
}

TEST(TexelStrip, RowsBelowZeroHaveTheirTile) {
  EXPECT_EQ(tile_row_of(-1), -1);
  EXPECT_EQ(tile_row_of(-256), -1);
  EXPECT_EQ(tile_row_of(-257), -2);
  EXPECT_EQ(tile_row_of(255), 0);
}

}  // namespace
}  // namespace faultline
