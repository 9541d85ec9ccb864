#include "infer/feed_observation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace faultline {
namespace {

// Sizes with a body and a heavy tail, as feeds print them.
SizeDistribution sizes_of_test() {
  return SizeDistribution({.log_median = std::log(4000.0),
                           .log_sigma = 1.4,
                           .threshold_usd = 40'000.0,
                           .tail_exponent = 1.8,
                           .max_usd = 1e8});
}

// What happened in some seconds and what each rule shows of it, order by order: nothing here uses
// the formulas under test.
struct Happened {
  std::vector<double> all;
  std::vector<double> latest;
  std::vector<double> largest;
  double all_usd = 0.0;
};

std::uint64_t poisson_of(Rng& rng, double mean) {
  std::uint64_t count = 0;
  for (; mean > 50.0; mean -= 50.0) count += rng.poisson(50.0);
  return count + rng.poisson(mean);
}

Happened happen(double per_second, std::uint64_t seconds, const SizeDistribution& sizes, Rng& rng) {
  Happened happened;
  for (std::uint64_t second = 0; second < seconds; ++second) {
    const std::uint64_t count = poisson_of(rng, per_second);
    double last = 0.0;
    double largest = 0.0;
    for (std::uint64_t i = 0; i < count; ++i) {
      last = sizes.draw(rng);
      largest = std::max(largest, last);
      happened.all_usd += last;
      if (per_second <= 5.0) happened.all.push_back(last);
    }
    if (count == 0) continue;
    happened.latest.push_back(last);
    happened.largest.push_back(largest);
  }
  return happened;
}

FeedEvidence evidence(const std::vector<double>& shown, std::uint64_t seconds,
                      Completeness completeness, const SizeDistribution& sizes) {
  return evidence_of(ObservedWindow{seconds, shown}, completeness, sizes).value();
}

void report(const char* what, const IntensityEstimate& found, double expected) {
  std::printf("%-8s calculated %9.4f expected %9.4f error %+8.4f = %+5.2f standard errors%s\n",
              what, found.per_second, expected, found.per_second - expected,
              (found.per_second - expected) / found.standard_error,
              found.is_lower_bound ? " (blind: lower bound)" : "");
}

TEST(FeedObservation, LatestIsRightUntilItGoesBlind) {
  constexpr std::uint64_t kSeconds = 20'000;
  const SizeDistribution sizes = sizes_of_test();
  Rng rng(101);
  for (const double truth : {0.2, 1.0, 2.0, 5.0, 8.0, 50.0}) {
    const Happened happened = happen(truth, kSeconds, sizes, rng);
    const Completeness rule = Completeness::kLatestPerSecond;
    const IntensityEstimate found =
        estimate_intensity(evidence(happened.latest, kSeconds, rule, sizes), FeedRule{rule});
    report("latest", found, truth);
    EXPECT_EQ(found.is_lower_bound, truth >= kLatestBlindPerSecond) << truth;
    if (truth >= kLatestBlindPerSecond) {
      EXPECT_LT(found.per_second, truth);
      EXPECT_GT(found.per_second, 4.0);  // what it does know
    } else {
      EXPECT_NEAR(found.per_second, truth, 3.0 * found.standard_error);
    }
  }
}

TEST(FeedObservation, TheLowerBoundHoldsInNearlyEveryReplica) {
  constexpr int kReplicas = 2000;
  constexpr std::uint64_t kSeconds = 300;
  const SizeDistribution sizes = sizes_of_test();
  const Completeness rule = Completeness::kLatestPerSecond;
  Rng rng(102);
  for (const double truth : {5.0, 6.0, 9.0}) {
    int below = 0;
    int flagged = 0;
    for (int i = 0; i < kReplicas; ++i) {
      const auto shown = simulate_shown(rule, truth, kSeconds, sizes, rng);
      const IntensityEstimate found =
          estimate_intensity(evidence(shown, kSeconds, rule, sizes), FeedRule{rule});
      below += found.per_second <= truth ? 1 : 0;
      flagged += found.is_lower_bound ? 1 : 0;
    }
    std::printf("latest at %.0f per second: flagged %.3f, bound holds %.3f (expected >= .95)\n",
                truth, flagged / double{kReplicas}, below / double{kReplicas});
    // At the limit itself five empty seconds of 300, by chance in a twentieth, look like seeing.
    EXPECT_GE(flagged, kReplicas * 0.93);
    EXPECT_GE(below, kReplicas * 0.95);
  }
}

TEST(FeedObservation, LargestIsRightWhereverTheSizesAreKnown) {
  constexpr std::uint64_t kSeconds = 6000;
  const SizeDistribution sizes = sizes_of_test();
  const Completeness rule = Completeness::kLargestPerSecond;
  Rng rng(103);
  for (const double truth : {0.2, 1.0, 5.0, 50.0, 300.0}) {
    const Happened happened = happen(truth, kSeconds, sizes, rng);
    const IntensityEstimate found =
        estimate_intensity(evidence(happened.largest, kSeconds, rule, sizes), FeedRule{rule});
    report("largest", found, truth);
    EXPECT_NEAR(found.per_second, truth, 3.0 * found.standard_error);
    EXPECT_LT(found.standard_error, 0.05 * truth);
    EXPECT_FALSE(found.is_lower_bound);
  }
}

TEST(FeedObservation, AllIsACount) {
  constexpr std::uint64_t kSeconds = 10'000;
  const SizeDistribution sizes = sizes_of_test();
  Rng rng(104);
  for (const double truth : {0.2, 5.0}) {
    const Happened happened = happen(truth, kSeconds, sizes, rng);
    const Completeness rule = Completeness::kAll;
    const IntensityEstimate found =
        estimate_intensity(evidence(happened.all, kSeconds, rule, sizes), FeedRule{rule});
    report("all", found, truth);
    EXPECT_NEAR(found.per_second, truth, 3.0 * found.standard_error);
  }
}

// One seed within three standard errors proves little: over many, the misses must have the size
// that the standard errors claim, neither more nor less.
TEST(FeedObservation, StandardErrorsAreAsLargeAsTheMisses) {
  constexpr int kReplicas = 300;
  constexpr std::uint64_t kSeconds = 500;
  const SizeDistribution sizes = sizes_of_test();
  Rng rng(110);
  struct Case {
    Completeness rule;
    double truth;
  };
  for (const Case& one :
       {Case{Completeness::kAll, 1.0}, Case{Completeness::kLatestPerSecond, 0.2},
        Case{Completeness::kLatestPerSecond, 2.0}, Case{Completeness::kLargestPerSecond, 1.0},
        Case{Completeness::kLargestPerSecond, 300.0}}) {
    double square = 0.0;
    for (int i = 0; i < kReplicas; ++i) {
      const auto shown = simulate_shown(one.rule, one.truth, kSeconds, sizes, rng);
      const IntensityEstimate found =
          estimate_intensity(evidence(shown, kSeconds, one.rule, sizes), FeedRule{one.rule});
      const double z = (found.per_second - one.truth) / found.standard_error;
      square += z * z / kReplicas;
    }
    std::printf("%.1f per second, %s: root mean square of the misses %.3f standard errors\n",
                one.truth, std::string(name_of(one.rule)).c_str(), std::sqrt(square));
    // Chi-square with 300 degrees: its own standard deviation is .08, the limits are three of it.
    EXPECT_NEAR(square, 1.0, 0.25);
  }
}

TEST(FeedObservation, HiddenVolumeIsRightOnAverage) {
  constexpr int kReplicas = 150;
  constexpr std::uint64_t kSeconds = 400;
  // A tail with a variance, so that the replicas' mean is a fair judge.
  const SizeDistribution sizes({.log_median = std::log(4000.0),
                                .log_sigma = 1.0,
                                .threshold_usd = 30'000.0,
                                .tail_exponent = 3.5});
  Rng rng(105);
  for (const double truth : {0.2, 1.0, 5.0, 50.0}) {
    double largest_ratio = 0.0;
    double latest_ratio = 0.0;
    double true_usd = 0.0;
    for (int i = 0; i < kReplicas; ++i) {
      const Happened happened = happen(truth, kSeconds, sizes, rng);
      double largest_usd = 0.0;
      for (const double usd : happened.largest) {
        largest_usd +=
            usd + hidden_usd(FeedRule{Completeness::kLargestPerSecond}, truth, usd, sizes);
      }
      double latest_usd = 0.0;
      for (const double usd : happened.latest) {
        latest_usd += usd + hidden_usd(FeedRule{Completeness::kLatestPerSecond}, truth, usd, sizes);
      }
      largest_ratio += largest_usd;
      latest_ratio += latest_usd;
      true_usd += happened.all_usd;
    }
    std::printf("volume at %4.1f per second, corrected/true: largest %.4f latest %.4f expected 1\n",
                truth, largest_ratio / true_usd, latest_ratio / true_usd);
    EXPECT_NEAR(largest_ratio / true_usd, 1.0, 0.02);
    EXPECT_NEAR(latest_ratio / true_usd, 1.0, 0.02);
  }
}

TEST(FeedObservation, ShownSharesAreThoseOfTheSimulation) {
  constexpr std::uint64_t kSeconds = 40'000;
  const SizeDistribution sizes({.log_median = 8.0, .log_sigma = 1.0});
  Rng rng(106);
  for (const double truth : {0.1, 1.0, 4.0}) {
    const Happened happened = happen(truth, kSeconds, sizes, rng);
    double largest_usd = 0.0;
    for (const double usd : happened.largest) largest_usd += usd;
    const ShownShare share = shown_share(FeedRule{Completeness::kLargestPerSecond}, truth, sizes);
    const double count =
        static_cast<double>(happened.largest.size()) / static_cast<double>(happened.all.size());
    const double volume = largest_usd / happened.all_usd;
    std::printf("shown at %.1f per second: count %.4f expected %.4f, volume %.4f expected %.4f\n",
                truth, count, share.of_count, volume, share.of_volume);
    EXPECT_NEAR(count, share.of_count, 0.01);
    EXPECT_NEAR(volume, share.of_volume, 0.01);
    const ShownShare latest = shown_share(FeedRule{Completeness::kLatestPerSecond}, truth, sizes);
    EXPECT_EQ(latest.of_volume, latest.of_count);
    EXPECT_NEAR(latest.of_count, -std::expm1(-truth) / truth, 1e-12);
    EXPECT_GT(share.of_volume, latest.of_volume);
  }
  // With equal sizes the largest is one like any other.
  const SizeDistribution equal({.log_median = 8.0, .log_sigma = 1e-6});
  EXPECT_NEAR(expected_largest_usd(2.0, equal), -std::expm1(-2.0) * equal.mean(),
              1e-4 * equal.mean());
}

TEST(FeedObservation, ConjugateUpdateIsThePosteriorOnAGrid) {
  constexpr std::uint64_t kSeconds = 60;
  const SizeDistribution sizes = sizes_of_test();
  Rng rng(107);
  const IntensityBelief prior{2.0, 3.0};
  for (const Completeness rule : {Completeness::kAll, Completeness::kLargestPerSecond}) {
    const auto shown = simulate_shown(rule, 1.5, kSeconds, sizes, rng);
    const FeedEvidence seen = evidence(shown, kSeconds, rule, sizes);
    const IntensityBelief after = updated(prior, seen, rule);
    constexpr int kPoints = 200'000;
    const double best = log_likelihood(seen, FeedRule{rule}, after.mean());
    double mass = 0.0;
    double first = 0.0;
    double second = 0.0;
    for (int i = 1; i <= kPoints; ++i) {
      const double x = 10.0 * i / kPoints;
      const double log_prior = (prior.shape - 1.0) * std::log(x) - prior.rate * x;
      const double weight = std::exp(log_prior + log_likelihood(seen, FeedRule{rule}, x) - best);
      mass += weight;
      first += weight * x;
      second += weight * x * x;
    }
    const double mean = first / mass;
    const double variance = second / mass - mean * mean;
    std::printf("posterior: mean calculated %.9f expected %.9f, variance %.9f expected %.9f\n",
                after.mean(), mean, after.shape / (after.rate * after.rate), variance);
    EXPECT_NEAR(after.mean(), mean, 1e-8);
    EXPECT_NEAR(after.shape / (after.rate * after.rate), variance, 1e-8);
  }
}

TEST(FeedObservation, EstimatesMaximiseTheirLikelihoods) {
  constexpr std::uint64_t kSeconds = 200;
  const SizeDistribution sizes = sizes_of_test();
  Rng rng(108);
  for (const Completeness rule :
       {Completeness::kAll, Completeness::kLatestPerSecond, Completeness::kLargestPerSecond}) {
    const auto shown = simulate_shown(rule, 0.8, kSeconds, sizes, rng);
    const FeedEvidence seen = evidence(shown, kSeconds, rule, sizes);
    const double best = estimate_intensity(seen, FeedRule{rule}).per_second;
    const double at_best = log_likelihood(seen, FeedRule{rule}, best);
    EXPECT_GT(at_best, log_likelihood(seen, FeedRule{rule}, best * 1.001));
    EXPECT_GT(at_best, log_likelihood(seen, FeedRule{rule}, best * 0.999));
    // Windows add up: two halves say what the whole says.
    const auto middle = shown.begin() + static_cast<std::ptrdiff_t>(shown.size() / 2);
    FeedEvidence halves = evidence({shown.begin(), middle}, 100, rule, sizes);
    halves += evidence({middle, shown.end()}, 100, rule, sizes);
    EXPECT_NEAR(log_likelihood(halves, FeedRule{rule}, 1.1),
                log_likelihood(seen, FeedRule{rule}, 1.1), 1e-8);
  }
}

TEST(FeedObservation, UnspecifiedLiesBetweenItsTwoRulesAndLearnsWhichItIs) {
  const SizeDistribution sizes = sizes_of_test();
  Rng rng(109);
  for (const Completeness truth :
       {Completeness::kLatestPerSecond, Completeness::kLargestPerSecond}) {
    for (const std::uint64_t seconds : {5ULL, 20ULL, 2000ULL}) {
      const auto shown = simulate_shown(truth, 2.0, seconds, sizes, rng);
      const FeedEvidence seen = evidence(shown, seconds, Completeness::kOnePerSecond, sizes);
      const FeedRule unknown{Completeness::kOnePerSecond};
      for (const double x : {0.1, 1.0, 4.0}) {
        const double latest = log_likelihood(seen, {Completeness::kLatestPerSecond}, x);
        const double largest = log_likelihood(seen, {Completeness::kLargestPerSecond}, x);
        const double mixed = log_likelihood(seen, unknown, x);
        EXPECT_GE(mixed, std::min(latest, largest) - 1e-9);
        EXPECT_LE(mixed, std::max(latest, largest) + 1e-9);
      }
      const double a = estimate_intensity(seen, {Completeness::kLatestPerSecond}).per_second;
      const double b = estimate_intensity(seen, {Completeness::kLargestPerSecond}).per_second;
      const double mixed = estimate_intensity(seen, unknown).per_second;
      EXPECT_GE(mixed, std::min(a, b) - 1e-12);
      EXPECT_LE(mixed, std::max(a, b) + 1e-12);
      const double weight = latest_weight_after(seen, unknown, 2.0);
      std::printf("one of each second (%s), %4d s: weight of latest %.4f, %.3f of [%.3f, %.3f]\n",
                  truth == Completeness::kLatestPerSecond ? "latest" : "largest",
                  static_cast<int>(seconds), weight, mixed, std::min(a, b), std::max(a, b));
      if (seconds < 2000) continue;
      EXPECT_NEAR(weight, truth == Completeness::kLatestPerSecond ? 1.0 : 0.0, 1e-6);
      EXPECT_NEAR(mixed, 2.0, 0.2);
    }
  }
  // A weight of one or zero is the rule itself.
  const auto shown = simulate_shown(Completeness::kLatestPerSecond, 1.0, 50, sizes, rng);
  const FeedEvidence seen = evidence(shown, 50, Completeness::kOnePerSecond, sizes);
  EXPECT_EQ(log_likelihood(seen, {Completeness::kOnePerSecond, 1.0}, 0.7),
            log_likelihood(seen, {Completeness::kLatestPerSecond}, 0.7));
  EXPECT_EQ(log_likelihood(seen, {Completeness::kOnePerSecond, 0.0}, 0.7),
            log_likelihood(seen, {Completeness::kLargestPerSecond}, 0.7));
}

TEST(FeedObservation, AFeedThatWasDownIsNotAZero) {
  const SizeDistribution sizes = sizes_of_test();
  const std::vector<double> shown(30, 5000.0);
  const FeedRule rule{Completeness::kLatestPerSecond};
  const FeedEvidence up = evidence(shown, 60, rule.completeness, sizes);
  const FeedEvidence whole = evidence(shown, 3600, rule.completeness, sizes);
  EXPECT_NEAR(estimate_intensity(up, rule).per_second, std::log(2.0), 1e-12);
  EXPECT_LT(estimate_intensity(whole, rule).per_second, 0.01);
  // No second observed says nothing at all about any intensity.
  const FeedEvidence none = evidence({}, 0, rule.completeness, sizes);
  EXPECT_EQ(log_likelihood(none, rule, 0.1), log_likelihood(none, rule, 100.0));
}

TEST(FeedObservation, RefusesWhatTheRuleRulesOut) {
  const SizeDistribution sizes = sizes_of_test();
  const std::vector<double> three{1.0, 2.0, 3.0};
  const auto of = [&](std::uint64_t seconds, Completeness rule, const std::vector<double>& shown) {
    return evidence_of(ObservedWindow{seconds, shown}, rule, sizes);
  };
  EXPECT_TRUE(of(2, Completeness::kAll, three));
  EXPECT_TRUE(of(3, Completeness::kLatestPerSecond, three));
  EXPECT_EQ(of(2, Completeness::kLatestPerSecond, three).error().code, Errc::kBadFormat);
  EXPECT_EQ(of(9, Completeness::kAll, {1.0, -1.0}).error(), (Error{Errc::kOutOfRange, 1}));
  EXPECT_DEATH(of(9, Completeness::kUnknown, three).has_value(), "broken promise");
}

TEST(FeedObservation, ImpossibleSightsStayFinite) {
  const SizeDistribution sizes = sizes_of_test();
  const FeedRule rule{Completeness::kLargestPerSecond};
  const FeedEvidence beyond = evidence({2e8, 2e8}, 2, rule.completeness, sizes);
  EXPECT_TRUE(estimate_intensity(beyond, rule).is_lower_bound);
  EXPECT_TRUE(std::isfinite(log_likelihood(beyond, rule, 0.0)));
  const FeedEvidence nothing = evidence({}, 100, rule.completeness, sizes);
  EXPECT_EQ(estimate_intensity(nothing, rule).per_second, 0.0);
  EXPECT_EQ(estimate_intensity(nothing, rule).standard_error, 0.01);
}

}  // namespace
}  // namespace faultline
