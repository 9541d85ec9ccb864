#include "study/location.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "base/rng.hpp"
#include "engine/step_sources.hpp"
#include "lab/market_config.hpp"
#include "store/test_folder.hpp"
#include "study/lab_run.hpp"

namespace faultline {
namespace {

LocationRequest request_of() {
  return {.instrument = *parse_instrument_id("binance_usdm:BTCUSDT"),
          .prints = {*parse_instrument_id("okx:BTC-USDT-SWAP")},
          .replicas = 400};
}

// What decides where prints fall: chance, the distance alone, or the map.
enum class Law { kChance, kDistance, kMap };

std::vector<LocationGroup> made_groups(Law law, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<LocationGroup> groups;
  for (int g = 0; g < 400; ++g) {
    LocationGroup group{.begin = UnixNanos(1'764'547'200'000'000'000 + g * kHour.value),
                        .side = g % 2 == 0 ? Side::kLong : Side::kShort,
                        .bands = {}};
    const auto count = static_cast<std::uint32_t>(5.0 + 15.0 * rng.uniform());
    for (std::uint32_t b = 0; b < count; ++b) {
      // Near bands hold more, unless the price was there lately: then they are empty.
      const double near = 1.0 / (1.0 + b);
      const bool is_swept = rng.uniform() < 0.7 - 0.25 * b;
      const double share = is_swept ? 0.0 : near * std::exp((1.0 + 0.1 * b) * rng.normal());
      const double odds = law == Law::kChance ? 0.2 : law == Law::kDistance ? near : 0.5 * share;
      group.bands.push_back({.distance = b,
                             .share = {share, near * std::exp(rng.normal())},
                             .usd = {rng.uniform() < odds ? 1e4 * rng.exponential() : 0.0}});
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

TEST(Location, ChanceAndDistanceAloneGiveUniformRanks) {
  for (const Law law : {Law::kChance, Law::kDistance}) {
    const auto study = score_location(made_groups(law, 5), request_of());
    ASSERT_TRUE(study);
    for (const LocationScore& score : study->scores) {
      EXPECT_GT(score.p_mean_rank, 0.01) << score.map;
      EXPECT_GT(score.p_ks, 0.01) << score.map;
      EXPECT_NEAR(score.mean_rank->value, 0.5, 0.04) << score.map;
    }
  }
}

TEST(Location, AMapThatKnowsIsFoundAndItsMirrorIsNot) {
  const auto study = score_location(made_groups(Law::kMap, 6), request_of());
  ASSERT_TRUE(study);
  ASSERT_EQ(study->scores.size(), 2U);
  const LocationScore& map = study->scores[0];
  const LocationScore& mirrored = study->scores[1];
  EXPECT_GT(map.mean_rank->low, 0.55);
  EXPECT_LT(map.p_mean_rank, 0.01);
  EXPECT_LT(map.ks.p_clustered, 0.01);
  EXPECT_LT(map.p_ks, 0.01);
  EXPECT_GT(mirrored.p_mean_rank, 0.01);
  EXPECT_LT(mirrored.mean_rank->low, 0.5);
}

TEST(Location, SameSeedSameScores) {
  const auto groups = made_groups(Law::kMap, 7);
  const auto a = score_location(groups, request_of());
  const auto b = score_location(groups, request_of());
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->scores[0].ranks, b->scores[0].ranks);
  EXPECT_EQ(a->scores[0].p_ks, b->scores[0].p_ks);
}

TEST(Location, WithoutPrintsThereIsNothingToScore) {
  auto groups = made_groups(Law::kChance, 8);
  for (LocationGroup& group : groups) {
    for (LocationBand& band : group.bands) band.usd = {0.0};
  }
  const auto study = score_location(groups, request_of());
  ASSERT_FALSE(study);
  EXPECT_EQ(study.error().code, Errc::kNoData);
}

// In the simulated market prints are placed by liquidation prices, so a map that has any truth in
// it must do better than chance.
TEST(Location, TheSimulatedMarketIsBetterThanChance) {
  const TestFolder scratch;
  LabRunOptions options;
  options.folder = scratch.file("days");
  options.config.length = Nanos(4 * kDay.value);
  options.config.warm_up = kDay;
  options.config.value.news_count = 12;
  options.config.makers.depth_usd_per_percent = 5e6;
  options.shown = kHour;
  const auto run = run_lab(options, {});
  ASSERT_TRUE(run) << describe(run.error());
  const auto store = Store::open(options.folder + "/store", StoreMode::kRead);
  ASSERT_TRUE(store) << describe(store.error());
  LocationRequest request = request_of();
  request.instrument = lab_instrument().id;
  request.prints = {lab_instrument().id};
  const auto groups = load_location_groups(**store, request, {});
  ASSERT_TRUE(groups) << describe(groups.error());
  const auto study = score_location(*groups, request);
  ASSERT_TRUE(study) << describe(study.error());
  for (const LocationScore& score : study->scores) {
    std::printf("%s: groups %zu, bands with prints %zu, mean rank %.3f (%.3f .. %.3f), p %.4f\n",
                score.map.c_str(), score.group_count, score.ranks.size(), score.mean_rank->value,
                score.mean_rank->low, score.mean_rank->high, score.p_mean_rank);
  }
  EXPECT_LT(study->scores[0].p_mean_rank, 0.05);
  EXPECT_GT(study->scores[1].p_mean_rank, 0.05);
}

}  // namespace
}  // namespace faultline
