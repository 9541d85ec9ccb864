#include "base/distributions.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <numeric>

namespace faultline {
namespace {

struct Moments {
  double mean;
  double variance;
};

Moments moments_of(int count, const std::function<double()>& draw) {
  double sum = 0.0;
  double square = 0.0;
  for (int i = 0; i < count; ++i) {
    const double value = draw();
    sum += value;
    square += value * value;
  }
  const double mean = sum / count;
  return Moments{mean, square / count - mean * mean};
}

TEST(Distributions, NormalQuantileInvertsTheCdfInBothTails) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  for (const double p : {1e-300, 1e-100, 1e-20, 1e-6, 0.01, 0.024, 0.025, 0.3, 0.5}) {
    EXPECT_NEAR(normal_cdf(normal_quantile(p)) / p, 1.0, 1e-11) << p;
  }
  for (const double p : {0.6, 0.9, 0.99, 0.999999}) {
    EXPECT_NEAR(normal_cdf(normal_quantile(p)), p, 1e-14) << p;
  }
  EXPECT_DEATH(normal_quantile(1.0), "broken promise");
}

TEST(Distributions, GammaHasItsMeanAndVarianceForSmallAndLargeShapes) {
  constexpr int kDraws = 200'000;
  for (const double shape : {0.05, 0.5, 1.0, 3.0, 40.0}) {
    Rng rng(11);
    const Moments found = moments_of(kDraws, [&] { return gamma_draw(rng, shape); });
    const double mean_error = std::sqrt(shape / kDraws);
    // The fourth central moment of a gamma is 3·shape² + 6·shape.
    const double variance_error = std::sqrt((2.0 * shape * shape + 6.0 * shape) / kDraws);
    EXPECT_NEAR(found.mean, shape, 4.0 * mean_error) << shape;
    EXPECT_NEAR(found.variance, shape, 4.0 * variance_error) << shape;
  }
}

TEST(Distributions, BetaHasItsMeanAndVariance) {
  constexpr int kDraws = 200'000;
  Rng rng(12);
  const BetaShape shape{3.0, 4.0};
  const Moments found = moments_of(kDraws, [&] { return beta_draw(rng, shape); });
  EXPECT_NEAR(found.mean, 3.0 / 7.0, 0.002);
  EXPECT_NEAR(found.variance, 12.0 / (49.0 * 8.0), 0.0005);
}

TEST(Distributions, DirichletStaysOnTheSimplexAndHasItsMeans) {
  constexpr int kDraws = 50'000;
  Rng rng(13);
  const std::array<double, 4> concentrations{5.0, 3.5, 1.5, 0.0};
  std::array<double, 4> weights{};
  std::array<double, 4> sums{};
  double first_square = 0.0;
  for (int i = 0; i < kDraws; ++i) {
    dirichlet_draw(rng, concentrations, weights);
    ASSERT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-12);
    for (std::size_t j = 0; j < weights.size(); ++j) sums[j] += weights[j] / kDraws;
    first_square += weights[0] * weights[0] / kDraws;
  }
  EXPECT_NEAR(sums[0], 0.5, 0.003);
  EXPECT_NEAR(sums[1], 0.35, 0.003);
  EXPECT_NEAR(sums[2], 0.15, 0.003);
  EXPECT_EQ(sums[3], 0.0);
  EXPECT_NEAR(first_square - sums[0] * sums[0], 0.25 / 11.0, 0.0008);
}

TEST(Distributions, DirichletSurvivesConcentrationsThatUnderflow) {
  Rng rng(14);
  const std::array<double, 3> concentrations{1e-4, 1e-4, 1e-4};
  std::array<double, 3> weights{};
  for (int i = 0; i < 1000; ++i) {
    dirichlet_draw(rng, concentrations, weights);
    ASSERT_NEAR(weights[0] + weights[1] + weights[2], 1.0, 1e-12);
  }
}

}  // namespace
}  // namespace faultline
