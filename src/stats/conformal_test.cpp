#include "stats/conformal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <string>

#include "base/rng.hpp"

namespace faultline {
namespace {

TEST(Conformal, ScoresAndIntervalsAreEachOthersInverse) {
  const Forecast forecast{.center = 10.0, .scale = 4.0};
  EXPECT_DOUBLE_EQ(score_of(forecast, 18.0), 2.0);
  const Interval around = interval_around(forecast, {.low = -0.5, .high = 2.0});
  EXPECT_DOUBLE_EQ(around.low, 8.0);
  EXPECT_DOUBLE_EQ(around.high, 18.0);
  EXPECT_TRUE(around.contains(18.0));
}

TEST(Conformal, EndsAreOrderStatistics) {
  // Four scores make five gaps: with .2 to miss on either side the ends are the outermost scores.
  AdaptiveConformal two({.coverage = 0.6, .window = 9, .scores_min = 4});
  // At half of all the absolute end is the order statistic 5 · .5, between the second and the
  // third.
  AdaptiveConformal one(
      {.coverage = 0.5, .window = 9, .scores_min = 4, .shape = ConformalShape::kAbsolute});
  for (const double score : {3.0, -1.0, 2.0, -4.0}) {
    EXPECT_TRUE(std::isinf(two.interval(0).low) && std::isinf(two.interval(0).high));
    two.update(0, score);
    one.update(0, score);
  }
  EXPECT_DOUBLE_EQ(two.interval(0).low, -4.0);
  EXPECT_DOUBLE_EQ(two.interval(0).high, 3.0);
  EXPECT_DOUBLE_EQ(one.interval(0).low, -2.5);
  EXPECT_DOUBLE_EQ(one.interval(0).high, 2.5);
}

TEST(Conformal, LevelsMoveAsInThePaper) {
  AdaptiveConformal widths({.coverage = 0.8,
                            .gamma = 0.05,
                            .window = 9,
                            .scores_min = 2,
                            .shape = ConformalShape::kAbsolute});
  widths.update(0, 1.0);
  widths.update(0, -2.0);
  EXPECT_DOUBLE_EQ(widths.alpha(0), 0.2);  // those were only remembered
  widths.update(0, 0.5);
  EXPECT_DOUBLE_EQ(widths.alpha(0), 0.2 + 0.05 * 0.2);
  widths.update(0, 99.0);
  EXPECT_DOUBLE_EQ(widths.alpha(0), 0.2 + 0.05 * 0.2 + 0.05 * (0.2 - 1.0));
}

TEST(Conformal, ARunOfMissesMakesTheIntervalInfinite) {
  AdaptiveConformal widths({.coverage = 0.8, .gamma = 0.05, .window = 50, .scores_min = 5});
  double score = 1.0;
  for (int i = 0; i < 5; ++i) widths.update(0, score);
  for (int i = 0; i < 8 && !std::isinf(widths.interval(0).high); ++i) widths.update(0, score *= 2);
  EXPECT_TRUE(std::isinf(widths.interval(0).high));
  EXPECT_FALSE(std::isinf(widths.interval(0).low));  // nothing was missed below
  EXPECT_GE(widths.alpha(0), -0.05);
}

TEST(Conformal, KeepsTheLatestScoresOnly) {
  AdaptiveConformal widths({.coverage = 0.5, .gamma = 0.0, .window = 3, .scores_min = 1});
  for (int i = 0; i < 100; ++i) widths.update(0, 100 - i);
  EXPECT_EQ(widths.score_count(0), 3U);
  EXPECT_DOUBLE_EQ(widths.interval(0).low, 1.0);   // of 3, 2, 1: order statistic 4 · .25
  EXPECT_DOUBLE_EQ(widths.interval(0).high, 3.0);  // 4 · .75
}

// Weeks of "nothing expected, nothing happened" must not make it deaf to what comes after.
TEST(Conformal, RecoversFromEqualScores) {
  AdaptiveConformal widths({.coverage = 0.8, .gamma = 0.02, .window = 200, .scores_min = 20});
  for (int i = 0; i < 50'000; ++i) widths.update(0, 0.0);
  EXPECT_LE(widths.alpha(0), 2.0);
  EXPECT_DOUBLE_EQ(widths.interval(0).high, 0.0);
  Rng rng(1);
  for (int i = 0; i < 400; ++i) widths.update(0, rng.normal());
  int inside = 0;
  for (int i = 0; i < 2000; ++i) {
    const double score = rng.normal();
    inside += widths.interval(0).contains(score) ? 1 : 0;
    widths.update(0, score);
  }
  EXPECT_NEAR(inside / 2000.0, 0.8, 0.03);
}

TEST(Conformal, BucketsLearnApart) {
  AdaptiveConformal widths({.buckets = 2, .coverage = 0.8});
  Rng rng(2);
  std::array<int, 2> inside{};
  for (std::size_t i = 0; i < 20'000; ++i) {
    const std::size_t bucket = i % 2;
    const double score = rng.normal() * (bucket == 0 ? 1.0 : 5.0);
    inside[bucket] += widths.interval(bucket).contains(score) ? 1 : 0;
    widths.update(bucket, score);
  }
  EXPECT_NEAR(inside[0] / 10'000.0, 0.8, 0.02);
  EXPECT_NEAR(inside[1] / 10'000.0, 0.8, 0.02);
  const double ratio = widths.interval(1).high / widths.interval(0).high;
  EXPECT_GT(ratio, 3.5);
  EXPECT_LT(ratio, 7.0);
}

// --- The long-run promise, on series that the method knows nothing about ------------------------

struct Series {
  std::string name;
  // The score at time t; may keep what it needs in `memory`.
  std::function<double(Rng&, double t, double& memory)> next;
};

std::vector<Series> all_series() {
  return {
      {"stationary", [](Rng& rng, double, double&) { return rng.normal(); }},
      {"skewed", [](Rng& rng, double, double&) { return std::exp(1.5 * rng.normal()); }},
      {"autocorrelated",
       [](Rng& rng, double, double& memory) { return memory = 0.95 * memory + rng.normal(); }},
      {"drifting", [](Rng& rng, double t, double&) { return rng.normal() + 4e-3 * t; }},
      {"wandering",
       [](Rng& rng, double, double& memory) {
         memory += 0.05 * rng.normal();
         return memory + rng.normal();
       }},
      {"widening", [](Rng& rng, double t, double&) { return rng.normal() * std::exp(t / 5e3); }},
      {"regimes", [](Rng& rng, double t,
                     double&) { return rng.normal() * (std::fmod(t, 3e3) < 1.5e3 ? 1.0 : 6.0); }},
      {"clustered volatility",
       [](Rng& rng, double, double& memory) {
         memory = 0.98 * memory + 0.2 * rng.normal();
         return rng.normal() * std::exp(memory);
       }},
  };
}

struct LongRun {
  double coverage = 0.0;
  double infinite = 0.0;  // share of intervals with an infinite end
};

LongRun run(const Series& series, const ConformalOptions& options, std::uint64_t seed) {
  constexpr int kSteps = 20'000;
  AdaptiveConformal widths(options);
  Rng rng(seed);
  double memory = 0.0;
  LongRun result;
  for (int t = 0; t < kSteps; ++t) {
    const Interval interval = widths.interval(0);
    const double score = series.next(rng, t, memory);
    if (interval.contains(score)) result.coverage += 1.0 / kSteps;
    if (std::isinf(interval.low) || std::isinf(interval.high)) result.infinite += 1.0 / kSteps;
    widths.update(0, score);
  }
  return result;
}

TEST(ConformalProperties, CoversAsPromisedInTheLongRun) {
  for (const Series& series : all_series()) {
    for (const double target : {0.8, 0.5}) {
      for (const auto shape : {ConformalShape::kTwoSided, ConformalShape::kAbsolute}) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
          const LongRun result = run(series, {.coverage = target, .shape = shape}, seed);
          const std::string which = series.name + ", " + std::to_string(target) + ", shape " +
                                    std::to_string(static_cast<int>(shape)) + ", seed " +
                                    std::to_string(seed);
          EXPECT_NEAR(result.coverage, target, 0.02) << which;
          EXPECT_LT(result.infinite, 0.02) << which;
        }
      }
    }
  }
}

// The same without moving the levels: this is what the promise would be worth.
TEST(ConformalProperties, WithoutAdaptingItWouldNotCover) {
  const Series drifting = all_series()[3];
  const LongRun result = run(drifting, {.coverage = 0.8, .gamma = 0.0}, 1);
  EXPECT_LT(result.coverage, 0.75);
}

TEST(ConformalDeathTest, HolesAreBrokenPromises) {
  AdaptiveConformal widths({.buckets = 1});
  EXPECT_DEATH(widths.update(0, std::nan("")), "broken promise");
  EXPECT_DEATH((void)widths.interval(1), "broken promise");
  EXPECT_DEATH((void)score_of({.center = 0.0, .scale = 0.0}, 1.0), "broken promise");
  EXPECT_DEATH(AdaptiveConformal({.window = 3, .scores_min = 4}), "broken promise");
}

}  // namespace
}  // namespace faultline
