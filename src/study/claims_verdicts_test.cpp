// The measures and verdicts of the claims on planted markets: what is planted is what they must
// find, and turned around it must refute. A flipped sign fails here.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"
#include "study/claims.hpp"
#include "study/claims_measures.hpp"

namespace faultline {
namespace {

constexpr std::size_t kReplicas = 4;
constexpr std::size_t kStepsAnHour = 360;
const UnixNanos kBegin(1'764'547'200'000'000'000);

UnixNanos at_step(std::size_t step) {
  return kBegin + Nanos(static_cast<std::int64_t>(step) * kPathInterval.value);
}

// A flat price for so many hours, 10 M USD of depth a percent, 100 M USD of open interest.
MarketFacts still_market(std::size_t hours) {
  MarketFacts facts;
  facts.begin = kBegin;
  facts.depth_usd_per_percent = 10e6;
  facts.daily_volatility = 0.025;
  facts.path.assign(hours * kStepsAnHour, 0.0);
  for (std::size_t hour = 0; hour <= hours; ++hour) {
    TrueProfile one;
    one.time = at_step(hour * kStepsAnHour);
    one.open_interest_usd = 100e6;
    facts.snapshots.push_back(one);
  }
  return facts;
}

const ClaimPart& part_of(const ClaimResult& claim, const std::string& what) {
  const auto found = std::ranges::find(claim.parts, what, &ClaimPart::what);
  EXPECT_NE(found, claim.parts.end()) << what;
  return found == claim.parts.end() ? claim.parts.front() : *found;
}

double value_of(const ClaimResult& claim, const std::string& what) {
  const ClaimPart& part = part_of(claim, what);
  EXPECT_TRUE(part.estimate) << what;
  return part.estimate ? part.estimate->value : std::nan("");
}

std::optional<Verdict> verdict_of_part(const ClaimResult& claim, const std::string& what) {
  return part_of(claim, what).verdict;
}

// Long enough a word for a sign.
enum class Planted : std::uint8_t { kAsClaimed, kTurned };

// --- Claim 1

ClaimResult planted_clusters(Planted planted) {
  ClaimsData data(kReplicas);
  for (std::size_t replica = 0; replica < kReplicas; ++replica) {
    MarketFacts flat = still_market(2);
    MarketFacts peaked = still_market(2);
    for (std::size_t hour = 0; hour < flat.snapshots.size(); ++hour) {
      for (std::size_t side = 0; side < 2; ++side) {
        std::ranges::fill(flat.snapshots[hour].usd[side], 1.0);
        std::ranges::fill(peaked.snapshots[hour].usd[side], 1.0);
        peaked.snapshots[hour].usd[side][42] = 100.0 + static_cast<double>(replica);
      }
    }
    const bool is_claimed = planted == Planted::kAsClaimed;
    data.add(ClaimArm::kSimilar, is_claimed ? peaked : flat);
    data.add(ClaimArm::kWide, is_claimed ? flat : peaked);
  }
  return claim_clusters(data);
}

TEST(ClaimVerdicts, PlantedClustersAreFound) {
  EXPECT_EQ(verdict_of(planted_clusters(Planted::kAsClaimed)), Verdict::kSupported);
  const ClaimResult turned = planted_clusters(Planted::kTurned);
  EXPECT_EQ(verdict_of_part(turned, "similar less wide: excess concentration"),
            Verdict::kNotSupported);
}

// --- Claim 2

// Price alternates around its level by `swing`, and steps down .6 % at half past each hour.
void fall_with_noise(MarketFacts& facts, std::size_t hour, double swing_after) {
  const std::size_t begin = hour * kStepsAnHour;
  for (std::size_t i = 0; i < kStepsAnHour; ++i) {
    const bool is_after = i >= kStepsAnHour / 2;
    const double swing = is_after ? swing_after : 1e-4;
    facts.path[begin + i] = (is_after ? -0.006 : 0.0) + (i % 2 == 0 ? swing : -swing);
  }
}

ClaimResult planted_touches(Planted planted) {
  ClaimsData data(kReplicas);
  const bool is_claimed = planted == Planted::kAsClaimed;
  for (std::size_t replica = 0; replica < kReplicas; ++replica) {
    MarketFacts facts = still_market(6);
    const double more = 4e-4 + 1e-5 * static_cast<double>(replica);
    // A cluster in the bin that is reached in the second hour, none there in the fourth.
    facts.snapshots[1].usd[index_of(Side::kLong)][7] = 50.0;
    facts.snapshots[3].usd[index_of(Side::kLong)][7] = 1.0;
    facts.snapshots[3].usd[index_of(Side::kLong)][32] = 50.0;
    fall_with_noise(facts, 1, is_claimed ? more : 1e-4);
    fall_with_noise(facts, 3, is_claimed ? 1e-4 : more);
    data.add(ClaimArm::kCrowded, facts);
    data.add(ClaimArm::kBalanced, facts);
  }
  return claim_touches(data);
}

TEST(ClaimVerdicts, VolatilityAfterAPlantedTouchIsFound) {
  EXPECT_EQ(verdict_of(planted_touches(Planted::kAsClaimed)), Verdict::kSupported);
  EXPECT_EQ(verdict_of(planted_touches(Planted::kTurned)), Verdict::kNotSupported);
}

// --- Claim 3

// News of 5 % of a sign, which price overshoots by `beyond`; a tenth of the interest is liquidated.
MarketFacts shocked(double news_sign, double beyond) {
  MarketFacts facts = still_market(4);
  const std::size_t news = 500;
  facts.news = {{at_step(news), news_sign * 0.05}};
  for (std::size_t i = news + 1; i < facts.path.size(); ++i)
    facts.path[i] = news_sign * (i < news + 100 ? 0.05 + beyond : 0.05);
  facts.forced = {{at_step(news + 20), news_sign < 0.0 ? Side::kLong : Side::kShort, 10e6},
                  {at_step(news + 300), Side::kLong, 5e6}};
  // Six on the way of the news, two on the other.
  facts.snapshots[1].usd[index_of(news_sign < 0.0 ? Side::kLong : Side::kShort)][30] = 6e6;
  facts.snapshots[1].usd[index_of(news_sign < 0.0 ? Side::kShort : Side::kLong)][30] = 2e6;
  return facts;
}

struct Overshoot {
  ClaimArm arm;
  double beyond;
};

ClaimResult planted_depth(std::span<const Overshoot> overshoots) {
  ClaimsData data(kReplicas);
  for (std::size_t replica = 0; replica < kReplicas; ++replica) {
    const double news_sign = replica % 2 == 0 ? -1.0 : 1.0;
    const double own = 1e-4 * static_cast<double>(replica);
    for (const Overshoot& one : overshoots) data.add(one.arm, shocked(news_sign, one.beyond + own));
    for (const ClaimArm arm : {ClaimArm::kCapOne, ClaimArm::kCapHigh}) {
      MarketFacts facts = still_market(8);
      Rng rng(replica);
      for (std::size_t i = 1; i < facts.path.size(); ++i)
        facts.path[i] = facts.path[i - 1] + 1e-4 * rng.normal();
      data.add(arm, facts);
    }
  }
  return claim_depth(data);
}

TEST(ClaimVerdicts, AmplificationIsWhatLeverageAdds) {
  using enum ClaimArm;
  // Thin: 3 − 1; usual: 1.5 − .5; deep: .2 − .1; three venues: 2 − .5.
  const ClaimResult claim = planted_depth(std::vector<Overshoot>{{kThin, 0.03},
                                                                 {kThinUnlevered, 0.01},
                                                                 {kCrowded, 0.015},
                                                                 {kCrowdedUnlevered, 0.005},
                                                                 {kDeep, 0.002},
                                                                 {kDeepUnlevered, 0.001},
                                                                 {kFragmented, 0.02},
                                                                 {kFragmentedUnlevered, 0.005}});
  const std::string adds = ": what leverage adds to the move beyond the news, %";
  EXPECT_NEAR(value_of(claim, "thin less usual" + adds), 1.0, 1e-9);
  EXPECT_NEAR(value_of(claim, "usual less deep" + adds), 0.9, 1e-9);
  EXPECT_NEAR(value_of(claim, "three venues less usual" + adds), 0.5, 1e-9);
  for (const char* pair : {"thin less usual", "usual less deep", "three venues less usual"})
    EXPECT_EQ(verdict_of_part(claim, pair + adds), Verdict::kSupported) << pair;
  EXPECT_NEAR(value_of(claim, "thin less usual: move beyond the news, %"), 1.5, 1e-9);
  EXPECT_FALSE(verdict_of_part(claim, "thin less usual: move beyond the news, %")) << "told";
  EXPECT_NEAR(value_of(claim, "crowded: liquidated share of open interest, %"), 10.0, 1e-9);
  EXPECT_NEAR(value_of(claim, "crowded: fuel on the way of the news before it, %"), 6.0, 1e-9);
}

TEST(ClaimVerdicts, AThinBookThatOvershootsWithoutLeverageDoesNotAmplify) {
  using enum ClaimArm;
  const ClaimResult claim = planted_depth(std::vector<Overshoot>{{kThin, 0.03},
                                                                 {kThinUnlevered, 0.03},
                                                                 {kCrowded, 0.015},
                                                                 {kCrowdedUnlevered, 0.005},
                                                                 {kDeep, 0.04},
                                                                 {kDeepUnlevered, 0.001},
                                                                 {kFragmented, 0.006},
                                                                 {kFragmentedUnlevered, 0.005}});
  const std::string adds = ": what leverage adds to the move beyond the news, %";
  for (const char* pair : {"thin less usual", "usual less deep", "three venues less usual"})
    EXPECT_EQ(verdict_of_part(claim, pair + adds), Verdict::kNotSupported) << pair;
  EXPECT_EQ(verdict_of(claim), Verdict::kNotSupported);
}

TEST(ClaimMeasures, TheShockIsMeasuredAlongTheNewsFromTheNewsOn) {
  for (const double news_sign : {-1.0, 1.0}) {
    MarketFacts facts = shocked(news_sign, 0.01);
    EXPECT_NEAR(shock_move(facts), 0.06, 1e-12);
    EXPECT_DOUBLE_EQ(news_size(facts), 0.05);
    EXPECT_NEAR(shock_forced_share(facts), 0.10, 1e-12) << "what came later is not of the shock";
    EXPECT_NEAR(forced_share(facts), 0.15, 1e-12);
    EXPECT_DOUBLE_EQ(facts.forced_usd(at_step(500), at_step(520)), 0.0);
    EXPECT_DOUBLE_EQ(facts.forced_usd(at_step(520), at_step(521)), 10e6);
    EXPECT_NEAR(fuel_on_path(facts, facts, PathSide::kHit), 6e6 / 50e6, 1e-12);
    EXPECT_NEAR(fuel_on_path(facts, facts, PathSide::kOther), 2e6 / 50e6, 1e-12);
  }
}

TEST(ClaimMeasures, TheWorstHourIsTheLargest) {
  MarketFacts facts = still_market(3);
  facts.path[400] = 0.03;  // up and down again in the second hour
  facts.path[10] = 0.01;
  EXPECT_NEAR(worst_hour(facts), 0.03 * std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(record_volatility(facts), std::sqrt(2.0 * (9e-4 + 1e-4)), 1e-12);
}

// --- Claim 4

// Eight episodes, half of them cascades. `Planted` says which have the fuel.
MarketFacts episodes_market(Planted planted, std::size_t replica) {
  MarketFacts facts = still_market(10);
  for (std::size_t k = 0; k < 8; ++k) {
    const bool is_cascade = k % 2 == 0;
    const Side side = k < 4 ? Side::kLong : Side::kShort;
    const std::size_t step = 100 + 400 * k;
    facts.forced.push_back({at_step(step), side, 1e6});
    for (std::size_t i = step + 1; i < step + 300; ++i)
      facts.path[i] = -sign(side) * (i < step + 12 || is_cascade ? 0.01 : 0.001);
    const bool has_fuel = is_cascade == (planted == Planted::kAsClaimed);
    facts.fuel.push_back(
        {at_step(step), side, (has_fuel ? 5e6 : 1e6) + 1e4 * static_cast<double>(k + replica)});
  }
  // Too small to be looked at, and without fuel on record.
  facts.forced.push_back({at_step(3300), Side::kLong, 1e3});
  return facts;
}

ClaimResult planted_spikes(Planted planted) {
  ClaimsData data(kReplicas);
  for (std::size_t replica = 0; replica < kReplicas; ++replica)
    for (const ClaimArm arm : {ClaimArm::kCrowded, ClaimArm::kBalanced})
      data.add(arm, episodes_market(planted, replica));
  return claim_spikes(data);
}

TEST(ClaimVerdicts, PlantedFuelSeparatesCascadesFromSpikes) {
  const ClaimResult claim = planted_spikes(Planted::kAsClaimed);
  EXPECT_DOUBLE_EQ(value_of(claim, "AUC of fuel within 1 % ahead over depth"), 1.0);
  EXPECT_DOUBLE_EQ(value_of(claim, "share of spikes"), 0.5);
  EXPECT_DOUBLE_EQ(value_of(claim, "episodes a replica"), 16.0);
  EXPECT_EQ(verdict_of(claim), Verdict::kSupported);
  const ClaimResult turned = planted_spikes(Planted::kTurned);
  EXPECT_DOUBLE_EQ(value_of(turned, "AUC of fuel within 1 % ahead over depth"), 0.0);
  EXPECT_EQ(verdict_of(turned), Verdict::kNotSupported);
}

TEST(ClaimMeasures, JudgedEpisodesKnowTheirStart) {
  ClaimsData data(1);
  data.add(ClaimArm::kCrowded, episodes_market(Planted::kAsClaimed, 0));
  data.add(ClaimArm::kBalanced, episodes_market(Planted::kTurned, 0));
  const auto judged = judged_episodes(data);
  ASSERT_EQ(judged.size(), 16U);
  EXPECT_TRUE(judged[0].is_cascade);
  EXPECT_FALSE(judged[1].is_cascade);
  EXPECT_EQ(judged[0].arm, 0U);
  EXPECT_EQ(judged[8].arm, 1U);
  EXPECT_DOUBLE_EQ(judged[0].start.fuel, 0.5);
  EXPECT_DOUBLE_EQ(judged[8].start.fuel, 0.1);
  EXPECT_DOUBLE_EQ(judged[0].start.first, 1e6);
  EXPECT_DOUBLE_EQ(judged[0].start.stress, 0.0);
}

// --- Claim 5

// One that is liquidated by half through the book, with `near` USD a side within 1 %, the same
// again within 2 %, a map that shows `shown_bin` alone, and providers' orders.
struct ReaderWorld {
  double near = 2e6;
  double provided = 0.0;
  double liquidated = 20e6;
  std::size_t shown_bin = 1;
  double shown_usd = 4e6;
  double swing = 2e-4;
};

MarketFacts reader_market(const ReaderWorld& world, std::size_t replica) {
  MarketFacts facts = still_market(3);
  const double own = 1.0 + 0.001 * static_cast<double>(replica);
  for (std::size_t i = 0; i < facts.path.size(); ++i)
    facts.path[i] = own * (i % 2 == 0 ? world.swing : -world.swing);
  for (TrueProfile& one : facts.snapshots) {
    one.log_mark = facts.log_mark_at(one.time);
    for (std::size_t side = 0; side < 2; ++side) {
      one.usd[side][7] = own * world.near;   // bin 1
      one.usd[side][15] = own * world.near;  // bin 3
    }
  }
  facts.forced = {{at_step(400), Side::kLong, own * world.liquidated / 2.0, ForcedKind::kBook},
                  {at_step(401), Side::kLong, own * world.liquidated / 2.0, ForcedKind::kTakeover}};
  for (const std::size_t hour : {1U, 2U}) {
    ShownMap shown{.time = at_step(hour * kStepsAnHour)};
    for (std::size_t side = 0; side < 2; ++side) {
      shown.usd[side][world.shown_bin] = own * world.shown_usd;
      shown.provided_usd[side] = {world.provided, world.provided};
    }
    facts.shown.push_back(shown);
  }
  return facts;
}

ClaimResult planted_readers(Planted planted) {
  ClaimsData data(kReplicas);
  const ReaderWorld nobody;
  ReaderWorld hunters;
  hunters.liquidated = 25e6;
  ReaderWorld avoiders;
  avoiders.near = 1e6;
  avoiders.liquidated = 10e6;
  avoiders.shown_bin = 9;
  avoiders.shown_usd = 8e6;
  ReaderWorld providers;
  providers.provided = 10e6;
  providers.swing = 1e-4;
  for (std::size_t replica = 0; replica < kReplicas; ++replica) {
    const bool is_claimed = planted == Planted::kAsClaimed;
    // Turned: nobody's market is the readers', and the readers have nobody's.
    data.add(ClaimArm::kNobody, reader_market(is_claimed ? nobody : avoiders, replica));
    data.add(ClaimArm::kHunters, reader_market(is_claimed ? hunters : nobody, replica));
    data.add(ClaimArm::kAvoiders, reader_market(is_claimed ? avoiders : nobody, replica));
    data.add(ClaimArm::kProviders, reader_market(is_claimed ? providers : nobody, replica));
  }
  return claim_readers(data);
}

TEST(ClaimVerdicts, WhatReadersDoToRAndToTheMapIsFound) {
  const ClaimResult claim = planted_readers(Planted::kAsClaimed);
  EXPECT_EQ(verdict_of(claim), Verdict::kSupported);
  const double mean_own = 1.0015;  // of four replicas
  const double depth = calm_depth_usd(10e6, 0.01);
  EXPECT_NEAR(value_of(claim, "nobody: R within 1 %"), 0.5 * mean_own * 2e6 / depth, 1e-9);
  EXPECT_NEAR(value_of(claim, "nobody: R within 2 %"),
              0.5 * mean_own * 4e6 / calm_depth_usd(10e6, 0.02), 1e-9);
  // R (1 − u) with u = .5, and R / (1 + v / d).
  EXPECT_NEAR(value_of(claim, "avoiders less nobody: R within 1 %"), -0.5 * mean_own * 1e6 / depth,
              1e-9);
  EXPECT_NEAR(value_of(claim, "providers less nobody: R within 1 %"),
              0.5 * mean_own * 2e6 / depth * (1.0 / (1.0 + 10e6 / depth) - 1.0), 1e-9);
  EXPECT_NEAR(value_of(claim, "hunters less nobody: R within 1 %"), 0.0, 1e-12);
  EXPECT_NEAR(value_of(claim, "providers: their orders over the makers' within 1 %"), 10e6 / depth,
              1e-12);
  EXPECT_NEAR(value_of(claim, "nobody: share of liquidations sold into the book"), 0.5, 1e-12);
  // Truth is half in bin 1 and half in bin 3; all of the map in bin 1 moves half by two bins, all
  // of it in bin 9 moves half by eight and half by six.
  EXPECT_NEAR(
      value_of(claim, "nobody: error of the shown map, Wasserstein-1 within 5 %, % of price"), 0.5,
      1e-9);
  EXPECT_NEAR(value_of(claim,
                       "avoiders less nobody: error of the shown map, Wasserstein-1 within "
                       "5 %, % of price"),
              3.5 - 0.5, 1e-9);
  const std::string l1 = "error of the shown map, relative L1 within 5 % at the truth's total";
  EXPECT_NEAR(value_of(claim, "nobody: " + l1), 1.0, 1e-9);
  EXPECT_NEAR(value_of(claim, "avoiders less nobody: " + l1), 1.0, 1e-9);
}

TEST(ClaimVerdicts, TurnedReadersRefute) {
  const ClaimResult turned = planted_readers(Planted::kTurned);
  for (const char* what :
       {"avoiders less nobody: R within 1 %", "avoiders less nobody: R within 2 %",
        "providers less nobody: R within 1 %", "hunters less nobody: R within 1 %",
        "avoiders less nobody: liquidated share of open interest, %",
        "avoiders less nobody: log of shown over true mass within 5 %",
        "avoiders less nobody: error of the shown map, relative L1 within 5 % at the truth's total",
        "avoiders less nobody: error of the shown map, Wasserstein-1 within 5 %, % of price"})
    EXPECT_EQ(verdict_of_part(turned, what), Verdict::kNotSupported) << what;
}

TEST(ClaimMeasures, LevelsGoToBinsByTheirShareOnTheirOwnSide) {
  MapView view;
  view.level_log = 0.004;
  view.levels = {{.price = std::exp(-0.006), .long_usd = 8.0, .short_usd = 1.0},
                 {.price = std::exp(0.001), .long_usd = 5.0, .short_usd = 4.0}};
  const RecoverySides bins = bins_of(view, 0.0);
  // From .4 to .8 %: a quarter in the first bin. Astride the price: three quarters above it.
  EXPECT_NEAR(bins[index_of(Side::kLong)][0], 2.0 + 1.25, 1e-9);
  EXPECT_NEAR(bins[index_of(Side::kLong)][1], 6.0, 1e-9);
  EXPECT_NEAR(bins[index_of(Side::kShort)][0], 3.0, 1e-9);
  EXPECT_NEAR(bins[index_of(Side::kShort)][1], 0.0, 1e-9);
}

TEST(ClaimMeasures, ProvidersStandBehindTheClustersOfTheMap) {
  MapView view;
  view.level_log = 0.001;
  for (int i = -60; i <= 60; ++i) {
    const double distance = 0.001 * (static_cast<double>(i) + 0.5);
    // Longs at .5 to .6 % below, shorts at 1.5 to 1.6 % above.
    view.levels.push_back({.price = std::exp(distance),
                           .long_usd = i == -6 ? 3e6 : 1.0,
                           .short_usd = i == 15 ? 1e6 : 1.0});
  }
  const ReaderConfig readers{.providers = 3, .provider_share = 0.5, .cluster_ratio = 1.3};
  const auto provided = provided_usd(view, 0.0, readers);
  EXPECT_NEAR(provided[index_of(Side::kLong)][0], 1.5e6, 1.0);
  EXPECT_NEAR(provided[index_of(Side::kLong)][1], 1.5e6, 1.0);
  EXPECT_NEAR(provided[index_of(Side::kShort)][0], 0.0, 1e-9);
  EXPECT_NEAR(provided[index_of(Side::kShort)][1], 0.5e6, 1.0);
  EXPECT_EQ(provided_usd(view, 0.0, {})[0][1], 0.0);
}

TEST(ClaimMeasures, CalmDepthIsThatOfTheMakers) {
  EXPECT_NEAR(calm_depth_usd(10e6, 1e-6) / (10e6 * 1e-4), 1.0, 1e-4) << "near the touch";
  EXPECT_NEAR(calm_depth_usd(10e6, 0.03), 100.0 * 10e6 * 0.03 * std::log(2.0), 1.0);
}

// --- Claims 6 and 7

ClaimResult planted_news(Planted planted) {
  ClaimsData data(kReplicas);
  for (std::size_t replica = 0; replica < kReplicas; ++replica) {
    const double news_sign = replica % 2 == 0 ? -1.0 : 1.0;
    MarketFacts shock = shocked(news_sign, 0.01 + 1e-3 * static_cast<double>(replica));
    MarketFacts calm = still_market(4);
    for (std::size_t i = 0; i < calm.path.size(); ++i) calm.path[i] = i % 2 == 0 ? 0.0 : 1e-5;
    if (planted == Planted::kTurned) {
      for (std::size_t i = 0; i < calm.path.size(); ++i) calm.path[i] = i % 2 == 0 ? 0.0 : 0.1;
    }
    data.add(ClaimArm::kShock, shock);
    data.add(ClaimArm::kCalm, calm);
  }
  return claim_news(data);
}

TEST(ClaimVerdicts, PlantedNewsOverrides) {
  const ClaimResult claim = planted_news(Planted::kAsClaimed);
  const std::string hour = "with less without: log volatility of the shock hour";
  EXPECT_EQ(verdict_of_part(claim, hour), Verdict::kSupported);
  EXPECT_EQ(verdict_of_part(planted_news(Planted::kTurned), hour), Verdict::kNotSupported);
  EXPECT_EQ(verdict_of_part(claim, "news as a share of the farthest move in 30 minutes"),
            Verdict::kSupported);
  EXPECT_NEAR(value_of(claim, "move beyond the news, %"), 1.15, 1e-9);
  EXPECT_NEAR(value_of(claim, "fuel on the path over depth"), 6e6 / 50e6, 1e-12);
}

ClaimResult planted_balance(Planted planted) {
  ClaimsData data(kReplicas);
  for (std::size_t replica = 0; replica < kReplicas; ++replica) {
    const double own = 1e-3 * static_cast<double>(replica);
    MarketFacts wild = shocked(-1.0, 0.03 + own);
    MarketFacts tame = shocked(-1.0, 0.01 + own);
    tame.forced.pop_back();
    const bool is_claimed = planted == Planted::kAsClaimed;
    data.add(ClaimArm::kCrowded, is_claimed ? wild : tame);
    data.add(ClaimArm::kBalanced, is_claimed ? tame : wild);
  }
  return claim_balance(data);
}

TEST(ClaimVerdicts, PlantedBalanceIsCalm) {
  const ClaimResult claim = planted_balance(Planted::kAsClaimed);
  EXPECT_EQ(verdict_of(claim), Verdict::kSupported);
  EXPECT_NEAR(value_of(claim, "crowded less balanced: liquidated share of open interest, %"), 5.0,
              1e-9);
  EXPECT_EQ(verdict_of(planted_balance(Planted::kTurned)), Verdict::kNotSupported);
}

// --- Direction

// Sixteen hours, half of them up. `told` is what the imbalance knows of the coming hour's sign.
MarketFacts directed_market(std::size_t replica, double told, Rng& rng) {
  MarketFacts facts = still_market(16);
  double log = 0.0;
  for (std::size_t hour = 0; hour < 16; ++hour) {
    const double up = rng.uniform() < 0.5 ? -1.0 : 1.0;
    const double lean = told * up + (told == 0.0 ? rng.normal() : 0.1 * rng.uniform());
    facts.snapshots[hour].usd[index_of(Side::kLong)][20] = std::exp(lean);
    facts.snapshots[hour].usd[index_of(Side::kShort)][20] = std::exp(-lean);
    ShownMap shown{.time = facts.snapshots[hour].time};
    shown.usd[index_of(Side::kLong)][4] = std::exp(-lean);
    shown.usd[index_of(Side::kShort)][4] = std::exp(lean);
    facts.shown.push_back(shown);
    for (std::size_t i = 0; i < kStepsAnHour; ++i)
      facts.path[hour * kStepsAnHour + i] =
          log + up * 0.01 * static_cast<double>(i) / static_cast<double>(kStepsAnHour);
    log += up * (0.01 + 1e-5 * static_cast<double>(replica));
  }
  return facts;
}

ClaimResult planted_direction(double told, std::size_t replicas, std::span<const ClaimArm> arms) {
  ClaimsData data(replicas);
  Rng rng(11);
  for (const ClaimArm arm : arms)
    for (std::size_t replica = 0; replica < replicas; ++replica)
      data.add(arm, directed_market(replica, told, rng));
  return claim_direction(data);
}

TEST(ClaimVerdicts, PlantedDirectionIsAnAucOfOneAndRefutes) {
  const std::array arms{ClaimArm::kThin, ClaimArm::kNobody, ClaimArm::kCrowdedUnlevered};
  const ClaimResult claim = planted_direction(1.0, kReplicas, arms);
  EXPECT_DOUBLE_EQ(value_of(claim, "all arms: AUC of the truth"), 1.0);
  EXPECT_DOUBLE_EQ(value_of(claim, "thin book: AUC of the truth"), 1.0);
  EXPECT_DOUBLE_EQ(value_of(claim, "nobody: AUC of the map that was shown"), 0.0)
      << "the planted map leans the other way";
  for (const char* what :
       {"all arms: AUC of the truth", "thin book: AUC of the truth", "nobody: AUC of the truth",
        "nobody: AUC of the map that was shown", "arms with a map: AUC of the map that was shown"})
    EXPECT_EQ(verdict_of_part(claim, what), Verdict::kNotSupported) << what;
  EXPECT_FALSE(verdict_of_part(claim, "crowded at 1x: AUC of the truth")) << "told";
  EXPECT_EQ(verdict_of(claim), Verdict::kNotSupported);
}

TEST(ClaimVerdicts, AnImbalanceThatKnowsNothingDoesNotRefute) {
  const std::array arms{ClaimArm::kSimilar, ClaimArm::kThin, ClaimArm::kBalanced,
                        ClaimArm::kNobody};
  const ClaimResult claim = planted_direction(0.0, 160, arms);
  EXPECT_EQ(verdict_of(claim), Verdict::kSupported);
  for (const ClaimPart& part : claim.parts) {
    EXPECT_GT(part.p_adjusted.value_or(1.0), 0.05) << part.what;
  }
}

TEST(ClaimMeasures, DirectionCasesAreTheNextHours) {
  Rng rng(2);
  const MarketFacts facts = directed_market(0, 1.0, rng);
  for (const MassSource source : {MassSource::kTruth, MassSource::kShownMap}) {
    const auto cases = direction_cases(facts, source);
    ASSERT_EQ(cases.size(), 16U) << "the snapshot of the end has no next hour";
    for (std::size_t i = 0; i < 15; ++i) {
      EXPECT_EQ(cases[i].is_positive,
                facts.path[(i + 1) * kStepsAnHour] > facts.path[i * kStepsAnHour]);
      EXPECT_EQ(cases[i].score > 0.0, cases[i].is_positive == (source == MassSource::kTruth));
    }
  }
}

}  // namespace
}  // namespace faultline
