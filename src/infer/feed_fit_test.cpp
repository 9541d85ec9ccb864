#include "infer/feed_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace faultline {
namespace {

constexpr double kLogMedian = 8.3;
constexpr double kLogSigma = 1.2;

std::vector<double> largest_of_each(double per_second, std::uint64_t seconds, Rng& rng) {
  const SizeDistribution sizes({.log_median = kLogMedian, .log_sigma = kLogSigma});
  std::vector<double> shown;
  for (std::uint64_t second = 0; second < seconds; ++second) {
    double largest = 0.0;
    for (std::uint64_t i = rng.poisson(per_second); i > 0; --i) {
      largest = std::max(largest, sizes.draw(rng));
    }
    if (largest > 0.0) shown.push_back(largest);
  }
  return shown;
}

// The bias of a maximum-likelihood estimate is of the order of its variance, so the mean of ln Λ̂
// over replicas may be off by a few of its own errors plus the variance, and by no more.
TEST(FeedFit, IntensityAndSizesTogetherHaveNoBiasBeyondTheSecondOrder) {
  constexpr int kReplicas = 12;
  constexpr std::uint64_t kSeconds = 4000;
  Rng rng(201);
  for (const double truth : {0.2, 1.0, 5.0, 20.0, 50.0}) {
    double miss = 0.0;
    double square = 0.0;
    double naive_miss = 0.0;
    double claimed = 0.0;
    double median_miss = 0.0;
    double size_bias = 0.0;
    for (int i = 0; i < kReplicas; ++i) {
      const auto shown = largest_of_each(truth, kSeconds, rng);
      const JointFeedFit fit = fit_largest_per_second({kSeconds, shown}).value();
      const double one = std::log(fit.per_second / truth);
      miss += one / kReplicas;
      square += one * one / kReplicas;
      naive_miss += std::log(fit.naive_per_second / truth) / kReplicas;
      claimed += fit.log_intensity_se * fit.log_intensity_se / kReplicas;
      median_miss += (fit.log_median - kLogMedian) / kReplicas;
      size_bias += fit.log_size_bias / kReplicas;
      EXPECT_GT(fit.log_size_bias, -0.1);
    }
    std::printf(
        "joint at %4.1f: bias of ln intensity %+.4f (naive %+.4f), spread %.4f claimed %.4f; bias "
        "of the median %+.4f, shown sizes overstate by %+.4f\n",
        truth, miss, naive_miss, std::sqrt(square), std::sqrt(claimed), median_miss, size_bias);
    EXPECT_LT(std::abs(miss), 3.0 * std::sqrt(claimed / kReplicas) + claimed);
    EXPECT_LT(std::abs(miss), std::abs(naive_miss));
    // The claimed error is the true spread: chi-square with 12 degrees, 1e-4 on either side.
    EXPECT_GT(square, 0.1 * claimed);
    EXPECT_LT(square, 3.4 * claimed);
  }
}

TEST(FeedFit, ReplayReportsTheBiasOfTheFitItself) {
  constexpr std::uint64_t kSeconds = 1500;
  Rng rng(202);
  const auto shown = largest_of_each(2.0, kSeconds, rng);
  const JointFeedFit fit = fit_largest_per_second({kSeconds, shown}).value();
  Rng replays = rng.stream("replays");
  const JointFitBias bias = replay_bias(fit, 20, replays);
  std::printf(
      "replayed: bias of ln intensity %+.4f, its error %.4f, standard error of the fit %.4f\n",
      bias.log_intensity, bias.log_intensity_error, fit.log_intensity_se);
  EXPECT_EQ(bias.replicas, 20U);
  const double second_order = fit.log_intensity_se * fit.log_intensity_se;
  EXPECT_LT(std::abs(bias.log_intensity), 3.0 * bias.log_intensity_error + second_order);
  Rng same = rng.stream("replays");
  EXPECT_EQ(replay_bias(fit, 20, same).log_intensity, bias.log_intensity);
}

TEST(FeedFit, SaysWhenTheShapeOfTheMaximaDoesNotTell) {
  Rng rng(203);
  const auto shown = largest_of_each(50.0, 400, rng);
  const JointFeedFit fit = fit_largest_per_second({400, shown}).value();
  std::printf("50 per second from 400 s: %.2f, standard error of ln %.3f\n", fit.per_second,
              fit.log_intensity_se);
  EXPECT_TRUE(fit.is_weak);
  const auto many = largest_of_each(0.5, 4000, rng);
  EXPECT_FALSE(fit_largest_per_second({4000, many})->is_weak);
}

TEST(FeedFit, RefusesTooLittle) {
  const std::vector<double> shown(kJointFitMin - 1, 100.0);
  EXPECT_EQ(fit_largest_per_second({100, shown}).error().code, Errc::kNoData);
  EXPECT_EQ(fit_largest_per_second({10, shown}).error().code, Errc::kBadFormat);
  // Equal sizes are no fault; they only say nothing about the width.
  const std::vector<double> equal(kJointFitMin, 100.0);
  EXPECT_TRUE(std::isfinite(fit_largest_per_second({100, equal})->per_second));
}

}  // namespace
}  // namespace faultline
