#include "stats/ridge_system.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace faultline {
namespace {

TEST(ColumnScale, UsesThePopulationDeviationOfTheChosenRows) {
  const DesignMatrix design = DesignMatrix().add("x", {1.0, 3.0, 1000.0}).add("one", {1, 1, 1});
  const ColumnScale scale = column_scale(design, row_range(0, 2));
  EXPECT_DOUBLE_EQ(scale.mean[0], 2.0);
  EXPECT_DOUBLE_EQ(scale.deviation[0], 1.0 + kScaleFloor);
  EXPECT_DOUBLE_EQ(scale.deviation[1], kScaleFloor);
}

TEST(StandardRows, BeginWithTheIntercept) {
  const DesignMatrix design = DesignMatrix().add("x", {1.0, 3.0, 5.0});
  const StandardRows rows(design, row_range(0, 3), {{"x"}, {3.0}, {2.0}});
  EXPECT_EQ(rows.term_count(), 2U);
  const std::array<double, 2> coefficients{10.0, 4.0};
  EXPECT_EQ(rows.times(coefficients), (std::vector<double>{6.0, 10.0, 14.0}));
}

// One column of -1 and 1: the system is diagonal, so b = (mean y, sum(x y) / (2 + ridge)).
TEST(SolveRidge, ShrinksTheSlopeAndNotTheIntercept) {
  const DesignMatrix design = DesignMatrix().add("x", {-1.0, 1.0});
  const StandardRows rows(design, row_range(0, 2), {{"x"}, {0.0}, {1.0}});
  const std::array<double, 2> y{10.0, 16.0};
  const std::vector<double> b = solve_ridge(rows, {.value = y, .weight = {}}, 2.0);
  EXPECT_NEAR(b[0], 13.0, 1e-12);
  EXPECT_NEAR(b[1], 6.0 / 4.0, 1e-12);
}

// Weight 2 on (x = 1, y = 5) and 1 on (x = 0, y = 1): X'WX = (3 2; 2 2) and X'Wy = (11, 10). With a
// ridge of 1 the system is (3 2; 2 3), whose determinant is 5.
TEST(SolveRidge, WeighsRows) {
  const DesignMatrix design = DesignMatrix().add("x", {1.0, 0.0});
  const StandardRows rows(design, row_range(0, 2), {{"x"}, {0.0}, {1.0}});
  const std::array<double, 2> y{5.0, 1.0};
  const std::array<double, 2> weight{2.0, 1.0};
  const std::vector<double> b = solve_ridge(rows, {.value = y, .weight = weight}, 1.0);
  EXPECT_NEAR(b[0], (11.0 * 3.0 - 2.0 * 10.0) / 5.0, 1e-12);
  EXPECT_NEAR(b[1], (3.0 * 10.0 - 2.0 * 11.0) / 5.0, 1e-12);
}

TEST(SolveRidge, CopiesOfAColumnShareItsWeight) {
  const DesignMatrix design = DesignMatrix().add("x", {-1.0, 1.0}).add("twin", {-1.0, 1.0});
  const StandardRows rows(design, row_range(0, 2), {{"x", "twin"}, {0.0, 0.0}, {1.0, 1.0}});
  const std::array<double, 2> y{-3.0, 3.0};
  const std::vector<double> b = solve_ridge(rows, {.value = y, .weight = {}}, 1e-2);
  EXPECT_NEAR(b[1], 6.0 / 4.01, 1e-9);
  EXPECT_NEAR(b[2], b[1], 1e-9);
}

TEST(SolveRidge, EqualInputGivesEqualBytes) {
  DesignMatrix design;
  std::vector<double> y;
  for (int c = 0; c < 7; ++c) {
    std::vector<double> column;
    for (int r = 0; r < 101; ++r) column.push_back(std::sin(r * (c + 1.7)));
    design.add(std::to_string(c), column);
  }
  for (int r = 0; r < 101; ++r) y.push_back(std::cos(r));
  const ColumnScale scale = column_scale(design, row_range(0, 101));
  const StandardRows rows(design, row_range(0, 101), scale);
  const std::vector<double> first = solve_ridge(rows, {.value = y, .weight = {}}, 1.0);
  // The same values at an address with another alignment.
  std::vector<double> shifted(y.size() + 1);
  std::copy(y.begin(), y.end(), shifted.begin() + 1);
  const std::span<const double> moved = std::span<const double>(shifted).subspan(1);
  EXPECT_EQ(solve_ridge(rows, {.value = moved, .weight = {}}, 1.0), first);
}

TEST(RidgeSystemDeathTest, HolesAndForeignColumnsAreBrokenPromises) {
  const DesignMatrix design =
      DesignMatrix().add("x", {1.0, std::numeric_limits<double>::quiet_NaN()});
  EXPECT_DEATH((void)column_scale(design, row_range(0, 2)), "broken promise");
  EXPECT_DEATH((void)column_scale(design, {}), "broken promise");
  EXPECT_DEATH(StandardRows(design, row_range(0, 1), {{"y"}, {0.0}, {1.0}}), "broken promise");
}

}  // namespace
}  // namespace faultline
