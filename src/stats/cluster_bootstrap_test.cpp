#include "stats/cluster_bootstrap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "stats/scores.hpp"

namespace faultline {
namespace {

TEST(Clusters, AreNumberedByAscendingKey) {
  const std::array<std::int64_t, 5> keys{30, -1, 30, 7, -1};
  const Clusters clusters = find_clusters(keys);
  EXPECT_EQ(clusters.count, 3U);
  EXPECT_EQ(clusters.of, (std::vector<std::uint32_t>{2, 0, 2, 1, 0}));
  const std::array<double, 5> values{1, 2, 3, 4, 5};
  EXPECT_EQ(sum_by_cluster(values, clusters), (std::vector<double>{7, 4, 4}));
}

TEST(ClusterResampler, DrawsAreMultinomial) {
  ClusterResampler resampler(50, 1);
  double mean = 0.0;
  double square = 0.0;
  for (int i = 0; i < 2000; ++i) {
    const auto times = resampler.draw();
    ASSERT_EQ(std::accumulate(times.begin(), times.end(), 0U), 50U);
    mean += times[7] / 2000.0;
    square += times[7] * times[7] / 2000.0;
  }
  // Binomial(50, 1/50): mean 1, variance .98, and so a mean square of 1.98.
  EXPECT_NEAR(mean, 1.0, 0.08);
  EXPECT_NEAR(square, 1.98, 0.3);
}

TEST(BootstrapRatio, ValueAndTByHand) {
  const std::array<double, 3> numerator{1.0, 2.0, 6.0};
  const std::array<double, 3> denominator{4.0, 1.0, 5.0};
  const auto estimate = bootstrap_ratio({.numerator = numerator, .denominator = denominator});
  ASSERT_TRUE(estimate);
  EXPECT_DOUBLE_EQ(estimate->value, 0.9);
  // Mean 3, squared deviations 4 + 1 + 9 = 14, standard error sqrt(14 / 2 / 3).
  EXPECT_NEAR(estimate->t.value(), 3.0 / std::sqrt(7.0 / 3.0), 1e-14);
  EXPECT_EQ(estimate->replica_count, 1000U);
  // The extreme draws are one cluster three times: ratios 1/4 and 2.
  EXPECT_GE(estimate->low, 0.25);
  EXPECT_LE(estimate->high, 2.0);
}

// Over equal denominators the replicas are means of n draws: normal with the deviation of the
// clusters over sqrt(n), here sqrt((400² − 1) / 12 / 400) for the whole numbers 0..399.
TEST(BootstrapRatio, IntervalOfAMeanIsTheNormalOne) {
  std::vector<double> numerator(400);
  std::iota(numerator.begin(), numerator.end(), 0.0);
  const std::vector<double> ones(400, 1.0);
  const auto estimate =
      bootstrap_ratio({.numerator = numerator, .denominator = ones}, {.replicas = 4000});
  ASSERT_TRUE(estimate);
  const double half_width = 1.959964 * std::sqrt((400.0 * 400.0 - 1.0) / 12.0 / 400.0);
  EXPECT_NEAR(estimate->low, 199.5 - half_width, 0.06 * half_width);
  EXPECT_NEAR(estimate->high, 199.5 + half_width, 0.06 * half_width);
}

TEST(BootstrapRatio, SameSeedSameInterval) {
  const std::array<double, 4> numerator{1, 5, 2, 9};
  const std::array<double, 4> denominator{3, 4, 8, 1};
  const ClusterRatio ratio{.numerator = numerator, .denominator = denominator};
  const auto first = bootstrap_ratio(ratio, {.replicas = 200, .seed = 3});
  EXPECT_EQ(first->low, bootstrap_ratio(ratio, {.replicas = 200, .seed = 3})->low);
  EXPECT_EQ(first->value, bootstrap_ratio(ratio, {.replicas = 200, .seed = 4})->value);
}

TEST(BootstrapRatio, IsAbsentWhereItMeansNothing) {
  const std::array<double, 2> numerator{1.0, 2.0};
  const std::array<double, 2> zeros{};
  EXPECT_FALSE(bootstrap_ratio({.numerator = numerator, .denominator = zeros}));
  EXPECT_FALSE(bootstrap_ratio({}));
  const std::array<double, 1> one{1.0};
  EXPECT_FALSE(bootstrap_ratio({.numerator = one, .denominator = one}));
  // One draw in four takes the cluster without a denominator twice.
  const std::array<double, 2> lopsided{0.0, 1.0};
  const auto estimate = bootstrap_ratio({.numerator = numerator, .denominator = lopsided});
  ASSERT_TRUE(estimate);
  EXPECT_NEAR(static_cast<double>(estimate->replica_count), 750.0, 60.0);
}

// Three predictions of six values in three clusters.
struct Example {
  std::vector<double> actual{1, 2, 3, 4, 5, 6};
  std::vector<double> good{1, 2, 3, 4, 6, 6};   // squared errors by cluster: 0, 0, 1
  std::vector<double> poor{2, 3, 3, 2, 5, 7};   // 2, 4, 1
  std::vector<double> plain{3, 3, 3, 3, 3, 3};  // 5, 1, 13
  Clusters clusters = find_clusters(std::array<std::int64_t, 6>{1, 1, 2, 2, 3, 3});
  PairedForecasts paired{.actual = actual, .predicted = good, .reference = poor};
};

TEST(Gains, AreDifferencesOfScores) {
  const Example e;
  const auto gain = bootstrap_r_squared_gain(e.paired, e.plain, e.clusters);
  ASSERT_TRUE(gain);
  EXPECT_NEAR(gain->value, (7.0 - 1.0) / 19.0, 1e-14);
  EXPECT_NEAR(gain->value,
              r_squared_against({.actual = e.actual, .predicted = e.good}, e.plain).value() -
                  r_squared_against({.actual = e.actual, .predicted = e.poor}, e.plain).value(),
              1e-14);
  // Differences 2, 4, 0: mean 2, deviation 2, so t = 2 / (2 / sqrt(3)).
  EXPECT_NEAR(gain->t.value(), std::sqrt(3.0), 1e-14);

  const auto poisson = bootstrap_poisson_gain(e.paired, e.plain, e.clusters);
  ASSERT_TRUE(poisson);
  EXPECT_NEAR(poisson->value,
              poisson_explained({.actual = e.actual, .predicted = e.good}, e.plain).value() -
                  poisson_explained({.actual = e.actual, .predicted = e.poor}, e.plain).value(),
              1e-14);
}

TEST(Gains, MseRatio) {
  const Example e;
  const auto ratio = bootstrap_mse_ratio(e.paired, e.clusters);
  ASSERT_TRUE(ratio);
  EXPECT_NEAR(ratio->value, 1.0 / 7.0, 1e-14);
  EXPECT_NEAR(ratio->t.value(), std::sqrt(3.0), 1e-14);
  EXPECT_GE(ratio->low, 0.0);
  EXPECT_LE(ratio->high, 1.0);
}

// Copies of an observation inside its cluster are no new evidence.
TEST(Gains, CopiesInsideAClusterDoNotNarrowTheInterval) {
  std::vector<double> once_numerator, once_denominator;
  for (int i = 0; i < 40; ++i) {
    once_numerator.push_back(std::sin(i * i));
    once_denominator.push_back(1.0 + i % 3);
  }
  std::vector<double> thrice_numerator = once_numerator;
  std::vector<double> thrice_denominator = once_denominator;
  for (double& value : thrice_numerator) value *= 3.0;
  for (double& value : thrice_denominator) value *= 3.0;
  const auto once = bootstrap_ratio({.numerator = once_numerator, .denominator = once_denominator});
  const auto thrice =
      bootstrap_ratio({.numerator = thrice_numerator, .denominator = thrice_denominator});
  EXPECT_NEAR(once->low, thrice->low, 1e-12);
  EXPECT_NEAR(once->high, thrice->high, 1e-12);
}

}  // namespace
}  // namespace faultline
