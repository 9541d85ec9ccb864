#include "stats/polynomial.hpp"

#include <gtest/gtest.h>

#include <array>

namespace faultline {
namespace {

TEST(Quadratic, GoesThroughThreePoints) {
  const std::array<double, 3> x{-1.0, 0.0, 2.0};
  const std::array<double, 3> y{6.0, 3.0, 9.0};  // 3 - x + 2 x^2
  const Quadratic curve = fit_quadratic({.x = x, .y = y});
  EXPECT_NEAR(curve.constant, 3.0, 1e-12);
  EXPECT_NEAR(curve.linear, -1.0, 1e-12);
  EXPECT_NEAR(curve.square, 2.0, 1e-12);
  EXPECT_NEAR(curve.at(3.0), 18.0, 1e-12);
}

// Source: numpy 1.24 polyfit([1, 2, 3, 4, 5], [1, 4, 2, 8, 5], 2); by hand -2/7, 2.9142857, -8/5.
TEST(Quadratic, MatchesPolyfit) {
  const std::array<double, 5> x{1.0, 2.0, 3.0, 4.0, 5.0};
  const std::array<double, 5> y{1.0, 4.0, 2.0, 8.0, 5.0};
  const Quadratic curve = fit_quadratic({.x = x, .y = y});
  EXPECT_NEAR(curve.square, -2.0 / 7.0, 1e-12);
  EXPECT_NEAR(curve.linear, 2.9142857142857173, 1e-12);
  EXPECT_NEAR(curve.constant, -1.6, 1e-12);
}

// Source: numpy 1.24 polyfit([2, 2, 2], [1, 2, 6], 2) = [.25, .5, 1].
TEST(Quadratic, OneAbscissaGivesTheShortestCurveThroughTheMean) {
  const std::array<double, 3> x{2.0, 2.0, 2.0};
  const std::array<double, 3> y{1.0, 2.0, 6.0};
  const Quadratic curve = fit_quadratic({.x = x, .y = y});
  EXPECT_NEAR(curve.constant, 1.0, 1e-12);
  EXPECT_NEAR(curve.linear, 0.5, 1e-12);
  EXPECT_NEAR(curve.square, 0.25, 1e-12);
  EXPECT_NEAR(curve.at(2.0), 3.0, 1e-12);
  const std::array<double, 3> zeros{};
  EXPECT_NEAR(fit_quadratic({.x = zeros, .y = y}).at(0.0), 3.0, 1e-12);
}

}  // namespace
}  // namespace faultline
