#include "map/heatmap_tiles.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/rng.hpp"

namespace faultline {
namespace {

constexpr UnixNanos kFirst(1'764'547'200'000'000'000);

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A map that moves slowly: bumps of money that decay, and are eaten where the price goes.
class SlowMap {
 public:
  explicit SlowMap(std::uint64_t seed) : rng_(seed), usd_{{std::vector<float>(kRows), {}}} {
    usd_[1].resize(kRows);
  }

  MapColumn next() {
    price_ += static_cast<int>(rng_.below(5)) - 2;
    MapColumn column;
    column.as_of = kFirst + Nanos(index_++ * kMinute.value);
    column.first_row = 11'000;
    for (const std::size_t s : {0U, 1U}) {
      const auto at = static_cast<std::size_t>(
          kRows / 2 + price_ + (s == 0 ? -1 : 1) * (5 + static_cast<int>(rng_.below(150))));
      for (std::size_t i = at - 4; i < at + 4; ++i)
        usd_[s][i] += static_cast<float>(1e5 * rng_.uniform());
      for (float& usd : usd_[s]) usd *= 0.999F;
      usd_[s][static_cast<std::size_t>(kRows / 2 + price_)] = 0.0F;
      column.notional_at_risk_usd[s] = usd_[s];
      column.density_interval[s] = {usd_[s], usd_[s], usd_[s]};
      for (std::size_t i = 0; i < kRows; i += 3) column.density_interval[s].p90[i] *= 5.0F;
    }
    return column;
  }

 private:
  static constexpr int kRows = 600;
  Rng rng_;
  std::array<std::vector<float>, 2> usd_;
  int price_ = 0;
  std::int64_t index_ = 0;
};

void add(const MapColumn& column, HeatmapTiles& tiles) {
  const WideRows wide = wide_rows(column);
  tiles.add({column.as_of,
             column.first_row,
             {column.notional_at_risk_usd[0], column.notional_at_risk_usd[1]},
             wide});
}

HeatmapTile decoded(const std::shared_ptr<const std::string>& packed) {
  return decode_tile(bytes_of(*packed)).value();
}

TEST(HeatmapCodes, AreRightToHalfAPercent) {
  EXPECT_EQ(code_of_usd(0.99), 0);
  EXPECT_EQ(code_of_usd(std::nan("")), 0);
  EXPECT_EQ(code_of_usd(1.0), 1);
  for (double usd = 1.0; usd < 1e13; usd *= 1.37)
    EXPECT_NEAR(usd_of_code(code_of_usd(usd)) / usd, 1.0, 0.0051);
}

// Every cell of every level is the largest and the mean of the columns below it.
TEST(HeatmapTiles, ALevelIsTheLargestAndTheMeanOfItsColumns) {
  HeatmapTiles tiles(kFirst, kMinute);
  SlowMap map(3);
  std::vector<MapColumn> columns;
  for (int i = 0; i < 700; ++i) {
    columns.push_back(map.next());
    if (i % 97 == 13) {  // a gap
      columns.pop_back();
      continue;
    }
    add(columns.back(), tiles);
  }
  for (const std::uint8_t level : std::array<std::uint8_t, 4>{0, 1, 3, 6}) {
    std::map<std::int64_t, std::vector<const MapColumn*>> by_texel;
    for (const MapColumn& column : columns)
      by_texel[((column.as_of - kFirst).value / kMinute.value) >> level].push_back(&column);
    for (const auto& [texel, of] : by_texel) {
      if (level < 6 && texel % 29 != 0) continue;
      for (std::int32_t row = 11'000; row < 11'600; row += 7) {
        const TileKey key{level, texel / 256, row / 256};
        const auto packed = tiles.tile(key);
        ASSERT_TRUE(packed);
        const HeatmapTile tile = decode_tile(bytes_of(*packed)).value();
        const auto place = static_cast<std::size_t>(texel % 256);
        EXPECT_EQ(tile.column_count[place], of.size());
        double most = 0.0;
        double sum = 0.0;
        for (const MapColumn* column : of) {
          most = std::max(most, column->at(Side::kLong, row));
          sum += column->at(Side::kLong, row);
        }
        const std::size_t cell = HeatmapTile::at(place, static_cast<std::size_t>(row % 256));
        EXPECT_EQ(tile.sides[0].most[cell], code_of_usd(most));
        const int mean = code_of_usd(sum / static_cast<double>(of.size()));
        EXPECT_EQ(tile.sides[0].mean[cell], mean);
        EXPECT_EQ(tile.sides[0].is_wide[cell] != 0, row % 3 == 11'000 % 3 && most >= 1.0) << row;
      }
    }
  }
}

// However late somebody asks, and whether the tile had been asked for while it grew.
TEST(HeatmapTiles, ATileDoesNotDependOnWhenItIsMade) {
  HeatmapTiles watched(kFirst, kMinute);
  HeatmapTiles packed(kFirst, kMinute);
  HeatmapTiles left_alone(kFirst, kMinute);
  SlowMap map(7);
  const std::array<TileKey, 4> keys{TileKey{0, 2, 43}, {1, 0, 43}, {2, 0, 43}, {9, 0, 44}};
  for (int i = 0; i < 1'100; ++i) {
    const MapColumn column = map.next();
    for (HeatmapTiles* tiles : {&watched, &packed, &left_alone}) add(column, *tiles);
    if (const auto due = packed.due()) packed.keep(*due, pack_tile(*due));
    if (i % 50 != 0) continue;
    for (const TileKey& key : keys) watched.tile(key);
  }
  EXPECT_EQ(packed.due_count(), 0U);
  EXPECT_GT(left_alone.due_count(), 10U);
  for (const TileKey& key : keys) {
    EXPECT_EQ(*watched.tile(key), *left_alone.tile(key));
    EXPECT_EQ(*packed.tile(key), *left_alone.tile(key));
  }
}

// A source is what there was when it was taken.
TEST(HeatmapTiles, ATileIsMadeWhileColumnsCome) {
  HeatmapTiles tiles(kFirst, kMinute);
  SlowMap map(9);
  for (int i = 0; i < 100; ++i) add(map.next(), tiles);
  const TileKey key{1, 0, 43};
  const std::string before = *tiles.tile(key);
  const auto source = tiles.source(key);
  ASSERT_TRUE(source);
  for (int i = 0; i < 500; ++i) add(map.next(), tiles);
  const auto late = pack_tile(*source);
  EXPECT_EQ(*late, before);
  tiles.keep(*source, late);  // too late: it is not what the tile is now
  EXPECT_NE(*tiles.tile(key), before);
}

// One column of many: at every level the mean is what is left of it, and the largest all of it.
TEST(HeatmapTiles, TheMeanOfASpikeIsRightAtEveryLevel) {
  HeatmapTiles tiles(kFirst, kMinute);
  const WideRows wide{std::vector<bool>(256), std::vector<bool>(256)};
  const std::vector<float> nothing(256, 0.0F);
  const std::vector<float> spike(256, 54'321.0F);
  for (int i = 0; i < 4'096; ++i) {
    const std::vector<float>& usd = i == 1'234 ? spike : nothing;
    tiles.add({kFirst + Nanos(i * kMinute.value), 11'008, {usd, nothing}, wide});
  }
  for (std::uint8_t level = 0; level <= kTileLevelMax; ++level) {
    const std::int64_t texel = 1'234 >> level;
    const HeatmapTile tile = decoded(tiles.tile({level, texel / 256, 43}));
    const std::size_t cell = HeatmapTile::at(static_cast<std::size_t>(texel % 256), 7);
    EXPECT_EQ(tile.sides[0].most[cell], code_of_usd(54'321.0)) << int{level};
    EXPECT_EQ(tile.sides[0].mean[cell], code_of_usd(54'321.0 / (1 << level))) << int{level};
  }
}

TEST(HeatmapTiles, WhatGrowsTakesLittleMemory) {
  HeatmapTiles tiles(kFirst, kMinute);
  SlowMap map(10);
  for (int i = 0; i < 4'000; ++i) {
    add(map.next(), tiles);
    while (const auto due = tiles.due()) tiles.keep(*due, pack_tile(*due));
  }
  EXPECT_LT(tiles.memory_bytes(), std::size_t{6} << 20U);
}

TEST(HeatmapTiles, ARowThatIsReachedLateKnowsOfTheColumnsBefore) {
  HeatmapTiles tiles(kFirst, kMinute);
  SlowMap map(8);
  for (int i = 0; i < 600; ++i) {
    MapColumn column = map.next();
    if (i >= 300) column.first_row += 1'000;
    add(column, tiles);
  }
  const TileKey late{0, 1, 47};
  EXPECT_FALSE(tiles.tile({0, 0, 47}));
  EXPECT_EQ(decoded(tiles.tile(late)).column_count[0], 1);  // before it was reached
  const HeatmapTile above = decoded(tiles.tile({1, 0, 47}));
  EXPECT_EQ(above.column_count[0], 2);
  EXPECT_EQ(above.column_count[255], 2);
  EXPECT_EQ(above.sides[0].most[HeatmapTile::at(0, 0)], 0);
  EXPECT_EQ(decoded(tiles.tile({4, 0, 47})).column_count[37], 8);
}

TEST(HeatmapTiles, WhatIsOverGivesTheSameBytesForEver) {
  HeatmapTiles tiles(kFirst, kMinute);
  SlowMap map(4);
  for (int i = 0; i < 257; ++i) add(map.next(), tiles);
  const TileKey first{0, 0, 43};
  const TileKey open{0, 1, 43};
  const std::string before = *tiles.tile(first);
  const std::string growing = *tiles.tile(open);
  const std::string above = *tiles.tile({1, 0, 43});
  for (int i = 0; i < 100; ++i) add(map.next(), tiles);
  EXPECT_EQ(*tiles.tile(first), before);
  EXPECT_NE(*tiles.tile(open), growing);
  EXPECT_NE(*tiles.tile({1, 0, 43}), above);
  EXPECT_FALSE(tiles.tile({0, 2, 43}));
  EXPECT_FALSE(tiles.tile({1, 1, 43}));
  EXPECT_FALSE(tiles.tile({0, 0, 99}));
  EXPECT_FALSE(tiles.tile({kTileLevelMax + 1, 0, 43}));
}

TEST(HeatmapTiles, ATileIsNearTheEntropyOfItsDelta) {
  HeatmapTiles tiles(kFirst, kMinute);
  SlowMap map(5);
  for (int i = 0; i < 256; ++i) add(map.next(), tiles);
  const auto packed = tiles.tile({0, 0, 44});
  ASSERT_TRUE(packed);
  const double entropy = delta_entropy_bytes(decode_tile(bytes_of(*packed)).value());
  std::printf("tile of %zu bytes, order-0 entropy of its deltas %.0f: %.2f times\n", packed->size(),
              entropy, static_cast<double>(packed->size()) / entropy);
  EXPECT_LT(static_cast<double>(packed->size()), 1.6 * entropy);
}

TEST(HeatmapTiles, DecodingRefusesWhatNoEncoderMade) {
  HeatmapTiles tiles(kFirst, kMinute);
  SlowMap map(6);
  add(map.next(), tiles);
  const std::string good = *tiles.tile({2, 0, 43});
  for (std::size_t length = 0; length < good.size(); length += 1 + length / 3)
    EXPECT_FALSE(decode_tile(bytes_of(good.substr(0, length)))) << length;
  for (std::size_t at = 0; at < 8; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_EQ(decode_tile(bytes_of(bad)).error().code, Errc::kBadFormat);
  }
  std::string level = good;
  level[20] = 13;
  EXPECT_EQ(decode_tile(bytes_of(level)).error(), (Error{Errc::kBadFormat, 20}));
  level[20] = 0;  // a level without means is shorter
  EXPECT_EQ(decode_tile(bytes_of(level)).error().code, Errc::kCorrupt);
}

// What version 1 is, whatever the code says now. The terminal's tests read the same file.
HeatmapTile golden_tile() {
  HeatmapTile tile;
  tile.key = {.level = 1, .column = 2, .row = -3};
  tile.first_column = kFirst;
  tile.column_interval = kMinute;
  for (std::size_t column = 0; column < 200; ++column) {
    tile.column_count[column] = column % 50 == 0 ? 0 : 2;
    for (std::size_t row = column % 7; row < kTileSize; row += 7) {
      for (const std::size_t s : {0U, 1U}) {
        const std::size_t cell = HeatmapTile::at(column, row);
        tile.sides[s].most[cell] = static_cast<std::uint16_t>(1 + row * 5 + column + 700 * s);
        tile.sides[s].mean[cell] = static_cast<std::uint16_t>(tile.sides[s].most[cell] / 2);
        tile.sides[s].is_wide[cell] = row % 2 == s ? 1 : 0;
      }
    }
  }
  return tile;
}

TEST(HeatmapTiles, ReadsTheGoldenTileOfVersionOne) {
  std::ifstream file(FAULTLINE_SOURCE_DIR "/tests/golden/heatmap_tile_1.bin", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto read = decode_tile(bytes_of(bytes));
  ASSERT_TRUE(read);
  const HeatmapTile wanted = golden_tile();
  EXPECT_EQ(read->key, wanted.key);
  EXPECT_EQ(read->first_column, wanted.first_column);
  EXPECT_EQ(read->column_interval, wanted.column_interval);
  EXPECT_EQ(read->column_count, wanted.column_count);
  for (const std::size_t s : {0U, 1U}) {
    EXPECT_EQ(read->sides[s].most, wanted.sides[s].most);
    EXPECT_EQ(read->sides[s].mean, wanted.sides[s].mean);
    EXPECT_EQ(read->sides[s].is_wide, wanted.sides[s].is_wide);
  }
}

// A tile is kept for as long as the map: what packing needed in between must not be.
TEST(HeatmapTiles, KeepsNoMoreMemoryThanItsBytes) {
  HeatmapTile tile;
  tile.column_interval = kMinute;
  const std::string packed = encode_tile(tile);
  EXPECT_LT(packed.capacity(), 2 * packed.size());
}

}  // namespace
}  // namespace faultline
