#include "stats/ks.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "base/rng.hpp"

namespace faultline {
namespace {

// Source: scipy 1.10, kstest([...], "uniform", mode="asymp").
TEST(Ks, MatchesScipy) {
  const std::array<double, 7> values{0.1, 0.35, 0.37, 0.62, 0.8, 0.81, 0.97};
  EXPECT_NEAR(ks_statistic(values), 0.8 - 4.0 / 7.0, 1e-15);
  EXPECT_NEAR(ks_p_value(ks_statistic(values), 7), 0.8579405949286485, 1e-12);
}

TEST(Ks, StatisticByHand) {
  EXPECT_DOUBLE_EQ(ks_statistic(std::array{0.5}), 0.5);
  EXPECT_DOUBLE_EQ(ks_statistic(std::array{0.0, 0.0, 0.0}), 1.0);
  EXPECT_DOUBLE_EQ(ks_statistic(std::array{0.75, 0.25}), 0.25);
}

// Source: scipy 1.10, kstwobign.sf. 1.36 is the tables' 5 % point.
TEST(Ks, TailOfKolmogorov) {
  EXPECT_EQ(kolmogorov_tail(0.0), 1.0);
  EXPECT_NEAR(kolmogorov_tail(0.2), 0.999999999999495, 1e-14);
  EXPECT_NEAR(kolmogorov_tail(0.5), 0.9639452436648751, 1e-14);
  EXPECT_NEAR(kolmogorov_tail(0.8), 0.5441424115741981, 1e-14);
  EXPECT_NEAR(kolmogorov_tail(1.0), 0.26999967167735456, 1e-14);
  EXPECT_NEAR(kolmogorov_tail(1.36), 0.049485876755377876, 1e-14);
  EXPECT_NEAR(kolmogorov_tail(3.0), 3.045995948942526e-08, 1e-20);
}

// How often the two tests reject, at 10 %, values that are uniform, in 60 clusters of `copies`
// equal values.
std::array<double, 2> rejections(std::size_t copies) {
  constexpr int kRounds = 200;
  std::array<double, 2> rejected{};
  Rng rng(11);
  std::vector<std::int64_t> keys;
  for (std::size_t i = 0; i < 60 * copies; ++i) keys.push_back(static_cast<int>(i / copies));
  const Clusters clusters = find_clusters(keys);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> values;
    for (int cluster = 0; cluster < 60; ++cluster) {
      values.insert(values.end(), copies, rng.uniform());
    }
    const KsTest test = ks_test_clustered(values, clusters, {.replicas = 199});
    if (test.p_if_independent < 0.1) rejected[0] += 1.0 / kRounds;
    if (test.p_clustered < 0.1) rejected[1] += 1.0 / kRounds;
  }
  return rejected;
}

TEST(KsClustered, KeepsItsLevelWhenValuesAreCopies) {
  const auto [independent, clustered] = rejections(10);
  EXPECT_GT(independent, 0.8);  // the plain test takes 60 values for 600
  EXPECT_NEAR(clustered, 0.1, 0.06);
}

TEST(KsClustered, KeepsItsLevelWhenEveryValueIsItsOwnCluster) {
  const auto [independent, clustered] = rejections(1);
  EXPECT_NEAR(independent, 0.1, 0.06);
  EXPECT_NEAR(clustered, 0.1, 0.06);
}

TEST(KsClustered, SeesWhatIsNotUniform) {
  std::vector<double> values;
  std::vector<std::int64_t> keys;
  Rng rng(5);
  for (int i = 0; i < 600; ++i) {
    values.push_back(std::sqrt(rng.uniform()));
    keys.push_back(i / 5);
  }
  const KsTest test = ks_test_clustered(values, find_clusters(keys), {.replicas = 499});
  EXPECT_NEAR(test.statistic, 0.25, 0.06);  // x − x² is largest at 1/2
  EXPECT_DOUBLE_EQ(test.p_clustered, 1.0 / 500.0);
}

TEST(KsDeathTest, ValuesOutsideTheUnitIntervalAreABrokenPromise) {
  EXPECT_DEATH((void)ks_statistic(std::array{1.5}), "broken promise");
  EXPECT_DEATH((void)ks_statistic(std::array{std::nan("")}), "broken promise");
  EXPECT_DEATH((void)ks_statistic({}), "broken promise");
}

}  // namespace
}  // namespace faultline
