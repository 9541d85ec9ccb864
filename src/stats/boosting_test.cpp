#include "stats/boosting.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace faultline {
namespace {

// Six uniform columns of which five matter, with an interaction, a jump and normal noise. Uniform
// numbers come from Knuth's 64-bit generator, s = s · 6364136223846793005 + 1442695040888963407
// from 1, its upper 53 bits: the same few lines in Python gave scikit-learn the same rows.
struct Synthetic {
  DesignMatrix design;
  std::vector<double> y;
  std::vector<std::uint32_t> train = row_range(0, 4000);
  std::vector<std::uint32_t> test = row_range(4000, 6000);
  std::uint64_t state = 1;

  double uniform() {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 11) * 0x1.0p-53;
  }

  Synthetic() {
    std::vector<std::vector<double>> x(6);
    for (int i = 0; i < 6000; ++i) {
      for (std::vector<double>& column : x) column.push_back(uniform());
      double noise = -6.0;
      for (int k = 0; k < 12; ++k) noise += uniform();
      y.push_back(3.0 + 2.0 * std::sin(6.0 * x[0].back()) +
                  (2.0 * x[1].back() - 1.0) * (2.0 * x[2].back() - 1.0) * 3.0 +
                  (x[3].back() > 0.7 ? 1.5 : 0.0) + x[4].back() + noise);
    }
    for (std::size_t c = 0; c < x.size(); ++c) design.add(std::to_string(c), x[c]);
  }

  double r_squared(const std::vector<double>& predicted) const {
    double mean = 0.0;
    for (const std::uint32_t row : test) mean += y[row] / static_cast<double>(test.size());
    double residual = 0.0;
    double total = 0.0;
    for (std::size_t i = 0; i < test.size(); ++i) {
      residual += (y[test[i]] - predicted[i]) * (y[test[i]] - predicted[i]);
      total += (y[test[i]] - mean) * (y[test[i]] - mean);
    }
    return 1.0 - residual / total;
  }
};

// Source: scikit-learn 1.2.1, HistGradientBoostingRegressor(max_iter=150, learning_rate=.05,
// max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=5, early_stopping=False) on these rows;
// the true function has .7908.
constexpr double kSklearnR2 = 0.6704756582195531;

TEST(BoostedTrees, StandForThePrototypesLibrary) {
  const Synthetic s;
  const Outcome<BoostedTrees> trees = fit_boosted_trees(s.design, {.value = s.y}, s.train);
  ASSERT_TRUE(trees) << describe(trees.error());
  const double r2 = s.r_squared(trees->predict(s.design, s.test).value());
  EXPECT_NEAR(r2, kSklearnR2, 0.02);
  RecordProperty("r_squared", std::to_string(r2));
}

TEST(BoostedTrees, EqualInputGivesEqualBytes) {
  const Synthetic s;
  const BoostingOptions options{.rounds = 20};
  const auto first = fit_boosted_trees(s.design, {.value = s.y}, s.train, options);
  const auto second = fit_boosted_trees(s.design, {.value = s.y}, s.train, options);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->predict(s.design, s.test).value(), second->predict(s.design, s.test).value());
}

// One split, one round: each side's answer is its summed deviation from the mean, over its rows and
// the ridge, times the learning rate. 60 rows say 0 and 60 say 12: 60 · 6 / (60 + 5) · .05.
TEST(BoostedTrees, OneSplitByHand) {
  DesignMatrix design;
  std::vector<double> x, y;
  for (int i = 0; i < 120; ++i) {
    x.push_back(i % 2);
    y.push_back(12.0 * (i % 2));
  }
  design.add("x", x);
  const auto trees = fit_boosted_trees(design, {.value = y}, row_range(0, 120), {.rounds = 1});
  ASSERT_TRUE(trees) << describe(trees.error());
  const auto predicted = trees->predict(design, row_range(0, 2));
  ASSERT_TRUE(predicted);
  const double answer = 60.0 * 6.0 / 65.0 * 0.05;
  EXPECT_NEAR(predicted.value()[0], 6.0 - answer, 1e-6);
  EXPECT_NEAR(predicted.value()[1], 6.0 + answer, 1e-6);

  // With 39 rows on a side no split is allowed, and the mean remains.
  const auto few = fit_boosted_trees(design, {.value = y}, row_range(0, 78), {.rounds = 5});
  ASSERT_TRUE(few);
  EXPECT_NEAR(few->predict(design, row_range(0, 1)).value().front(), 6.0, 1e-6);
}

// The same with weights: 60 rows of weight 2 say 0 and 60 of weight 1 say 12, so the mean is 4, and
// the sides' answers are 120 · (-4) / (120 + 5) and 60 · 8 / (60 + 5), times the learning rate.
TEST(BoostedTrees, OneWeightedSplitByHand) {
  DesignMatrix design;
  std::vector<double> x, y, weight;
  for (int i = 0; i < 120; ++i) {
    x.push_back(i % 2);
    y.push_back(12.0 * (i % 2));
    weight.push_back(2.0 - i % 2);
  }
  design.add("x", x);
  const auto trees =
      fit_boosted_trees(design, {.value = y, .weight = weight}, row_range(0, 120), {.rounds = 1});
  ASSERT_TRUE(trees) << describe(trees.error());
  EXPECT_NEAR(trees->base(), 4.0, 1e-12);
  const auto predicted = trees->predict(design, row_range(0, 2));
  ASSERT_TRUE(predicted);
  EXPECT_NEAR(predicted.value()[0], 4.0 - 480.0 / 125.0 * 0.05, 1e-6);
  EXPECT_NEAR(predicted.value()[1], 4.0 + 480.0 / 65.0 * 0.05, 1e-6);
}

TEST(BoostedTrees, ReadNothingOutsideTheirRows) {
  Synthetic s;
  const BoostingOptions options{.rounds = 5};
  const auto before = fit_boosted_trees(s.design, {.value = s.y}, s.train, options);
  for (const std::uint32_t row : s.test) s.y[row] = std::nan("");
  const auto after = fit_boosted_trees(s.design, {.value = s.y}, s.train, options);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->predict(s.design, s.test).value(), after->predict(s.design, s.test).value());
}

TEST(BoostedTrees, AMissingValueIsNoError) {
  DesignMatrix design;
  std::vector<double> x, y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(i % 2 == 0 ? std::nan("") : 1.0 + i);
    y.push_back(i % 2 == 0 ? 5.0 : 1.0);
  }
  design.add("x", x);
  const auto trees = fit_boosted_trees(design, {.value = y}, row_range(0, 200));
  ASSERT_TRUE(trees) << describe(trees.error());
  const auto predicted = trees->predict(design, row_range(0, 2));
  ASSERT_TRUE(predicted);
  EXPECT_GT(predicted.value()[0], 4.5);
  EXPECT_LT(predicted.value()[1], 1.5);
}

TEST(BoostedTrees, FaultsAreResults) {
  const std::vector<double> y{1.0, 2.0, 3.0};
  const auto rows = row_range(0, 3);
  const DesignMatrix design = DesignMatrix().add("x", {1.0, 2.0, 3.0});
  const DesignMatrix infinite = DesignMatrix().add("x", {1.0, 1e300, 3.0});
  const auto code = [](const Outcome<BoostedTrees>& trees) { return trees.error().code; };

  EXPECT_EQ(code(fit_boosted_trees(design, {.value = y}, {})), Errc::kNoData);
  const Outcome<BoostedTrees> refused = fit_boosted_trees(infinite, {.value = y}, rows);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBadRequest);
  EXPECT_NE(refused.error().note.find("inf"), std::string::npos) << refused.error().note;
  EXPECT_EQ(code(fit_boosted_trees(design, {.value = y}, rows, {.learning_rate = -1.0})),
            Errc::kBadRequest);
  const std::vector<double> hole{1.0, std::nan(""), 3.0};
  EXPECT_EQ(code(fit_boosted_trees(design, {.value = hole}, rows)), Errc::kOutOfRange);
  EXPECT_EQ(code(fit_boosted_trees(design, {.value = y, .weight = hole}, rows)), Errc::kOutOfRange);
  const std::vector<double> zeros(3, 0.0);
  EXPECT_EQ(code(fit_boosted_trees(design, {.value = y, .weight = zeros}, rows)),
            Errc::kOutOfRange);

  const auto trees = fit_boosted_trees(design, {.value = y}, rows);
  ASSERT_TRUE(trees);
  EXPECT_FALSE(trees->predict(infinite, rows));
  EXPECT_TRUE(trees->predict(design, {}).value().empty());
}

TEST(BoostedTrees, Move) {
  const std::vector<double> y{1.0, 2.0, 3.0};
  const DesignMatrix design = DesignMatrix().add("x", {1.0, 2.0, 3.0});
  BoostedTrees trees = std::move(fit_boosted_trees(design, {.value = y}, row_range(0, 3))).value();
  const BoostedTrees moved = std::move(trees);
  EXPECT_NEAR(moved.predict(design, row_range(0, 1)).value().front(), 2.0, 1e-6);
}

}  // namespace
}  // namespace faultline
