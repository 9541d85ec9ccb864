#include "stats/scores.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace faultline {
namespace {

// Numbers without a derivation come from numpy 1.24, pandas and scikit-learn 1.2 on these values.
const std::vector<double> kActual{0, 3, 1, 0, 7, 2, 2, 11};
const std::vector<double> kPredicted{0.5, 2, 1.5, 0.25, 6, 3, 1, 8};
const Forecasts kForecasts{.actual = kActual, .predicted = kPredicted};

TEST(RSquared, AgainstTheMeanAndAgainstABaseline) {
  // Squared errors: .25 + 1 + .25 + .0625 + 1 + 1 + 1 + 9.
  EXPECT_DOUBLE_EQ(squared_error(kForecasts), 13.5625);
  EXPECT_NEAR(r_squared(kForecasts).value(), 0.8689613526570048, 1e-14);
  const std::vector<double> twos(8, 2.0);
  EXPECT_NEAR(r_squared_against(kForecasts, twos).value(), 1.0 - 13.5625 / 116.0, 1e-14);
  EXPECT_DOUBLE_EQ(r_squared_against(kForecasts, kPredicted).value(), 0.0);
}

TEST(RSquared, IsAbsentWhereThereIsNothingToExplain) {
  const std::vector<double> same(3, 4.0);
  const std::vector<double> other{1, 2, 3};
  EXPECT_FALSE(r_squared({.actual = same, .predicted = other}));
  EXPECT_FALSE(r_squared({}));
  EXPECT_FALSE(r_squared_against(kForecasts, kActual));
}

TEST(PoissonDeviance, OfOneObservationByHand) {
  EXPECT_DOUBLE_EQ(poisson_deviance(0.0, 0.5), 1.0);
  EXPECT_DOUBLE_EQ(poisson_deviance(3.0, 3.0), 0.0);
  EXPECT_DOUBLE_EQ(poisson_deviance(2.0, 1.0), 2.0 * (2.0 * std::log(2.0) - 1.0));
}

TEST(PoissonDeviance, SumAndShareExplained) {
  EXPECT_NEAR(poisson_deviance(kForecasts), 4.436680324429159, 1e-12);
  const std::vector<double> mean(8, 3.25);
  EXPECT_NEAR(poisson_explained(kForecasts, mean).value(), 0.8561538333431187, 1e-12);
}

TEST(RankCorrelation, SharesTheRanksOfTies) {
  EXPECT_EQ(average_ranks(kActual), (std::vector<double>{1.5, 6, 3, 1.5, 7, 4.5, 4.5, 8}));
  const std::vector<double> tied{1, 2, 2, 2, 6, 3, 1, 8};
  EXPECT_NEAR(rank_correlation({.actual = kActual, .predicted = tied}).value(), 0.7206220084321181,
              1e-14);
  std::vector<double> reversed;
  for (const double value : kActual) reversed.push_back(-std::exp(value));
  EXPECT_NEAR(rank_correlation({.actual = kActual, .predicted = reversed}).value(), -1.0, 1e-14);
  const std::vector<double> same(8, 1.0);
  EXPECT_FALSE(rank_correlation({.actual = kActual, .predicted = same}));
}

TEST(TopHits, CountTheLargest) {
  std::vector<double> actual, predicted;
  for (int i = 0; i < 40; ++i) {
    actual.push_back(i * 7 % 40);
    predicted.push_back(actual.back() + 25.0 * std::sin(i));
  }
  const TopHits decile = top_hits({.actual = actual, .predicted = predicted}).value();
  EXPECT_NEAR(decile.threshold, 35.1, 1e-12);
  EXPECT_EQ(decile.count, 4U);
  EXPECT_EQ(decile.hits, 1U);
  const TopHits quarter = top_hits({.actual = actual, .predicted = predicted}, 0.25).value();
  EXPECT_EQ(quarter.count, 10U);
  EXPECT_EQ(quarter.hits, 4U);
}

TEST(TopHits, TiesAtTheThresholdAllCount) {
  const std::vector<double> actual{0, 0, 5, 5, 5};
  const std::vector<double> predicted{1, 2, 9, 8, 0};
  const TopHits hits = top_hits({.actual = actual, .predicted = predicted}).value();
  EXPECT_EQ(hits.count, 3U);
  EXPECT_EQ(hits.hits, 2U);
  EXPECT_DOUBLE_EQ(hits.share(), 2.0 / 3.0);
}

TEST(Quantile, MatchesNumpy) {
  EXPECT_DOUBLE_EQ(quantile(kActual, 0.0), 0.0);
  EXPECT_DOUBLE_EQ(quantile(kActual, 0.5), 2.0);
  EXPECT_DOUBLE_EQ(quantile(kActual, 0.9), 8.2);
  EXPECT_DOUBLE_EQ(quantile(kActual, 1.0), 11.0);
  EXPECT_EQ(quantile(std::array{7.0}, 0.3), 7.0);
}

TEST(WeightedQuantile, CountsAWeightAsThatManyObservations) {
  const std::array<double, 4> value{5.0, 1.0, 3.0, 9.0};
  const std::array<double, 4> weight{1.0, 2.0, 1.0, 0.0};  // 1, 1, 3, 5
  const std::array<double, 6> levels{0.0, 0.5, 0.51, 0.75, 0.76, 1.0};
  EXPECT_EQ(weighted_quantiles({.value = value, .weight = weight}, levels),
            (std::vector<double>{1, 1, 3, 3, 5, 5}));
  EXPECT_EQ(weighted_quantile({.value = value, .weight = weight}, 0.75), 3.0);
}

TEST(Coverage, IncludesBothEnds) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::array<double, 4> actual{1.0, 2.0, 3.0, 4.0};
  const std::array<double, 4> low{1.0, 0.0, 3.5, -infinity};
  const std::array<double, 4> high{2.0, 2.0, 9.0, infinity};
  EXPECT_DOUBLE_EQ(coverage(actual, {.low = low, .high = high}).value(), 0.75);
  EXPECT_FALSE(coverage({}, {}));
}

TEST(PinballLoss, WeighsTheTwoSides) {
  EXPECT_NEAR(pinball_loss(kForecasts, 0.9).value(), 0.703125, 1e-14);
  // The mean absolute error, halved: (.5 + 1 + .5 + .25 + 1 + 1 + 1 + 3) / 8 / 2.
  EXPECT_NEAR(pinball_loss(kForecasts, 0.5).value(), 8.25 / 16.0, 1e-14);
}

TEST(ScoresDeathTest, UnequalLengthsAndHolesAreBrokenPromises) {
  const std::vector<double> hole{1.0, std::nan("")};
  const std::vector<double> two{1.0, 2.0};
  EXPECT_DEATH((void)squared_error({.actual = kActual, .predicted = two}), "broken promise");
  EXPECT_DEATH((void)r_squared({.actual = hole, .predicted = two}), "broken promise");
  EXPECT_DEATH((void)poisson_deviance(1.0, 0.0), "broken promise");
  EXPECT_DEATH((void)quantile({}, 0.5), "broken promise");
}

}  // namespace
}  // namespace faultline
