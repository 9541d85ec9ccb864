#include "study/skill_bands.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"

namespace faultline {
namespace {

struct World {
  SkillRows rows;
  SkillPrediction prediction;
  SkillPrediction mean;
};

// Errors are independent draws of one skewed distribution for each bucket, and the prediction's
// variance is wrong by a factor for each: exchangeable within a bucket, but not normal.
World exchangeable_world(std::size_t count, std::uint64_t seed) {
  World world;
  Rng rng(seed);
  for (std::size_t row = 0; row < count; ++row) {
    world.rows.hours.push_back(row);
    world.rows.days.push_back(static_cast<std::int64_t>(row / 24));
    world.rows.volatility.push_back(0.01);
    for (const std::size_t side : {0U, 1U}) {
      const double sigmas = rng.exponential();
      const double expected = 12.0 + rng.normal();
      world.rows.reach[side].push_back(0.01 * sigmas);
      world.rows.target[side].push_back(expected + (0.5 + sigmas) * (rng.exponential() - 1.0));
      world.rows.liquidated_usd[side].push_back(std::expm1(world.rows.target[side].back()));
      world.prediction.log_usd[side].push_back(expected);
      world.prediction.variance[side].push_back(0.28);
      world.mean.log_usd[side].push_back(12.0);
    }
  }
  return world;
}

std::vector<std::uint32_t> window_from(std::size_t first, std::size_t end) {
  return row_range(first, end);
}

TEST(LiquidationInterval, CoversWhatItPromisesOnExchangeableData) {
  const World world = exchangeable_world(3'000, 5);
  const WindowScorer window(world.rows, world.mean, window_from(600, 3'000), {.replicas = 100});
  for (const LiquidationBand& band : liquidation_intervals(world.rows, world.prediction)) {
    const BandScore score = score_band(world.rows, window, band);
    ASSERT_TRUE(score.coverage);
    EXPECT_NEAR(score.coverage->value, band.level, 0.02);
    EXPECT_LE(score.coverage->low, score.coverage->value);
    EXPECT_GE(score.coverage->high, score.coverage->value);
    for (std::size_t b = 0; b < kReachBuckets; ++b) {
      if (score.bucket_count[b] > 500) {
        EXPECT_NEAR(score.by_bucket[b]->value, band.level, 0.04);
      }
    }
  }
}

TEST(LiquidationInterval, CalmHoursDoNotPayForWildOnes) {
  const World world = exchangeable_world(3'000, 6);
  const auto bands = liquidation_intervals(world.rows, world.prediction, std::array{0.8});
  double calm = 0.0;
  double wild = 0.0;
  for (std::size_t row = 2'000; row < 3'000; ++row) {
    const double width = bands[0].high[0][row] - bands[0].low[0][row];
    if (reach_bucket(world.rows, 0, row) == 0) calm = std::max(calm, width);
    if (reach_bucket(world.rows, 0, row) == kReachBuckets - 1) wild = std::max(wild, width);
  }
  EXPECT_GT(calm, 0.0);
  EXPECT_GT(wild, 1.5 * calm);
}

TEST(LiquidationInterval, BandsDependOnEarlierHoursOnly) {
  World world = exchangeable_world(400, 7);
  const auto before = liquidation_intervals(world.rows, world.prediction, std::array{0.8});
  for (std::size_t row = 300; row < 400; ++row) {
    for (const std::size_t side : {0U, 1U}) world.rows.target[side][row] += 50.0;
  }
  const auto after = liquidation_intervals(world.rows, world.prediction, std::array{0.8});
  for (std::size_t row = 0; row <= 300; ++row) {
    for (const std::size_t side : {0U, 1U})
      ASSERT_EQ(before[0].high[side][row], after[0].high[side][row]) << row;
  }
  EXPECT_NE(before[0].high[0][399], after[0].high[0][399]);
}

TEST(LiquidationInterval, NothingCanBeSaidBeforeScoresAreSeen) {
  const World world = exchangeable_world(10, 8);
  const auto bands = liquidation_intervals(world.rows, world.prediction, std::array{0.8});
  EXPECT_TRUE(std::isinf(bands[0].high[0][0]));
  EXPECT_EQ(bands[0].low[0][0], 0.0);
  const WindowScorer window(world.rows, world.mean, window_from(0, 10), {.replicas = 20});
  EXPECT_EQ(score_band(world.rows, window, bands[0]).unbounded_count, 20U);
}

}  // namespace
}  // namespace faultline
