#include "stats/poisson.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace faultline {
namespace {

// As in linear_test.cpp; the amounts are round(exp(1.2 y − 1)), every seventh 0. The numbers come
// from the prototype's function in numpy 1.24 on the same formulas.
struct Example {
  DesignMatrix design;
  std::vector<double> amounts;
  std::vector<std::uint32_t> train = row_range(0, 30);
  std::vector<std::uint32_t> test = row_range(30, 40);

  Example() {
    std::vector<double> a, b, c;
    for (int i = 0; i < 40; ++i) {
      a.push_back(std::sin(i));
      b.push_back(std::cos(2.0 * i) + 0.1 * i);
      c.push_back(std::sqrt(i));
      const double y = 2.0 + 0.5 * a.back() - 0.3 * b.back() + 0.2 * c.back() +
                       0.4 * std::sin(7.0 * i) * (1.0 + 0.05 * i);
      amounts.push_back(i % 7 == 0 ? 0.0 : std::round(std::exp(1.2 * y - 1.0)));
    }
    design.add("a", a).add("b", b).add("c", c);
  }
};

void expect_fit(const PoissonFit& fit, const std::array<double, 4>& expected) {
  EXPECT_NEAR(fit.intercept, expected[0], 1e-9);
  ASSERT_EQ(fit.coefficients.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(fit.coefficients[i], expected[i + 1], 1e-9);
}

TEST(Poisson, MatchesThePrototype) {
  const Example e;
  const PoissonFit fit = fit_poisson(e.design, e.amounts, e.train);
  EXPECT_TRUE(fit.converged);
  EXPECT_EQ(fit.iterations, 5U);
  expect_fit(fit,
             {1.8055013542000558, 0.35456247007391695, -0.37321500808183544, 0.3062871445595732});
  const std::vector<double> predicted = fit.predict(e.design, e.test);
  EXPECT_NEAR(predicted[0], 4.5713717744202444, 1e-8);
  EXPECT_NEAR(predicted[4], 5.872201134782624, 1e-8);
  EXPECT_NEAR(predicted[9], 10.513505130405282, 1e-8);
}

TEST(Poisson, MatchesThePrototypeWithOneEnormousAmount) {
  Example e;
  e.amounts[13] = 5e4;
  const PoissonFit fit = fit_poisson(e.design, e.amounts, e.train);
  EXPECT_EQ(fit.iterations, 7U);
  expect_fit(fit,
             {6.7556138794492915, 1.2196963817406266, 1.2617080062111539, -0.8053389080966439});
  EXPECT_NEAR(fit.log_limit, 11.918397239722838, 1e-12);
}

TEST(Poisson, OnlyZerosPredictTheSmallestAmount) {
  const Example e;
  const std::vector<double> zeros(40, 0.0);
  const PoissonFit fit = fit_poisson(e.design, zeros, e.train);
  EXPECT_NEAR(fit.predict(e.design, e.test)[3], std::exp(kPoissonLogMin), 1e-12);
}

// Without a ridge on the intercept the predictions of the training rows sum to the amounts.
TEST(Poisson, PredictionsSumToTheAmounts) {
  const Example e;
  const PoissonFit fit = fit_poisson(e.design, e.amounts, e.train);
  double predicted = 0.0;
  double actual = 0.0;
  for (const double value : fit.predict(e.design, e.train)) predicted += value;
  for (const std::uint32_t row : e.train) actual += e.amounts[row];
  EXPECT_NEAR(predicted, actual, 1e-4 * actual);
}

TEST(Poisson, NeverPredictsBeyondThreeTimesTheLargestAmount) {
  const Example e;
  const PoissonFit fit = fit_poisson(e.design, e.amounts, e.train);
  const DesignMatrix far = DesignMatrix().add("a", {1e6, -1e6}).add("b", {0, 0}).add("c", {0, 0});
  const std::vector<double> predicted = fit.predict(far, row_range(0, 2));
  EXPECT_NEAR(predicted[0], std::exp(fit.log_limit), 1e-9);
  EXPECT_NEAR(predicted[1], std::exp(kPoissonLogMin), 1e-12);
}

TEST(PoissonDeathTest, NegativeAmountsAreABrokenPromise) {
  Example e;
  e.amounts[3] = -1.0;
  EXPECT_DEATH((void)fit_poisson(e.design, e.amounts, e.train), "broken promise");
}

}  // namespace
}  // namespace faultline
