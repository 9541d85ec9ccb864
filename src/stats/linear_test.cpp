#include "stats/linear.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace faultline {
namespace {

// Forty rows; the fits use the first thirty. The numbers below come from numpy 1.24 on the same
// formulas, by the definition in the header: np.linalg.solve(A.T @ A + R, A.T @ y).
struct Example {
  DesignMatrix design;
  std::vector<double> y;
  std::vector<std::uint32_t> train = row_range(0, 30);
  std::vector<std::uint32_t> test = row_range(30, 40);

  Example() {
    std::vector<double> a, b, c;
    for (int i = 0; i < 40; ++i) {
      a.push_back(std::sin(i));
      b.push_back(std::cos(2.0 * i) + 0.1 * i);
      c.push_back(std::sqrt(i));
      y.push_back(2.0 + 0.5 * a.back() - 0.3 * b.back() + 0.2 * c.back() +
                  0.4 * std::sin(7.0 * i) * (1.0 + 0.05 * i));
    }
    design.add("a", a).add("b", b).add("c", c);
  }
};

void expect_fit(const LinearFit& fit, const std::array<double, 4>& expected) {
  EXPECT_NEAR(fit.intercept, expected[0], 1e-10);
  ASSERT_EQ(fit.coefficients.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(fit.coefficients[i], expected[i + 1], 1e-10);
}

TEST(Ridge, MatchesNumpy) {
  const Example e;
  const LinearFit fit = fit_ridge(e.design, {.value = e.y}, e.train);
  expect_fit(fit,
             {2.3380178946425274, 0.405953831277571, -0.2797936887757276, 0.24906002848401326});
  EXPECT_NEAR(fit.slope(0), 0.405953831277571 / 0.695394968190317, 1e-8);
  const std::vector<double> predicted = fit.predict(e.design, e.test);
  EXPECT_NEAR(predicted.front(), 1.9435349286773618, 1e-10);
  EXPECT_NEAR(predicted.back(), 2.9721697629564723, 1e-10);

  const LinearFit strong = fit_ridge(e.design, {.value = e.y}, e.train, {.ridge = 3.0});
  expect_fit(strong,
             {2.3380178946425274, 0.36928924403784996, -0.21087795613701593, 0.17883982517757002});
}

TEST(Ridge, MatchesNumpyWithWeights) {
  const Example e;
  std::vector<double> weight;
  for (int i = 0; i < 40; ++i) weight.push_back(1.0 + i % 3);
  expect_fit(fit_ridge(e.design, {.value = e.y, .weight = weight}, e.train),
             {2.3578365956170813, 0.3789030859703325, -0.26516579079899943, 0.2347190993571378});
}

TEST(Ridge, ReadsNothingOutsideItsRows) {
  Example e;
  const LinearFit before = fit_ridge(e.design, {.value = e.y}, e.train);
  for (std::size_t i = 30; i < 40; ++i) e.y[i] = std::nan("");
  EXPECT_EQ(fit_ridge(e.design, {.value = e.y}, e.train).coefficients, before.coefficients);
}

TEST(Ridge, WithoutColumnsPredictsTheMean) {
  DesignMatrix design;
  design.add("constant", {5.0, 5.0, 5.0, 5.0});
  const std::vector<double> y{1.0, 2.0, 3.0, 6.0};
  const LinearFit fit = fit_ridge(design, {.value = y}, row_range(0, 4));
  EXPECT_NEAR(fit.predict(design, row_range(0, 1)).front(), 3.0, 1e-12);
}

TEST(PrecisionWeighted, FirstPassIsPlainRidge) {
  const Example e;
  const auto fit = fit_precision_weighted(e.design, {.value = e.y}, e.train, {.iterations = 0});
  EXPECT_EQ(fit.mean.coefficients, fit_ridge(e.design, {.value = e.y}, e.train).coefficients);
  EXPECT_NEAR(fit.variance.log_variance.square, 0.4087796959027324, 1e-9);
  EXPECT_NEAR(fit.variance.log_variance.linear, -2.069406736766016, 1e-9);
  EXPECT_NEAR(fit.variance.log_variance.constant, 0.9955820948318083, 1e-9);
  EXPECT_NEAR(fit.variance.at(2.5), 0.19729372956281732, 1e-9);
}

TEST(PrecisionWeighted, MatchesNumpy) {
  const Example e;
  const auto fit = fit_precision_weighted(e.design, {.value = e.y}, e.train, {.iterations = 3});
  expect_fit(fit.mean,
             {2.3382223779237377, 0.4066806627925255, -0.2785893054222535, 0.2466203542312544});
  EXPECT_NEAR(fit.variance.log_variance.square, 0.45965905677176017, 1e-9);
  EXPECT_NEAR(fit.variance.log_variance.linear, -2.326614381136389, 1e-9);
  EXPECT_NEAR(fit.variance.log_variance.constant, 1.3076626966873934, 1e-9);
  EXPECT_NEAR(fit.variance.at(2.5), 0.19475670787052768, 1e-9);

  const auto half =
      fit_precision_weighted(e.design, {.value = e.y}, e.train, {.iterations = 3, .power = 0.5});
  expect_fit(half.mean,
             {2.338151705515878, 0.4063932708412723, -0.2793267863742497, 0.2479207413817931});
}

// Noise that grows with the level: the weighted slope must lie closer to the truth than the plain
// one, which the noisy end pulls about.
TEST(PrecisionWeighted, TrustsThePreciseEnd) {
  DesignMatrix design;
  std::vector<double> x, y;
  for (int i = 0; i < 400; ++i) {
    x.push_back(i / 100.0);
    y.push_back(x.back() + std::exp(x.back() - 1.0) * std::sin(i * i * 0.7 + i));
  }
  design.add("x", x);
  const std::vector<std::uint32_t> rows = row_range(0, 400);
  const auto plain = fit_ridge(design, {.value = y}, rows);
  const auto weighted = fit_precision_weighted(design, {.value = y}, rows, {.iterations = 4});
  EXPECT_LT(std::abs(weighted.mean.slope(0) - 1.0), std::abs(plain.slope(0) - 1.0));
  EXPECT_GT(weighted.variance.at(weighted.variance.highest),
            20.0 * weighted.variance.at(weighted.variance.lowest));
}

}  // namespace
}  // namespace faultline
