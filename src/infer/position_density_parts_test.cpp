#include <gtest/gtest.h>

#include <cmath>

#include "infer/position_density.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

MarketStep step_at(int index, double price) {
  MarketStep step;
  step.begin = UnixNanos(1'764'547'500'000'000'000 + index * 5 * kMinute.value);
  step.end = step.begin + Nanos(5 * kMinute.value);
  step.open = step.high = step.low = step.close = price;
  step.volume = 60.0;
  step.oi_begin = step.oi_end = 1000.0;
  return step;
}

PositionDensity three_members() {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  std::vector<MemberParameters> members(3, central_member(config, grid));
  members[1].churn = 0.1;
  members[2].kernel = log_normal_kernel(grid, 0.02, 0.5);
  PositionDensity density(config, members);
  for (int i = 0; i < 200; ++i) density.advance(step_at(i, 100.0 * std::exp(0.02 * std::sin(i))));
  return density;
}

constexpr ProfileGrid kGrid{.log_begin = 3.9, .row_log = 1e-3, .row_count = 1'400};

// Both ways of taking a row apart give the row.
TEST(DensityParts, AddUpToTheProfile) {
  const PositionDensity density = three_members();
  const std::array weights{0.5, 0.2, 0.3};
  for (const Side side : kSides) {
    const MemberProfiles profiles = density.profiles(side, kGrid);
    const ProfileParts parts = density.parts(side, kGrid, weights);
    double total = 0.0;
    for (std::size_t row = 0; row < kGrid.row_count; ++row) {
      double whole = 0.0;
      for (std::size_t m = 0; m < 3; ++m) whole += weights[m] * profiles.rows[row * 3 + m];
      double tiers = 0.0;
      for (std::size_t t = 0; t < kDistanceTiers; ++t)
        tiers += parts.by_tier[row * kDistanceTiers + t];
      double classes = 0.0;
      for (std::size_t c = 0; c < kPatienceClasses; ++c)
        classes += parts.by_class[row * kPatienceClasses + c];
      EXPECT_NEAR(tiers, whole, 1e-9 * (1.0 + whole)) << row;
      EXPECT_NEAR(classes, whole, 1e-9 * (1.0 + whole)) << row;
      total += whole;
    }
    EXPECT_GT(total, 500.0);
  }
}

// Everything entered at one price: a row's distance is known, so its tier is.
TEST(DensityParts, ATierIsADistanceFromTheEntry) {
  PositionDensity density(DensityConfig{}, {});
  density.advance(step_at(0, 100.0));
  const std::array weights{1.0};
  const ProfileParts parts = density.parts(Side::kLong, kGrid, weights);
  const auto share_of = [&](double distance, std::size_t tier) {
    const double at = std::log(100.0 * (1.0 - distance)) - kGrid.log_begin;
    const auto row = static_cast<std::size_t>(at / kGrid.row_log);
    double sum = 0.0;
    for (std::size_t t = 0; t < kDistanceTiers; ++t) sum += parts.by_tier[row * kDistanceTiers + t];
    return parts.by_tier[row * kDistanceTiers + tier] / sum;
  };
  EXPECT_NEAR(share_of(0.010, 0), 1.0, 1e-9);
  EXPECT_NEAR(share_of(0.035, 1), 1.0, 1e-9);
  EXPECT_NEAR(share_of(0.075, 2), 1.0, 1e-9);
  EXPECT_NEAR(share_of(0.200, 3), 1.0, 1e-9);
}

// What is left of a class by choice is what its scale says: nothing is crossed or opened here.
TEST(DensityParts, KeptLogIsWhatClosingsLeft) {
  const DensityConfig config;
  const DistanceGrid grid(config.distance_min, config.distance_max, config.distance_bins);
  std::vector<MemberParameters> members(3, central_member(config, grid));
  members[1].closing_per_day = {10.0, 0.5, 0.05};
  members[2].entry_weights = {0.1, 0.2, 0.7};
  PositionDensity density(config, members);
  density.advance(step_at(0, 100.0));
  const std::array weights{1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0};
  const auto mass_of = [&](std::size_t c) {
    double sum = 0.0;
    const ProfileParts parts = density.parts(Side::kShort, kGrid, weights);
    for (std::size_t row = 0; row < kGrid.row_count; ++row)
      sum += parts.by_class[row * kPatienceClasses + c];
    return sum;
  };
  std::array<double, kPatienceClasses> before{};
  std::array<double, kPatienceClasses> log_before{};
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    before[c] = mass_of(c);
    log_before[c] = density.kept_log(Side::kShort, c);
  }
  MarketStep step = step_at(1, 100.0);
  step.volume = 0.0;
  step.oi_end = 700.0;
  density.advance(step);
  for (std::size_t c = 0; c < kPatienceClasses; ++c) {
    const double kept = std::exp(density.kept_log(Side::kShort, c) - log_before[c]);
    EXPECT_LT(kept, 1.0);
    EXPECT_NEAR(mass_of(c) / before[c], kept, 1e-6);
  }
}

}  // namespace
}  // namespace faultline
