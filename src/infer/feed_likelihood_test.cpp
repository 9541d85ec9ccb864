#include "infer/feed_likelihood.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/distributions.hpp"

namespace faultline {
namespace {

const SizeDistribution& sizes() {
  static const SizeDistribution value({.log_median = 8.0, .log_sigma = 1.2});
  return value;
}

// ∫ N(x; ln center, sigma) · f(e^x) dx on a grid so fine that it is the integral.
template <class Likelihood>
double brute_force(double center, double sigma, const Likelihood& log_of) {
  const double step = 1e-3;
  double most = -1e300;
  for (double x = -30.0; x < 12.0; x += step) most = std::max(most, log_of(std::exp(x)));
  double sum = 0.0;
  for (double x = -30.0; x < 12.0; x += step) {
    const double z = (x - std::log(center)) / sigma;
    sum += std::exp(log_of(std::exp(x)) - most) * normal_pdf(z) / sigma * step;
  }
  return most + std::log(sum);
}

TEST(SpreadLikelihood, IsTheIntegralForEveryRuleAndCount) {
  for (const Completeness rule : {Completeness::kAll, Completeness::kLatestPerSecond,
                                  Completeness::kLargestPerSecond, Completeness::kOnePerSecond}) {
    for (const double count : {0.0, 1.0, 5.0, 40.0, 59.0}) {
      FeedEvidence evidence{.observed_seconds = 60.0, .shown_count = count};
      evidence.survival_sum = 0.4 * count;
      const FeedRule feed{.completeness = rule};
      const SpreadLikelihood likelihood(evidence, feed);
      for (const double center : {1e-4, 0.02, 0.5, 4.0}) {
        for (const double sigma : {0.3, 1.0, 2.5}) {
          const double best = likelihood.log_of(std::max((count + 0.5) / 60.0, center), sigma);
          const double expected = brute_force(center, sigma, [&](double per_second) {
            return log_likelihood(evidence, feed, per_second);
          });
          EXPECT_NEAR(likelihood.log_of(center, sigma), expected,
                      0.02 + 0.07 * std::abs(best - expected))
              << name_of(rule) << " count " << count << " center " << center << " sigma " << sigma;
        }
      }
    }
  }
}

TEST(SpreadLikelihood, SilenceIsEvidenceAgainstWhatWasExpected) {
  const SpreadLikelihood silence({.observed_seconds = 60.0}, {});
  EXPECT_GT(silence.log_of(1e-3, 1.0), silence.log_of(0.1, 1.0));
  EXPECT_NEAR(silence.log_of(1e-8, 1.0), 0.0, 5e-3);
}

TEST(ShownIntensity, InvertsWhatAFeedShows) {
  for (const Completeness rule : {Completeness::kAll, Completeness::kLatestPerSecond,
                                  Completeness::kLargestPerSecond, Completeness::kOnePerSecond}) {
    const FeedRule feed{.completeness = rule};
    const ShownIntensity intensity(feed, sizes());
    for (const double per_second : {1e-6, 0.01, 0.3, 2.0}) {
      const double share = shown_share(feed, per_second, sizes()).of_volume;
      const double shown = per_second * sizes().mean() * share;
      EXPECT_NEAR(intensity.per_second(shown) / per_second, 1.0, 0.01) << name_of(rule);
    }
  }
  const ShownIntensity latest({.completeness = Completeness::kLatestPerSecond}, sizes());
  EXPECT_EQ(latest.per_second(2.0 * sizes().mean()), ShownIntensity::kShownMax);
}

TEST(TotalLikelihood, IsBestWhereTheFactorSaysSo) {
  const ObservationFactor factor;
  const double swept = 1e7;
  const double expected = factor.expected_liquidation_usd(swept);
  const double line = expected / ((1.0 - factor.zero_share()) * factor.smearing());
  const auto log_of = [&](double swept_usd, double printed_usd) {
    return total_log_likelihood(factor, {swept_usd, printed_usd}, 1.0);
  };
  EXPECT_LT(log_of(3.0 * swept, line), log_of(swept, line));
  EXPECT_LT(log_of(0.3 * swept, line), log_of(swept, line));
  EXPECT_LT(log_of(0.0, line), log_of(0.01 * swept, line));
  // Nothing printed is likeliest where nothing was swept.
  EXPECT_GT(log_of(0.0, 0.0), log_of(swept, 0.0));
}

TEST(FeedReading, ASideWithoutValueIsAbsent) {
  FeedReading reading;
  EXPECT_FALSE(reading.printed_usd(Side::kLong).has_value());
  reading.has_prints = true;
  EXPECT_EQ(reading.printed_usd(Side::kLong), 0.0);
  reading.shown_usd[1] = {1.0, 2.5};
  EXPECT_EQ(reading.printed_usd(Side::kShort), 3.5);
}

}  // namespace
}  // namespace faultline
