#include "study/recovery_scores.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/rng.hpp"

namespace faultline {
namespace {

RecoverySides drawn_sides(Rng& rng) {
  RecoverySides sides{};
  for (RecoveryBins& bins : sides) {
    for (double& usd : bins) usd = rng.uniform() < 0.3 ? 0.0 : rng.pareto(1.5);
  }
  return sides;
}

RecoverySides plus(RecoverySides sides, double more) {
  for (RecoveryBins& bins : sides) {
    for (double& usd : bins) usd += more;
  }
  return sides;
}

double score(std::string_view key, const RecoveryHour& hour) {
  const RecoveryPart part = recovery_metric(key).part(hour, judged(hour, RecoveryMap::kFull));
  return part.above / part.below;
}

// Truth, intensity and the full feed's map are one; the band lies a little around them.
RecoveryHour perfect_hour(std::uint64_t seed) {
  Rng rng(seed);
  RecoveryHour hour;
  hour.truth = hour.intensity = hour.maps[0] = drawn_sides(rng);
  for (std::size_t level = 0; level < kRecoveryLevels.size(); ++level)
    hour.bands[0][level] = plus(hour.truth, kRecoveryLevels[level] - 0.5);
  return hour;
}

TEST(RecoveryScores, TheTruthAgainstItselfIsWithoutError) {
  const std::vector<std::vector<RecoveryHour>> replicas{{perfect_hour(1), perfect_hour(2)},
                                                        {perfect_hour(3)}};
  for (const RecoveryMetric& metric : recovery_metrics()) {
    const auto got = recovery_score(metric, replicas, RecoveryMap::kFull, {.replicas = 50});
    ASSERT_TRUE(got) << metric.key;
    const std::string key(metric.key);
    const bool is_error = key.find("l1") != key.npos || key.starts_with("wasserstein");
    EXPECT_NEAR(got->value, is_error ? 0.0 : 1.0, 1e-12) << key;
    EXPECT_NEAR(got->low, got->high, 1e-12) << key;
  }
}

TEST(RecoveryScores, KeysAreOfOneMetricEach) {
  std::set<std::string_view> keys;
  for (const RecoveryMetric& metric : recovery_metrics())
    EXPECT_TRUE(keys.insert(metric.key).second) << metric.key;
}

// All the money of each side in one bin: 4 of longs in bin 2, 6 of shorts in bin 12.
RecoveryHour lumps() {
  RecoveryHour hour;
  hour.truth[0][2] = 4.0;
  hour.truth[1][12] = 6.0;
  return hour;
}

TEST(RecoveryScores, DistancesAreThoseOfHand) {
  RecoveryHour hour = lumps();
  hour.intensity = hour.truth;
  hour.intensity[0][2] = 3.0;
  hour.maps[0][0][5] = 8.0;  // twice the longs, three bins too far
  hour.maps[0][1][12] = 6.0;
  EXPECT_DOUBLE_EQ(score("relative_l1_5", hour), (4.0 + 8.0) / 4.0);
  EXPECT_DOUBLE_EQ(score("relative_l1_10", hour), (4.0 + 8.0) / 10.0);
  EXPECT_DOUBLE_EQ(score("excess_l1_10", hour), (4.0 + 8.0 - 1.0) / 10.0);
  EXPECT_DOUBLE_EQ(score("intensity_l1_5", hour), (3.0 + 8.0) / 3.0);
  EXPECT_DOUBLE_EQ(score("shape_l1_5", hour), (4.0 + 4.0) / 4.0);
  EXPECT_DOUBLE_EQ(score("bias_5", hour), 2.0);
  EXPECT_DOUBLE_EQ(score("bias_long_5", hour), 2.0);
  EXPECT_DOUBLE_EQ(score("wasserstein_5", hour), 3 * kRecoveryBin);
  EXPECT_NEAR(score("wasserstein_10", hour), 0.4 * 3 * kRecoveryBin, 1e-15);
}

TEST(RecoveryScores, AnEmptyMapMovesMoneyByTheWholeReach) {
  RecoveryHour hour = lumps();
  EXPECT_DOUBLE_EQ(score("wasserstein_5", hour), 0.05);
  EXPECT_DOUBLE_EQ(score("relative_l1_10", hour), 1.0);
}

TEST(RecoveryScores, AClusterIsFoundOneBinAwayAndNotTwo) {
  for (const std::size_t away : {0U, 1U, 2U}) {
    RecoveryHour hour = lumps();
    hour.maps[0][0][2 + away] = 1.0;
    hour.maps[0][1][12] = 1.0;
    hour.maps[0][1][0] = 1.0;  // a cluster that nothing true is near
    EXPECT_DOUBLE_EQ(score("cluster_recall", hour), away < 2 ? 1.0 : 0.5) << away;
    EXPECT_DOUBLE_EQ(score("cluster_precision", hour), (away < 2 ? 2.0 : 1.0) / 3.0) << away;
  }
}

// What lies evenly has no cluster, and what is just twice the mean neither.
TEST(RecoveryScores, NoClusterWithoutContrast) {
  RecoveryHour hour;
  for (double& usd : hour.truth[0]) usd = 1.0;
  EXPECT_EQ(recovery_metric("cluster_recall").part(hour, judged(hour, RecoveryMap::kFull)).below,
            0.0);
  hour.truth[0].fill(0.0);
  for (std::size_t i = 0; i < 10; ++i) hour.truth[0][2 * i] = 1.0;
  EXPECT_EQ(recovery_metric("cluster_recall").part(hour, judged(hour, RecoveryMap::kFull)).below,
            0.0);
}

TEST(RecoveryScores, CoverageCountsWhatLiesInside) {
  RecoveryHour hour = perfect_hour(4);
  // .3 above the middle: outside the 50 % interval (± .25), inside the 80 % one (± .4).
  hour.truth = plus(hour.truth, 0.3);
  EXPECT_DOUBLE_EQ(score("coverage_50", hour), 0.0);
  EXPECT_DOUBLE_EQ(score("coverage_80", hour), 1.0);
  EXPECT_DOUBLE_EQ(score("intensity_coverage_50", hour), 1.0);
  hour.truth = plus(hour.truth, 0.15);
  EXPECT_DOUBLE_EQ(score("coverage_80", hour), 0.0);
  EXPECT_DOUBLE_EQ(score("coverage_95", hour), 1.0);
}

TEST(RecoveryScores, MapsWithoutMembersHaveNoCoverage) {
  const std::vector<std::vector<RecoveryHour>> replicas{{perfect_hour(1)}, {perfect_hour(2)}};
  EXPECT_FALSE(recovery_score(recovery_metric("coverage_80"), replicas, RecoveryMap::kB4, {}));
  EXPECT_TRUE(
      recovery_score(recovery_metric("coverage_80"), replicas, RecoveryMap::kThrottled, {}));
}

}  // namespace
}  // namespace faultline
