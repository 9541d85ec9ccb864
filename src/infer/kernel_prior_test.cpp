#include "infer/kernel_prior.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace faultline {
namespace {

const DistanceGrid kGrid(0.003, 0.6, 28);

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double nearer_than(const std::vector<double>& kernel, double distance) {
  double sum = 0.0;
  for (std::size_t j = 0; j < kGrid.size() && kGrid.edges()[j + 1] <= distance; ++j)
    sum += kernel[j];
  return sum;
}

TEST(KernelPrior, TheNearTailKernelIsOnTheSimplexAndNear) {
  const std::vector<double> plain = log_normal_kernel(kGrid, 0.12, 1.25);
  const std::vector<double> near = near_tail_kernel(kGrid, {.near_share = 0.05});
  EXPECT_NEAR(sum_of(near), 1.0, 1e-12);
  EXPECT_GT(nearer_than(near, kNearDistance * 1.0001),
            nearer_than(plain, kNearDistance * 1.0001) + 0.03);
  const std::vector<double> none = near_tail_kernel(kGrid, {.near_share = 0.0});
  for (std::size_t j = 0; j < none.size(); ++j) EXPECT_EQ(none[j], plain[j]);
}

TEST(KernelPrior, EveryVenuesKernelHasANearTail) {
  for (std::size_t v = 0; v < kVenueCount; ++v) {
    const KernelPrior prior = kernel_prior_of(static_cast<Venue>(v));
    for (const KernelShape& shape : {prior.cross, prior.isolated}) {
      const std::vector<double> plain = log_normal_kernel(kGrid, shape.median, shape.sigma);
      EXPECT_GT(nearer_than(near_tail_kernel(kGrid, shape), 0.02), nearer_than(plain, 0.02) + 0.01);
    }
  }
}

TEST(KernelPrior, OnlyHyperliquidIsToldApart) {
  const auto kernel_of = [](Venue venue) { return mixed_kernel(kGrid, kernel_prior_of(venue)); };
  const std::vector<double> unknown = mixed_kernel(kGrid, {});
  for (std::size_t v = 0; v < kVenueCount; ++v) {
    const auto venue = static_cast<Venue>(v);
    EXPECT_EQ(kernel_of(venue) == unknown, venue != Venue::kHyperliquid) << v;
  }
  // Its known positions are farther away.
  const KernelPrior known = kernel_prior_of(Venue::kHyperliquid);
  EXPECT_LT(nearer_than(kernel_of(Venue::kHyperliquid), 0.1), nearer_than(unknown, 0.1) - 0.1);
  EXPECT_GT(near_tail_kernel(kGrid, known.cross).back(),
            near_tail_kernel(kGrid, known.isolated).back() + 0.05);
}

TEST(KernelPrior, ModesAreMixedByTheirShares) {
  const KernelPrior prior{
      .cross = {.median = 0.3}, .isolated = {.median = 0.05}, .cross_share = 0.8};
  const std::vector<double> mixed = mixed_kernel(kGrid, prior);
  const std::vector<double> cross = near_tail_kernel(kGrid, prior.cross);
  const std::vector<double> isolated = near_tail_kernel(kGrid, prior.isolated);
  EXPECT_NEAR(sum_of(mixed), 1.0, 1e-12);
  for (std::size_t j = 0; j < mixed.size(); ++j)
    EXPECT_NEAR(mixed[j], 0.8 * cross[j] + 0.2 * isolated[j], 1e-15);
}

// More than its share of what is near, less of what is far, and in all what is not cross.
TEST(KernelPrior, IsolatedSharesGoByDistance) {
  const KernelPrior prior{
      .cross = {.median = 0.3}, .isolated = {.median = 0.05}, .cross_share = 0.8};
  const std::vector<double> shares = isolated_shares(kGrid, prior);
  ASSERT_EQ(shares.size(), kGrid.size());
  EXPECT_GT(shares[10], 0.3);
  EXPECT_LT(shares.back(), 0.1);
  const std::vector<double> mixed = mixed_kernel(kGrid, prior);
  const std::vector<double> isolated = near_tail_kernel(kGrid, prior.isolated);
  double sum = 0.2 * isolated.back();
  for (std::size_t j = 0; j < shares.size(); ++j) sum += shares[j] * mixed[j];
  EXPECT_NEAR(sum, 0.2, 1e-12);
  for (const double share : isolated_shares(kGrid, {})) EXPECT_NEAR(share, 0.055, 1e-12);
}

TEST(KernelPriorDeathTest, RefusesSharesThatAreNone) {
  EXPECT_DEATH(mixed_kernel(kGrid, {.cross_share = 1.1}), "broken promise");
  EXPECT_DEATH(near_tail_kernel(kGrid, {.near_share = 1.0}), "broken promise");
}

}  // namespace
}  // namespace faultline
