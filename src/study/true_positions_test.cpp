#include "study/true_positions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "base/rng.hpp"
#include "lab/market_config.hpp"
#include "store/test_folder.hpp"
#include "study/lab_run.hpp"

namespace faultline {
namespace {

PositionRequest request_of() {
  return {.instrument = lab_instrument().id,
          .positions = lab_instrument().id,
          .members = 16,
          .replicas = 300};
}

// Profiles whose known shares are drawn from the law that the intervals state, or from another.
std::vector<PositionProfile> made_profiles(double spread) {
  Rng rng(4);
  std::vector<PositionProfile> profiles;
  for (int i = 0; i < 200; ++i) {
    PositionProfile profile{.time = UnixNanos(i * kHour.value), .count = 50};
    profile.effective_count = 1e12;  // no scatter of a small sample
    profile.usd = 1e6;
    for (std::size_t band = 0; band < kPositionBandCount; ++band) {
      const double middle = 1.0 / kPositionBandCount;
      profile.p10[band] = middle * std::exp(-1.2816 * 0.2);
      profile.p50[band] = profile.mean[band] = middle;
      profile.p90[band] = middle * std::exp(1.2816 * 0.2);
      profile.known[band] = middle * std::exp(spread * rng.normal());
    }
    profiles.push_back(profile);
  }
  return profiles;
}

TEST(TruePositions, CoverageIsThatOfTheLawTheProfilesWereDrawnFrom) {
  const PositionStudy right = score_positions(made_profiles(0.2), request_of());
  EXPECT_NEAR(right.coverage->value, 0.8, 0.02);
  EXPECT_NEAR(right.coverage_with_sampling->value, 0.8, 0.02);
  const PositionStudy wider = score_positions(made_profiles(0.4), request_of());
  EXPECT_NEAR(wider.coverage->value, 0.478, 0.02);  // P(|z| < 1.2816 / 2)
}

TEST(TruePositions, AShapeEqualToTheKnownOneIsAtDistanceZero) {
  std::vector<PositionProfile> profiles = made_profiles(0.0);
  for (PositionProfile& profile : profiles) {
    profile.known.fill(0.0);
    profile.known[3] = 1.0;
    profile.mean.fill(0.0);
    profile.mean[5] = 1.0;
  }
  const PositionStudy apart = score_positions(profiles, request_of());
  EXPECT_NEAR(apart.shapes[0].relative_l1->value, 2.0, 1e-12);
  EXPECT_NEAR(apart.shapes[0].wasserstein->value, 2.0 * kPositionBand, 1e-12);
  for (PositionProfile& profile : profiles) profile.mean = profile.known;
  const PositionStudy equal = score_positions(profiles, request_of());
  EXPECT_EQ(equal.shapes[0].relative_l1->value, 0.0);
  EXPECT_GT(equal.shapes[1].relative_l1->value, 1.9);
}

std::vector<PositionProfile> simulated_profiles(const std::string& folder, std::uint64_t seed) {
  LabRunOptions options;
  options.folder = folder;
  options.config.seed = seed;
  options.config.warm_up = kDay;
  options.config.length = Nanos(3 * kDay.value);
  options.shown = kHour;
  const auto run = run_lab(options, {});
  EXPECT_TRUE(run) << describe(run.error());
  const auto store = Store::open(options.folder + "/store", StoreMode::kRead);
  EXPECT_TRUE(store) << describe(store.error());
  auto profiles = load_position_profiles(**store, request_of(), {});
  EXPECT_TRUE(profiles) << describe(profiles.error());
  return std::move(profiles).value();
}

// The lab's whole truth: here the positions are all there are. Three markets, because the sizes of
// one are heavy-tailed and scatter about as much as the shapes differ.
TEST(TruePositions, TheSimulatedMarketIsCloserToTheMapThanToAFlatOne) {
  const TestFolder scratch;
  double map = 0.0;
  double flat = 0.0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto profiles = simulated_profiles(scratch.file("day" + std::to_string(seed)), seed);
    double map_here = 0.0;
    double flat_here = 0.0;
    for (const PositionProfile& profile : profiles) {
      EXPECT_NEAR(std::accumulate(profile.known.begin(), profile.known.end(), 0.0), 1.0, 1e-9);
      EXPECT_NEAR(std::accumulate(profile.mean.begin(), profile.mean.end(), 0.0), 1.0, 1e-6);
      for (std::size_t band = 0; band < kPositionBandCount; ++band) {
        EXPECT_LE(profile.p10[band], profile.p50[band]);
        EXPECT_LE(profile.p50[band], profile.p90[band]);
        map_here += std::abs(profile.known[band] - profile.mean[band]);
        flat_here += std::abs(profile.known[band] - 1.0 / kPositionBandCount);
      }
    }
    std::printf("seed %d: profiles %zu, L1 map %.3f flat %.3f\n", static_cast<int>(seed),
                profiles.size(), map_here, flat_here);
    map += map_here;
    flat += flat_here;
  }
  EXPECT_LT(map, flat);
}

TEST(TruePositions, WithoutPositionsItSaysSo) {
  const TestFolder scratch;
  const auto store = Store::open(scratch.file("empty"), StoreMode::kWrite);
  ASSERT_TRUE(store);
  const auto profiles = load_position_profiles(**store, request_of(), {});
  ASSERT_FALSE(profiles);
  EXPECT_EQ(profiles.error().code, Errc::kNoData);
}

}  // namespace
}  // namespace faultline
