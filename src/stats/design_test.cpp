#include "stats/design.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace faultline {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(DesignMatrix, KeepsColumnsInTheOrderOfAdding) {
  DesignMatrix design;
  EXPECT_EQ(design.row_count(), 0U);
  design.add("range", {1.0, 2.0, 3.0}).add("oi", {4.0, 5.0, 6.0});
  EXPECT_EQ(design.row_count(), 3U);
  EXPECT_EQ(design.column_count(), 2U);
  EXPECT_EQ(design.name(1), "oi");
  EXPECT_EQ(design.column(1)[2], 6.0);
  EXPECT_TRUE(design.has("range"));
  EXPECT_FALSE(design.has("rang"));
}

TEST(DesignMatrix, ConcatenatesTwoDesigns) {
  const DesignMatrix left = DesignMatrix().add("a", {1.0, 2.0});
  const DesignMatrix right = DesignMatrix().add("b", {3.0, 4.0}).add("c", {5.0, 6.0});
  const DesignMatrix both = concatenate(left, right);
  EXPECT_EQ(both.names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(both.column(2)[1], 6.0);
  EXPECT_EQ(left.column_count(), 1U);
  EXPECT_EQ(concatenate(DesignMatrix(), right).row_count(), 2U);
}

TEST(DesignMatrix, FiniteRowsLeavesOutEveryRowWithAHole) {
  const double infinity = std::numeric_limits<double>::infinity();
  const DesignMatrix design =
      DesignMatrix().add("a", {1.0, kNan, 3.0, 4.0}).add("b", {1.0, 2.0, -infinity, 4.0});
  EXPECT_EQ(design.finite_rows(row_range(0, 4)), (std::vector<std::uint32_t>{0, 3}));
  EXPECT_EQ(design.finite_rows(std::vector<std::uint32_t>{3, 1}), (std::vector<std::uint32_t>{3}));
}

TEST(DesignMatrix, RowRangeIsHalfOpen) {
  EXPECT_EQ(row_range(2, 5), (std::vector<std::uint32_t>{2, 3, 4}));
  EXPECT_TRUE(row_range(7, 7).empty());
}

TEST(DesignMatrixDeathTest, UnequalLengthsAndEqualNamesAreBrokenPromises) {
  DesignMatrix design;
  design.add("a", {1.0, 2.0});
  EXPECT_DEATH(design.add("b", {1.0}), "broken promise");
  EXPECT_DEATH(design.add("a", {1.0, 2.0}), "broken promise");
  EXPECT_DEATH(design.append(design), "broken promise");
  EXPECT_DEATH((void)design.finite_rows(std::vector<std::uint32_t>{2}), "broken promise");
}

}  // namespace
}  // namespace faultline
