#include "infer/observation_factor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "base/rng.hpp"

namespace faultline {
namespace {

// What a market with this link would print: noise has a mean of one in dollars, so `factor` is that
// of the expectation.
struct Link {
  double factor;
  double exponent;
  double noise;       // of the logarithm
  double zero_share;  // of steps that print nothing, whatever was swept
};

SweepPair draw(const Link& link, Rng& rng) {
  const double swept = std::exp(std::log(2e6) + 1.5 * rng.normal());
  if (rng.uniform() < link.zero_share) return SweepPair{swept, 0.0};
  const double noise = std::exp(link.noise * rng.normal() - 0.5 * link.noise * link.noise);
  const double mean = link.factor * std::pow(swept, link.exponent) / (1.0 - link.zero_share);
  return SweepPair{swept, mean * noise};
}

TEST(ObservationFactor, BeginsAtThePrior) {
  const ObservationFactor link;
  EXPECT_NEAR(link.exponent(), 0.6, 1e-12);
  // A tenth of what was swept, and by the prior half of all steps print nothing.
  EXPECT_NEAR(link.expected_liquidation_usd(1e6), 0.5 * 1e5, 1e-6);
  EXPECT_EQ(link.expected_liquidation_usd(0.0), 0.0);
  EXPECT_NEAR(link.factor() * std::pow(3e7, link.exponent()), link.expected_liquidation_usd(3e7),
              1e-6);
}

TEST(ObservationFactor, RecoversAPlantedLinkUnderNoiseAndZeros) {
  for (const Link& planted :
       {Link{40.0, 0.55, 0.8, 0.0}, Link{8.0, 0.65, 0.8, 0.3}, Link{0.05, 0.95, 0.5, 0.1}}) {
    ObservationFactor link({.half_life_pairs = 5000.0});
    Rng rng(401);
    for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(link.learn(draw(planted, rng)));
    const double at = 2e6;
    const double expected = planted.factor * std::pow(at, planted.exponent);
    std::printf(
        "link: beta calculated %.4f expected %.4f se %.4f; dollars at 2e6 %.0f expected "
        "%.0f; zero share %.3f expected %.3f\n",
        link.exponent(), planted.exponent, link.exponent_error(), link.expected_liquidation_usd(at),
        expected, link.zero_share(), planted.zero_share);
    EXPECT_NEAR(link.exponent(), planted.exponent, 3.0 * link.exponent_error() + 0.005);
    EXPECT_LT(link.exponent_error(), 0.02);
    EXPECT_NEAR(link.expected_liquidation_usd(at) / expected, 1.0, 0.05);
    EXPECT_NEAR(link.zero_share(), planted.zero_share, 0.02);
    // a alone, which is the expectation at one dollar, thirteen in logs away from the data.
    EXPECT_NEAR(std::log(link.factor() / planted.factor), 0.0, 0.3);
  }
}

TEST(ObservationFactor, PredictsDollarsWithoutBiasOnPairsThatItHasNotSeen) {
  ObservationFactor link;
  const Link planted{40.0, 0.55, 1.0, 0.4};
  Rng rng(402);
  double predicted = 0.0;
  double printed = 0.0;
  for (int i = 0; i < 30'000; ++i) {
    const SweepPair pair = draw(planted, rng);
    if (i >= 1000) {
      predicted += link.expected_liquidation_usd(pair.swept_usd);
      printed += pair.printed_usd;
    }
    ASSERT_TRUE(link.learn(pair));
  }
  std::printf("dollars: predicted/printed %.4f expected 1\n", predicted / printed);
  EXPECT_NEAR(predicted / printed, 1.0, 0.03);
}

TEST(ObservationFactor, FollowsADriftOfTheFactor) {
  ObservationFactor link({.half_life_pairs = 200.0});
  Rng rng(403);
  for (const double factor : {40.0, 10.0, 90.0}) {
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(link.learn(draw({factor, 0.6, 0.5, 0.0}, rng)));
    const double expected = factor * std::pow(2e6, 0.6);
    const double found = link.expected_liquidation_usd(2e6);
    std::printf("drift: calculated %.0f expected %.0f\n", found, expected);
    EXPECT_NEAR(std::log(found / expected), 0.0, 0.15);
  }
}

TEST(ObservationFactor, DoesNotWindUpWhileNothingVaries) {
  ObservationFactor link({.half_life_pairs = 100.0});
  Rng rng(404);
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(link.learn(draw({1.5, 0.8, 0.3, 0.0}, rng)));
  EXPECT_NEAR(link.exponent(), 0.8, 0.05);
  for (int i = 0; i < 50'000; ++i) {
    ASSERT_TRUE(link.learn({1e6, 1e5 * std::exp(0.3 * rng.normal())}));
  }
  // Sweeps of the reference size tell nothing of the slope: it is the prior's again, and the level
  // is what was seen.
  EXPECT_NEAR(link.exponent(), 0.6, 0.01);
  EXPECT_NEAR(link.exponent_error(), 0.15 * 0.3, 0.01);
  EXPECT_NEAR(link.expected_liquidation_usd(1e6) / 1e5, std::exp(0.045), 0.05);
}

TEST(ObservationFactor, NeverUsesThePairThatItPredicts) {
  std::vector<SweepPair> pairs;
  Rng rng(405);
  for (int i = 0; i < 60; ++i) pairs.push_back(draw({40.0, 0.6, 0.7, 0.2}, rng));
  const auto predictions = [](const std::vector<SweepPair>& all) {
    ObservationFactor link;
    std::vector<double> out;
    for (const SweepPair& pair : all) {
      out.push_back(link.expected_liquidation_usd(pair.swept_usd));
      EXPECT_TRUE(link.learn(pair));
    }
    return out;
  };
  const std::vector<double> before = predictions(pairs);
  constexpr std::size_t kChanged = 30;
  pairs[kChanged].printed_usd = 10.0 * pairs[kChanged].printed_usd + 1000.0;
  const std::vector<double> after = predictions(pairs);
  for (std::size_t i = 0; i <= kChanged; ++i) EXPECT_EQ(after[i], before[i]) << i;
  for (std::size_t i = kChanged + 1; i < pairs.size(); ++i) EXPECT_NE(after[i], before[i]) << i;
}

// What is swept is printed, but the sweep is known up to a factor and orders are few: pairs that
// printed say little of the slope, the dollars say it all.
TEST(ObservationFactor, AFineFeedIsFittedInDollars) {
  ObservationFactor complete(kFineFeedFactor);
  ObservationFactor other;
  EXPECT_NEAR(complete.expected_liquidation_usd(3e5), 3e5, 1e-6);
  Rng rng(407);
  double printed = 0.0;
  std::array<double, 2> expected{};
  for (int i = 0; i < 4000; ++i) {
    const double swept = std::exp(std::log(1e4) + 2.0 * rng.normal());
    const double real = swept * std::exp(0.5 * rng.normal() - 0.125);
    SweepPair pair{swept, 0.0};
    for (double at = rng.exponential(); at < real / 2e4; at += rng.exponential())
      pair.printed_usd += 2e4 * rng.exponential();
    if (i >= 500) {
      printed += pair.printed_usd;
      expected[0] += complete.expected_liquidation_usd(swept);
      expected[1] += other.expected_liquidation_usd(swept);
    }
    ASSERT_TRUE(complete.learn(pair));
    ASSERT_TRUE(other.learn(pair));
  }
  std::printf("complete feed: expected/printed %.3f, beta %.3f; as another feed %.3f, beta %.3f\n",
              expected[0] / printed, complete.exponent(), expected[1] / printed, other.exponent());
  EXPECT_NEAR(expected[0] / printed, 1.0, 0.05);
  EXPECT_NEAR(complete.exponent(), 1.0, 0.05);
  EXPECT_LT(expected[1] / printed, 0.8);
  EXPECT_LT(other.exponent(), 0.8);
  // And a level that is not the prior's is found.
  for (int i = 0; i < 2000; ++i) {
    const double swept = std::exp(std::log(1e6) + 0.5 * rng.normal());
    ASSERT_TRUE(complete.learn({swept, 0.4 * swept}));
  }
  EXPECT_NEAR(complete.expected_liquidation_usd(1e6) / 4e5, 1.0, 0.05);
}

// Sweeps of far less than an order print seldom and then many times what was swept. Were such a
// print held at a multiple of the sweep, the feed would seem to print a third of it.
TEST(ObservationFactor, SweepsOfLessThanAnOrderAreExpectedWhole) {
  constexpr double kOrderUsd = 5e4;
  for (const double median_usd : {3e2, 3e3}) {
    double expected = 0.0;
    double swept_sum = 0.0;
    double exponent_error = 0.0;
    double exponent_square = 0.0;
    constexpr int kMarkets = 20;
    for (int market = 0; market < kMarkets; ++market) {
      ObservationFactor factor(kFineFeedFactor);
      Rng rng(static_cast<std::uint64_t>(500 + market));
      for (int i = 0; i < 3000; ++i) {
        SweepPair pair{median_usd * std::exp(rng.normal()), 0.0};
        for (double at = rng.exponential(); at < pair.swept_usd / kOrderUsd;
             at += rng.exponential()) {
          pair.printed_usd += kOrderUsd * rng.exponential();
        }
        if (i >= 1000) {
          expected += factor.expected_liquidation_usd(pair.swept_usd);
          swept_sum += pair.swept_usd;
        }
        ASSERT_TRUE(factor.learn(pair));
      }
      exponent_error += factor.exponent_error() / kMarkets;
      exponent_square += (factor.exponent() - 1.0) * (factor.exponent() - 1.0) / kMarkets;
    }
    std::printf("median sweep $%.0f: expected/swept %.3f, beta off by %.3f (stated %.3f)\n",
                median_usd, expected / swept_sum, std::sqrt(exponent_square), exponent_error);
    EXPECT_NEAR(expected / swept_sum, 1.0, 0.1);
    // The prior's own error is in what is stated, and was not drawn here.
    EXPECT_LT(std::sqrt(exponent_square), exponent_error);
    EXPECT_LT(exponent_error, 0.1 + 1e-9);
  }
}

TEST(ObservationFactor, ContinuesBitByBitFromItsNumbers) {
  const ObservationFactorConfig config{.half_life_pairs = 50.0};
  ObservationFactor whole(config);
  Rng rng(406);
  const Link planted{40.0, 0.6, 0.7, 0.2};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(whole.learn(draw(planted, rng)));
  ObservationFactor half = ObservationFactor::restore(config, whole.state()).value();
  for (int i = 0; i < 100; ++i) {
    const SweepPair pair = draw(planted, rng);
    ASSERT_TRUE(whole.learn(pair));
    ASSERT_TRUE(half.learn(pair));
  }
  EXPECT_EQ(whole.state(), half.state());
  ObservationFactor::State broken = whole.state();
  broken[0] = -1.0;
  EXPECT_EQ(ObservationFactor::restore(config, broken).error(), (Error{Errc::kOutOfRange, 0}));
  broken[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(ObservationFactor::restore(config, broken));
  // Of a line so far away nothing can be expected, and less than the prior no link knows.
  broken = whole.state();
  broken[3] = 1e4 * broken[0];
  EXPECT_EQ(ObservationFactor::restore(config, broken).error(), (Error{Errc::kOutOfRange, 3}));
  for (const std::size_t sum : {0, 2, 5, 6, 7, 8, 9}) {
    broken = whole.state();
    broken[sum] = 0.9 * ObservationFactor(config).state()[sum];
    EXPECT_FALSE(ObservationFactor::restore(config, broken)) << sum;
    broken[sum] = 1e300;
    EXPECT_FALSE(ObservationFactor::restore(config, broken)) << sum;
  }
  const std::vector<double> shorter(3, 1.0);
  EXPECT_EQ(ObservationFactor::restore(config, shorter).error().code, Errc::kBadFormat);
}

TEST(ObservationFactor, OddPairsTeachNothingOfTheLink) {
  ObservationFactor link;
  const double before = link.expected_liquidation_usd(1e6);
  EXPECT_TRUE(link.learn({0.0, 0.0}));
  EXPECT_TRUE(link.learn({0.5, 700.0}));
  EXPECT_EQ(link.unexplained_usd(), 700.0);
  EXPECT_EQ(link.learn({1e6, -1.0}).error().code, Errc::kOutOfRange);
  EXPECT_EQ(link.learn({1e6, std::numeric_limits<double>::infinity()}).error().code,
            Errc::kOutOfRange);
  EXPECT_EQ(link.expected_liquidation_usd(1e6), before);
  EXPECT_EQ(link.pairs_learnt(), 0.0);
  // A step that printed nothing lowers the expectation and leaves the slope alone.
  EXPECT_TRUE(link.learn({1e6, 0.0}));
  EXPECT_LT(link.expected_liquidation_usd(1e6), before);
  EXPECT_EQ(link.exponent(), ObservationFactor().exponent());
}

}  // namespace
}  // namespace faultline
