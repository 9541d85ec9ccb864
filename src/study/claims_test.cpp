#include "study/claims.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/rng.hpp"
#include "study/claims_measures.hpp"

namespace faultline {
namespace {

using Kind = Expectation::Kind;

BootstrapEstimate between(double low, double high) {
  BootstrapEstimate estimate;
  estimate.value = 0.5 * (low + high);
  estimate.low = low;
  estimate.high = high;
  return estimate;
}

TEST(ClaimRule, TheWholeIntervalDecides) {
  const Expectation above{Kind::kAbove, 1.0};
  EXPECT_EQ(judge(between(1.1, 2.0), above), Verdict::kSupported);
  EXPECT_EQ(judge(between(0.9, 2.0), above), Verdict::kUndecided);
  EXPECT_EQ(judge(between(0.1, 0.9), above), Verdict::kNotSupported);
  const Expectation below{Kind::kBelow, 1.0};
  EXPECT_EQ(judge(between(0.1, 0.9), below), Verdict::kSupported);
  EXPECT_EQ(judge(between(0.1, 1.1), below), Verdict::kUndecided);
  EXPECT_EQ(judge(between(1.1, 2.0), below), Verdict::kNotSupported);
  EXPECT_EQ(judge(std::nullopt, above), Verdict::kUndecided);
  EXPECT_EQ(judge(between(1.1, 2.0), {}), std::nullopt);
}

TEST(ClaimRule, AWideIntervalCoversWithoutSupporting) {
  const Expectation half{Kind::kCovers, 0.5};
  EXPECT_EQ(judge(between(0.45, 0.59), half), Verdict::kSupported);
  EXPECT_EQ(judge(between(0.45, 0.61), half), Verdict::kUndecided);
  EXPECT_EQ(judge(between(0.39, 0.51), half), Verdict::kUndecided);
  EXPECT_EQ(judge(between(0.51, 0.52), half), Verdict::kSupported);
  EXPECT_EQ(judge(between(0.59, 0.62), half), Verdict::kUndecided);
  EXPECT_EQ(judge(between(0.61, 0.62), half), Verdict::kNotSupported);
  EXPECT_EQ(judge(between(0.38, 0.39), half), Verdict::kNotSupported);
  const Expectation near{Kind::kCovers, 0.5, kPooledReach};
  EXPECT_EQ(judge(between(0.451, 0.549), near), Verdict::kSupported);
  EXPECT_EQ(judge(between(0.451, 0.551), near), Verdict::kUndecided);
}

TEST(ClaimRule, AFamilyOfTestsIsRefutedByItsCorrectedChanceAlone) {
  const Expectation half{Kind::kCovers, 0.5};
  EXPECT_EQ(judge(between(0.51, 0.59), half, 0.049), Verdict::kNotSupported);
  EXPECT_EQ(judge(between(0.51, 0.59), half, 0.051), Verdict::kSupported);
  EXPECT_EQ(judge(between(0.51, 0.61), half, 0.051), Verdict::kUndecided);
}

TEST(ClaimRule, HolmsCorrectionStepsDown) {
  // Four tests: 4 × .005, 3 × .01, 2 × .03, 1 × .04; the last is lifted to the one before.
  const std::vector<double> adjusted = holm_adjusted(std::array{0.01, 0.04, 0.03, 0.005});
  EXPECT_NEAR(adjusted[0], 0.03, 1e-12);
  EXPECT_NEAR(adjusted[1], 0.06, 1e-12);
  EXPECT_NEAR(adjusted[2], 0.06, 1e-12);
  EXPECT_NEAR(adjusted[3], 0.02, 1e-12);
  EXPECT_EQ(holm_adjusted(std::array{0.9, 0.8}), (std::vector{1.0, 1.0}));
}

TEST(ClaimRule, StudentsChancesAreThoseOfTheTables) {
  // Source: the usual table of Student's distribution, .975 and .995.
  EXPECT_NEAR(student_two_sided(12.706, 1), 0.05, 5e-5);
  EXPECT_NEAR(student_two_sided(4.303, 2), 0.05, 5e-5);
  EXPECT_NEAR(student_two_sided(-3.182, 3), 0.05, 5e-5);
  EXPECT_NEAR(student_two_sided(2.776, 4), 0.05, 5e-5);
  EXPECT_NEAR(student_two_sided(2.131, 15), 0.05, 5e-5);
  EXPECT_NEAR(student_two_sided(2.750, 30), 0.01, 5e-5);
  EXPECT_DOUBLE_EQ(student_two_sided(0.0, 7), 1.0);
}

TEST(ClaimRule, AucIsTestedByLeavingReplicasOut) {
  std::vector<ScoredCase> cases;
  Rng rng(5);
  for (std::uint32_t replica = 0; replica < 12; ++replica)
    for (int i = 0; i < 40; ++i)
      cases.push_back(
          {.score = rng.normal(), .is_positive = rng.uniform() < 0.5, .replica = replica});
  const auto chance = auc_test(cases, 12);
  ASSERT_TRUE(chance);
  EXPECT_GT(chance->p, 0.05);
  EXPECT_LT(chance->estimate.low, 0.5);
  EXPECT_GT(chance->estimate.high, 0.5);
  for (ScoredCase& one : cases) one.score += one.is_positive ? 0.5 : 0.0;
  const auto shifted = auc_test(cases, 12);
  EXPECT_LT(shifted->p, 1e-3);
  // Φ(.5 / √2) for two normals half a deviation apart.
  EXPECT_NEAR(shifted->estimate.value, 0.638, 0.06);
  EXPECT_FALSE(auc_test(std::vector<ScoredCase>{{1.0, true, 0}, {0.0, false, 1}}, 2))
      << "without either there is no pair";
}

TEST(ClaimRule, AucEstimateOfSeparatedClassesIsOne) {
  std::vector<ScoredCase> cases;
  for (std::uint32_t replica = 0; replica < 4; ++replica) {
    cases.push_back({2.0, true, replica});
    cases.push_back({1.0, false, replica});
  }
  const auto apart = auc_estimate(cases, 4);
  ASSERT_TRUE(apart);
  EXPECT_DOUBLE_EQ(apart->value, 1.0);
  EXPECT_DOUBLE_EQ(apart->low, 1.0);
  for (ScoredCase& one : cases) one.score = -one.score;
  EXPECT_DOUBLE_EQ(auc_estimate(cases, 4)->value, 0.0);
}

TEST(ClaimRule, AClaimIsAsGoodAsItsWorstPart) {
  const ClaimPart good{.what = "good", .estimate = between(1, 2), .expected = {Kind::kAbove, 0}};
  const ClaimPart open{.what = "open", .estimate = between(-1, 2), .expected = {Kind::kAbove, 0}};
  const ClaimPart bad{.what = "bad", .estimate = between(-2, -1), .expected = {Kind::kAbove, 0}};
  const ClaimPart told{.what = "told", .estimate = between(-2, -1)};
  ClaimResult claim;
  const auto with = [&](std::vector<ClaimPart> parts) {
    claim.parts = std::move(parts);
    return verdict_of(claim);
  };
  EXPECT_EQ(with({good, told, good}), Verdict::kSupported);
  EXPECT_EQ(with({good, open}), Verdict::kUndecided);
  EXPECT_EQ(with({good, open, bad}), Verdict::kNotSupported);
  EXPECT_EQ(with({told}), Verdict::kUndecided);
}

TEST(ClaimRule, StudentsIntervalIsThatOfTheTables) {
  // Source: the usual table of Student's distribution, .975.
  EXPECT_NEAR(student_975(1), 12.706, 1e-3);
  EXPECT_NEAR(student_975(5), 2.571, 0.006);
  EXPECT_NEAR(student_975(15), 2.131, 1e-3);
  EXPECT_NEAR(student_975(30), 2.042, 1e-3);
  const auto mean = mean_estimate(std::array{1.0, 2.0, 3.0, 4.0, 5.0});
  ASSERT_TRUE(mean);
  EXPECT_DOUBLE_EQ(mean->value, 3.0);
  EXPECT_NEAR(mean->high - mean->value, 2.776 * std::sqrt(0.5), 1e-3);
  EXPECT_FALSE(mean_estimate(std::array{1.0}));
}

TEST(ClaimRule, PairingTakesOutWhatReplicasShare) {
  const std::array a{11.0, 101.0, 1001.0};
  const std::array b{10.0, 100.0, 1000.0};
  const auto difference = paired_estimate(a, b);
  ASSERT_TRUE(difference);
  EXPECT_NEAR(difference->low, 1.0, 1e-9);
  EXPECT_NEAR(difference->high, 1.0, 1e-9);
}

TEST(ClaimRule, AucComparesWithinGroupsOnly) {
  // In each group positives are lower by one of two pairs; across groups they would be higher.
  const std::vector<ScoredCase> cases{{1.0, true, 0, 0},
                                      {1.0, false, 0, 0},
                                      {0.0, false, 1, 0},
                                      {9.0, true, 0, 1},
                                      {10.0, false, 1, 1}};
  const std::array<std::uint32_t, 2> once{1, 1};
  EXPECT_DOUBLE_EQ(pooled_auc(cases, once).value(), (0.5 + 1.0 + 0.0) / 3.0);
  const std::array<std::uint32_t, 2> first{2, 0};
  EXPECT_DOUBLE_EQ(pooled_auc(cases, first).value(), 0.5);
  const std::array<std::uint32_t, 2> second{0, 2};
  EXPECT_FALSE(pooled_auc(cases, second));
}

TEST(ClaimMeasures, ConcentrationOfKnownProfiles) {
  const std::vector<double> flat(20, 3.0);
  EXPECT_NEAR(concentration_excess(flat, 0.0).value(), 0.0, 1e-12);
  std::vector<double> spike(20, 0.0);
  spike[10] = 7.0;
  // The triangle's own index is 85 / 625.
  EXPECT_NEAR(concentration_excess(spike, 0.0).value(), 625.0 / 85.0 - 1.0, 1e-12);
  // A single position is in one bin whatever the profile.
  EXPECT_NEAR(concentration_excess(spike, 49.0).value(), 0.0, 1e-12);
  EXPECT_FALSE(concentration_excess(std::vector<double>(20, 0.0), 0.0));
}

TEST(ClaimMeasures, PositionsPlacedByChanceAreNoClusters) {
  Rng rng(3);
  double mean = 0.0;
  for (int draw = 0; draw < 50; ++draw) {
    std::vector<double> bins(20);
    double squares = 0.0;
    for (int i = 0; i < 200; ++i) {
      const double usd = std::exp(rng.normal());
      bins[rng.below(20)] += usd;
      squares += usd * usd;
    }
    mean += concentration_excess(bins, squares).value() / 50.0;
  }
  EXPECT_NEAR(mean, 0.0, 0.04);
}

TEST(ClaimMeasures, MatchesAtTheSameDistanceAndVolatilityOnce) {
  const std::vector<Touch> touches{
      {.bin = 1, .is_cluster = true, .log_before = 0.0},
      {.bin = 1, .is_cluster = true, .log_before = 0.0},
      {.bin = 2, .is_cluster = true, .log_before = 0.0},
      {.bin = 1, .is_cluster = false, .log_before = 0.30},
      {.bin = 1, .is_cluster = false, .log_before = -0.10},
      {.bin = 2, .is_cluster = false, .log_before = 0.36},
      {.bin = 3, .is_cluster = false, .log_before = 0.0},
  };
  const auto pairs = match_touches(touches);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].cluster, 0U);
  EXPECT_EQ(pairs[0].control, 4U);
  EXPECT_EQ(pairs[1].cluster, 1U);
  EXPECT_EQ(pairs[1].control, 3U);
}

TEST(ClaimMeasures, EpisodesEndWithAPauseAndKnowTheirSide) {
  const auto at = [](std::int64_t second) { return UnixNanos(second * kSecond.value); };
  const std::vector<ForcedSale> forced{{at(0), Side::kLong, 5.0},
                                       {at(100), Side::kShort, 1.0},
                                       {at(120), Side::kLong, 7.0},
                                       {at(241), Side::kLong, 2.0},
                                       {at(1000), Side::kLong, 3.0}};
  const auto episodes = episodes_of(forced);
  ASSERT_EQ(episodes.size(), 4U);
  EXPECT_EQ(episodes[0].usd, 12.0);
  EXPECT_EQ(episodes[0].first_usd, 5.0);
  EXPECT_EQ(episodes[0].last, at(120));
  EXPECT_EQ(episodes[1].side, Side::kShort);
  EXPECT_EQ(episodes[2].from, at(241));
}

// Two hours at 100, with log moves that are put in.
MarketFacts flat_market() {
  MarketFacts facts;
  facts.begin = UnixNanos(1'764'547'200'000'000'000);
  facts.path.assign(720, 0.0);
  return facts;
}

TEST(ClaimMeasures, ASpikeIsWhatPriceTakesBack) {
  MarketFacts facts = flat_market();
  for (std::size_t i = 61; i < facts.path.size(); ++i) facts.path[i] = i < 100 ? -0.02 : -0.005;
  const Episode longs{.side = Side::kLong,
                      .from = facts.begin + Nanos(600 * kSecond.value),
                      .last = facts.begin + Nanos(650 * kSecond.value)};
  const auto move = move_of(facts, longs);
  ASSERT_TRUE(move);
  EXPECT_DOUBLE_EQ(move->extreme, 0.02);
  EXPECT_NEAR(move->retraced, 0.75, 1e-12);
  Episode shorts = longs;
  shorts.side = Side::kShort;
  EXPECT_FALSE(move_of(facts, shorts)) << "price went the other way";
  Episode late = longs;
  late.last = facts.begin + Nanos(100 * kMinute.value);
  EXPECT_FALSE(move_of(facts, late)) << "the record ends within 30 minutes";
}

TEST(ClaimMeasures, TouchesAreTheBinsThatPriceReaches) {
  MarketFacts facts = flat_market();
  for (std::size_t i = 180; i < facts.path.size(); ++i)
    facts.path[i] = -0.007 + (i % 2 == 0 ? 0.001 : 0.0);
  TrueProfile snapshot;
  snapshot.time = facts.begin;
  snapshot.usd[index_of(Side::kLong)].assign(kTrueBandCount, 1.0);
  snapshot.usd[index_of(Side::kLong)][6] = 100.0;
  snapshot.usd[index_of(Side::kShort)].assign(kTrueBandCount, 1.0);
  facts.snapshots.push_back(snapshot);
  const auto touches = touches_of(facts);
  ASSERT_EQ(touches.size(), 1U) << "bin 2 is not reached, shorts are above";
  EXPECT_EQ(touches[0].bin, 1U);
  EXPECT_TRUE(touches[0].is_cluster);
  EXPECT_GT(touches[0].log_after, touches[0].log_before);
}

TEST(ClaimMeasures, KurtosisAndCorrelation) {
  EXPECT_DOUBLE_EQ(excess_kurtosis(std::array{-1.0, 1.0, -1.0, 1.0}).value(), -2.0);
  EXPECT_FALSE(excess_kurtosis(std::array{1.0, 1.0}));
  const std::array up{1.0, 2.0, 3.0};
  EXPECT_NEAR(correlation(up, std::array{6.0, 4.0, 2.0}).value(), -1.0, 1e-12);
  EXPECT_FALSE(correlation(up, std::array{1.0, 1.0, 1.0}));
}

TEST(ClaimMarkets, ArmsOfAClaimShareTheirNews) {
  const auto news = [](ClaimArm arm, std::uint64_t seed) {
    return planned_news(claim_market(arm, seed));
  };
  for (const ClaimArm arm :
       {ClaimArm::kThin, ClaimArm::kDeep, ClaimArm::kFragmented, ClaimArm::kCrowdedUnlevered,
        ClaimArm::kThinUnlevered, ClaimArm::kDeepUnlevered, ClaimArm::kFragmentedUnlevered,
        ClaimArm::kBalanced}) {
    ASSERT_EQ(news(arm, 4).size(), 1U);
    EXPECT_EQ(news(arm, 4)[0].begin, news(ClaimArm::kCrowded, 4)[0].begin);
    EXPECT_EQ(news(arm, 4)[0].size_log, news(ClaimArm::kCrowded, 4)[0].size_log);
  }
  EXPECT_NE(news(ClaimArm::kThin, 4)[0].begin, news(ClaimArm::kThin, 5)[0].begin);
  EXPECT_TRUE(news(ClaimArm::kCapOne, 4).empty());
  EXPECT_TRUE(news(ClaimArm::kCalm, 4).empty());
}

TEST(ClaimMarkets, NoArmsNewsGoesOneWay) {
  for (std::size_t i = 0; i < kClaimArmCount; ++i) {
    const auto arm = static_cast<ClaimArm>(i);
    std::size_t up = 0;
    std::size_t all = 0;
    for (std::uint64_t seed = 1; seed <= 64; ++seed) {
      for (const NewsJump& one : planned_news(claim_market(arm, seed))) {
        up += one.size_log > 0.0 ? 1 : 0;
        ++all;
      }
    }
    if (all == 0) continue;
    EXPECT_GT(up, 16U) << name_of(arm);
    EXPECT_LT(up, 48U) << name_of(arm);
  }
}

TEST(ClaimMarkets, ArmsDifferInWhatTheyAreCalledAfterAlone) {
  const MarketConfig usual = claim_market(ClaimArm::kCrowded, 3);
  MarketConfig thin = claim_market(ClaimArm::kThin, 3);
  EXPECT_NEAR(thin.makers.depth_usd_per_percent / usual.makers.depth_usd_per_percent, 1.0 / 3.0,
              1e-12);
  thin.makers = usual.makers;
  EXPECT_EQ(thin, usual);
  MarketConfig deep = claim_market(ClaimArm::kDeep, 3);
  EXPECT_DOUBLE_EQ(deep.makers.depth_usd_per_percent, 3.0 * usual.makers.depth_usd_per_percent);
  deep.makers = usual.makers;
  EXPECT_EQ(deep, usual);
  const std::array<std::pair<ClaimArm, ClaimArm>, 4> pairs{
      {{ClaimArm::kCrowded, ClaimArm::kCrowdedUnlevered},
       {ClaimArm::kThin, ClaimArm::kThinUnlevered},
       {ClaimArm::kDeep, ClaimArm::kDeepUnlevered},
       {ClaimArm::kFragmented, ClaimArm::kFragmentedUnlevered}}};
  for (const auto& [levered, unlevered] : pairs) {
    MarketConfig config = claim_market(levered, 3);
    EXPECT_TRUE(is_levered(levered));
    EXPECT_FALSE(is_levered(unlevered));
    config.holders.leverage_max = 1.0;
    config.takers.leverage = 1.0;
    config.trend.leverage = 1.0;
    EXPECT_EQ(config, claim_market(unlevered, 3)) << name_of(levered);
  }
}

TEST(ClaimMarkets, WithoutLeverageMeansEverybody) {
  MarketConfig one = claim_market(ClaimArm::kCapOne, 3);
  EXPECT_FALSE(is_levered(ClaimArm::kCapOne));
  EXPECT_TRUE(is_levered(ClaimArm::kCapHigh));
  EXPECT_EQ(one.holders.leverage_max, 1.0);
  EXPECT_EQ(one.takers.leverage, 1.0);
  EXPECT_EQ(one.trend.followers + one.trend.reverters, 0U);
  one.holders.leverage_max = 125.0;
  EXPECT_EQ(one, claim_market(ClaimArm::kCapHigh, 3)) << "the holders' cap alone";
}

TEST(ClaimMarkets, EveryArmIsAMarketThatRuns) {
  for (std::size_t i = 0; i < kClaimArmCount; ++i) {
    const auto valid = validate(claim_market(static_cast<ClaimArm>(i), 1));
    EXPECT_TRUE(valid) << name_of(static_cast<ClaimArm>(i)) << describe(valid.error());
  }
}

TEST(ClaimMarkets, FactsAreThoseOfTheTapes) {
  MarketConfig config = claim_market(ClaimArm::kThin, 2);
  config.length = Nanos(2 * kHour.value);
  config.warm_up = Nanos(3 * kHour.value);
  config.holders.count = 500;
  const auto run = simulate_market(config);
  ASSERT_TRUE(run);
  const MarketFacts facts = facts_of(config, *run);
  EXPECT_EQ(facts.path.size(), 720U);
  ASSERT_EQ(facts.snapshots.size(), 3U);
  const VenueTape& tape = run->venues[0];
  EXPECT_EQ(facts.forced.size(), tape.forced.size());
  const double interest = static_cast<double>(tape.open_interest.column("qty")[360]) * 1e-3 *
                          std::exp(facts.snapshots[1].log_mark);
  EXPECT_NEAR(facts.snapshots[1].open_interest_usd / interest, 1.0, 1e-3);
  for (const TrueProfile& one : facts.snapshots) {
    EXPECT_GT(one.within(Side::kLong, 0.16), one.within(Side::kLong, 0.02));
    EXPECT_LE(one.within(Side::kLong, 0.16), one.open_interest_usd);
  }
  EXPECT_LT(shock_move(facts), 0.5);
  EXPECT_GT(shock_move(facts), 0.3 * news_size(facts));
}

TEST(ClaimMarkets, AMapThatIsShownIsKeptByTheHour) {
  MarketConfig config = claim_market(ClaimArm::kProviders, 9001);
  config.length = Nanos(3 * kHour.value);
  config.warm_up = Nanos(3 * kHour.value);
  config.holders.count = 500;
  const auto facts = run_claim_market(ClaimArm::kProviders, config, {});
  ASSERT_TRUE(facts);
  ASSERT_EQ(facts->shown.size(), 2U) << "none at the begin, none at the end";
  for (const ShownMap& one : facts->shown) {
    EXPECT_EQ(facts->snapshot_at(one.time).time, one.time);
    EXPECT_GT(one.near(Side::kLong), 0.0);
    EXPECT_GE(one.provided_usd[0][1], one.provided_usd[0][0]) << "2 % holds what 1 % holds";
  }
  EXPECT_GT(mean_cascade_number(*facts, Side::kLong, 1), 0.0);
  EXPECT_GT(shown_map_score(*facts, recovery_metric("shape_l1_5")), 0.0);
  EXPECT_LE(shown_map_score(*facts, recovery_metric("shape_l1_5")), 2.0);
  EXPECT_TRUE(facts->fuel.empty());
}

TEST(Claims, SaysWhatIsWrongAndStopsWhenAsked) {
  const auto unknown = run_claims({.only = {8}}, {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::kOutOfRange);
  EXPECT_FALSE(run_claims({.replicas = 1}, {}));
  const auto stopped =
      run_claims({.replicas = 2, .only = {7}, .threads = 2}, [](const Progress&) { return false; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::kCancelled);
}

TEST(Claims, ReportsEveryNumberWithItsInterval) {
  ClaimsStudy study;
  study.numbers = {1};
  ClaimResult claim;
  claim.name = "clusters";
  claim.statement = "Similar leverage makes clusters.";
  claim.parts.push_back(
      {.what = "a", .estimate = between(0.25, 0.75), .expected = {Kind::kAbove, 0.0}});
  claim.parts.push_back({.what = "b"});
  study.claims.push_back(claim);
  const StudyReport report = report_of_claims(study);
  EXPECT_NE(report.text.find("| a | 0.500 [0.250, 0.750] | above 0.0 | supported |"),
            std::string::npos);
  EXPECT_NE(report.text.find("| b | - |  |  |"), std::string::npos);
  EXPECT_TRUE(report.figures.empty()) << "nothing to draw";
  EXPECT_EQ(summary_of_claims(study), "1. supported: Similar leverage makes clusters.");
  const JsonValue& first = report.json.find("claims")->as_array()->front();
  EXPECT_EQ(*first.find("verdict")->as_string(), "supported");
}

TEST(Claims, EveryArmIsAScenarioOfTheClaimsThatNeedIt) {
  const std::vector<ClaimScenario> arms = claim_scenarios();
  ASSERT_EQ(arms.size(), kClaimArmCount);
  std::set<std::string> names;
  std::size_t needed = 0;
  for (const ClaimScenario& arm : arms) {
    names.insert(arm.scenario.name);
    EXPECT_FALSE(arm.claims.empty()) << arm.scenario.name;
    needed += arm.claims.size();
  }
  EXPECT_EQ(names.size(), kClaimArmCount);
  std::size_t wanted = 0;
  for (std::size_t number = 1; number <= kClaimCount; ++number)
    wanted += arms_of_claim(number).size();
  EXPECT_EQ(needed, wanted);
  EXPECT_EQ(arms[3].scenario.name, "arm: thin book");
}

}  // namespace
}  // namespace faultline
