#include "infer/ensemble_weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <vector>

namespace faultline {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// The likelihood as it is, without tempering, fading or floor.
constexpr EnsembleWeightsConfig kPlain{.tempering = 1.0, .kept = 1.0, .floor_share = 0.0};

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST(EnsembleWeights, AreThePosteriorWhenNothingIsTempered) {
  EnsembleWeights weights(3, kPlain);
  weights.update(std::array{std::log(0.2), std::log(0.5), std::log(0.3)});
  weights.update(std::array{std::log(0.5), std::log(0.1), kNever});
  EXPECT_NEAR(weights.weights()[0], 0.10 / 0.15, 1e-12);
  EXPECT_NEAR(weights.weights()[1], 0.05 / 0.15, 1e-12);
  EXPECT_LT(weights.weights()[2], 1e-40);
  // A constant added to every likelihood says nothing.
  EnsembleWeights shifted(3, kPlain);
  shifted.update(
      std::array{-5000.0 + std::log(0.2), -5000.0 + std::log(0.5), -5000.0 + std::log(0.3)});
  EXPECT_NEAR(shifted.weights()[1], 0.5, 1e-9);
}

TEST(EnsembleWeights, EffectiveCountLiesBetweenItsBounds) {
  EXPECT_NEAR(effective_count_of(std::vector<double>(64, 1.0 / 64)), 64.0, 1e-9);
  EXPECT_EQ(effective_count_of(std::array{1.0, 0.0, 0.0}), 1.0);
  EnsembleWeights weights(64, {.tempering = 1.0, .kept = 0.99, .floor_share = 0.1});
  Rng rng(501);
  std::vector<double> log_likelihood(64);
  int limited = 0;
  for (int i = 0; i < 500; ++i) {
    const double spread = i % 50 == 0 ? 400.0 : 0.5;
    for (double& value : log_likelihood) value = spread * rng.normal();
    const WeightUpdate update = weights.update(log_likelihood);
    ASSERT_GE(update.effective_count, 6.4 - 1e-6);
    ASSERT_LE(update.effective_count, 64.0 + 1e-9);
    ASSERT_NEAR(sum_of(weights.weights()), 1.0, 1e-12);
    limited += update.is_limited ? 1 : 0;
  }
  std::printf("floor met in %d of 500 updates\n", limited);
  EXPECT_GE(limited, 10);
}

TEST(EnsembleWeights, CollapseIsRefusedAndSaidSo) {
  const EnsembleWeightsConfig config{.tempering = 1.0, .kept = 1.0, .floor_share = 0.25};
  EnsembleWeights weights(16, config);
  std::vector<double> log_likelihood(16, kNever);
  log_likelihood[3] = 0.0;
  const WeightUpdate update = weights.update(log_likelihood);
  EXPECT_TRUE(update.is_limited);
  EXPECT_NEAR(update.effective_count, 4.0, 1e-6);
  EXPECT_LT(update.applied_tempering, 0.01);
  // Who was right still leads.
  EXPECT_EQ(std::ranges::max_element(weights.weights()) - weights.weights().begin(), 3);
  EXPECT_TRUE(weights.wants_resampling());
  // The plain rule, on the same step, has one member left.
  EnsembleWeights plain(16, kPlain);
  EXPECT_NEAR(plain.update(log_likelihood).effective_count, 1.0, 1e-6);
}

TEST(EnsembleWeights, HoursOfModelErrorFade) {
  const EnsembleWeightsConfig config{.kept = 0.99};
  EnsembleWeights weights(32, config);
  std::vector<double> wrong(32);
  for (std::size_t m = 0; m < 32; ++m) wrong[m] = -0.3 * static_cast<double>(m);
  for (int i = 0; i < 3600; ++i) weights.update(wrong);
  EXPECT_GE(weights.effective_count(), 3.2 - 1e-6);
  const double before = weights.weights()[31];
  const std::vector<double> silent(32, -1.0);
  for (int i = 0; i < 1000; ++i) weights.update(silent);
  EXPECT_GT(weights.weights()[31], before);
  EXPECT_GT(weights.effective_count(), 31.9);
}

TEST(EnsembleWeights, AStepThatNobodyExplainsTeachesNothing) {
  EnsembleWeights weights(4, kPlain);
  weights.update(std::array{0.0, -1.0, -2.0, -3.0});
  const std::vector<double> before(weights.weights().begin(), weights.weights().end());
  const WeightUpdate update = weights.update(std::vector<double>(4, kNever));
  EXPECT_TRUE(update.is_uninformative);
  for (std::size_t m = 0; m < 4; ++m) EXPECT_NEAR(weights.weights()[m], before[m], 1e-15);
  EXPECT_DEATH(weights.update(std::array{0.0, 0.0, 0.0, std::nan("")}), "broken promise");
}

TEST(EnsembleWeights, ContinuesBitByBitFromItsNumbers) {
  EnsembleWeights whole(8, {});
  Rng rng(502);
  std::vector<double> log_likelihood(8);
  const auto step = [&] {
    for (double& value : log_likelihood) value = 3.0 * rng.normal();
  };
  for (int i = 0; i < 50; ++i) {
    step();
    whole.update(log_likelihood);
  }
  EnsembleWeights half = EnsembleWeights::restore({}, whole.log_weights()).value();
  for (int i = 0; i < 50; ++i) {
    step();
    whole.update(log_likelihood);
    half.update(log_likelihood);
  }
  for (std::size_t m = 0; m < 8; ++m) EXPECT_EQ(half.weights()[m], whole.weights()[m]);
  EXPECT_EQ(EnsembleWeights::restore({}, std::array{0.0, 1.0}).error(),
            (Error{Errc::kOutOfRange, 1}));
  EXPECT_FALSE(EnsembleWeights::restore({}, std::array{std::nan("")}));
  EXPECT_EQ(EnsembleWeights::restore({}, {}).error().code, Errc::kBadFormat);
}

TEST(EnsembleWeights, ResamplingIsUnbiasedAndKeepsTheCount) {
  constexpr std::size_t kMembers = 10;
  constexpr int kReplicas = 20'000;
  std::vector<double> log_likelihood(kMembers);
  for (std::size_t m = 0; m < kMembers; ++m) log_likelihood[m] = 0.35 * static_cast<double>(m);
  EnsembleWeights first(kMembers, kPlain);
  first.update(log_likelihood);
  const std::vector<double> expected(first.weights().begin(), first.weights().end());
  std::vector<double> mean(kMembers, 0.0);
  Rng rng(503);
  for (int i = 0; i < kReplicas; ++i) {
    EnsembleWeights weights = first;
    const std::vector<std::size_t> parents = weights.resample(rng);
    ASSERT_EQ(parents.size(), kMembers);
    std::vector<int> children(kMembers, 0);
    for (std::size_t slot = 0; slot < kMembers; ++slot) ++children[parents[slot]];
    for (std::size_t m = 0; m < kMembers; ++m) {
      // Systematic: never more than one away from n·w, and survivors stay where they are.
      ASSERT_LT(std::abs(children[m] - kMembers * expected[m]), 1.0);
      ASSERT_TRUE(children[m] == 0 || parents[m] == m);
      mean[m] += children[m] / double{kReplicas};
    }
    ASSERT_NEAR(weights.effective_count(), static_cast<double>(kMembers), 1e-9);
  }
  double worst = 0.0;
  for (std::size_t m = 0; m < kMembers; ++m) {
    worst = std::max(worst, std::abs(mean[m] - kMembers * expected[m]));
  }
  std::printf("children a member: largest error of the mean %.4f\n", worst);
  // One uniform decides a member's last child: a standard error of at most .5/sqrt(replicas).
  EXPECT_LT(worst, 4.0 * 0.5 / std::sqrt(kReplicas));
}

TEST(EnsembleWeights, ResamplingIsDeterministicGivenTheSeed) {
  EnsembleWeights a(64, {});
  std::vector<double> log_likelihood(64);
  Rng rng(504);
  for (double& value : log_likelihood) value = 4.0 * rng.normal();
  a.update(log_likelihood);
  EnsembleWeights b = a;
  Rng one(7);
  Rng same(7);
  EXPECT_EQ(a.resample(one), b.resample(same));
}

// The definition, read literally.
double naive_quantile(const std::vector<double>& values, std::span<const double> weights,
                      double level) {
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  for (const double candidate : sorted) {
    double upto = 0.0;
    for (std::size_t m = 0; m < values.size(); ++m) {
      if (values[m] <= candidate) upto += weights[m];
    }
    if (upto >= level - 1e-12) return candidate;
  }
  return sorted.back();
}

TEST(EnsembleQuantiles, EqualANaiveSort) {
  Rng rng(505);
  for (const std::size_t members : {1UL, 2UL, 10UL, 64UL}) {
    constexpr std::size_t kRows = 50;
    std::vector<double> weights(members);
    for (double& weight : weights) weight = rng.exponential();
    const double sum = sum_of(weights);
    for (double& weight : weights) weight /= sum;
    std::vector<double> values(kRows * members);
    // Many equal values, as in maps, where most members have nothing in most rows.
    for (double& value : values) value = std::max(0.0, std::floor(4.0 * rng.normal()));
    const EnsembleQuantiles found = weighted_quantiles(values, weights);
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * members);
      const std::vector<double> one(begin, begin + static_cast<std::ptrdiff_t>(members));
      ASSERT_EQ(found.p10[row], naive_quantile(one, weights, 0.1));
      ASSERT_EQ(found.p50[row], naive_quantile(one, weights, 0.5));
      ASSERT_EQ(found.p90[row], naive_quantile(one, weights, 0.9));
    }
  }
}

TEST(EnsembleQuantiles, EqualWeightsGiveTheTextbookOnes) {
  std::vector<double> values(10);
  std::iota(values.begin(), values.end(), 1.0);
  const std::vector<double> weights(10, 0.1);
  const EnsembleQuantiles found = weighted_quantiles(values, weights);
  EXPECT_EQ(found.p10[0], 1.0);
  EXPECT_EQ(found.p50[0], 5.0);
  EXPECT_EQ(found.p90[0], 9.0);
  // A member of weight zero is not there.
  const EnsembleQuantiles two =
      weighted_quantiles(std::array{-9.0, 3.0, 99.0}, std::array{0.0, 1.0, 0.0});
  EXPECT_EQ(two.p10[0], 3.0);
  EXPECT_EQ(two.p90[0], 3.0);
}

}  // namespace
}  // namespace faultline
