#include "infer/size_distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <vector>

namespace faultline {
namespace {

SizeParameters with_tail(double exponent) {
  return SizeParameters{.log_median = std::log(4000.0),
                        .log_sigma = 1.4,
                        .threshold_usd = 40'000.0,
                        .tail_exponent = exponent,
                        .max_usd = 1e8};
}

std::vector<SizeParameters> variety() {
  return {SizeParameters{.log_median = std::log(4000.0), .log_sigma = 1.2}, with_tail(0.8),
          with_tail(1.0), with_tail(1.6), with_tail(3.0)};
}

// The integral of weight(u) dF(u) over (0, usd], by trapezoids in ln u.
template <class Weight>
double integrate(const SizeDistribution& sizes, double usd, Weight weight) {
  constexpr int kSteps = 200'000;
  const double from = std::log(1e-3);
  const double width = (std::log(usd) - from) / kSteps;
  double sum = 0.0;
  for (int i = 0; i <= kSteps; ++i) {
    const double u = std::exp(from + width * i);
    const double end = i == 0 || i == kSteps ? 0.5 : 1.0;
    sum += end * weight(u) * sizes.pdf(u) * u * width;
  }
  return sum;
}

TEST(SizeDistribution, DensityIntegratesToTheDistribution) {
  for (const SizeParameters& parameters : variety()) {
    const SizeDistribution sizes(parameters);
    for (const double usd : {100.0, 4000.0, 39'000.0, 300'000.0, 9.9e7}) {
      const double found = integrate(sizes, usd, [](double) { return 1.0; });
      EXPECT_NEAR(found, 1.0 - sizes.survival(usd), 1e-5) << usd;
      const double mean = integrate(sizes, usd, [](double u) { return u; });
      EXPECT_NEAR(mean / sizes.partial_mean(usd), 1.0, 1e-4)
          << usd << " exponent " << parameters.tail_exponent;
    }
  }
}

TEST(SizeDistribution, IsContinuousWhereBodyMeetsTail) {
  for (const double exponent : {0.5, 1.0, 2.5}) {
    const SizeDistribution sizes(with_tail(exponent));
    const double below = sizes.survival(40'000.0 * (1.0 - 1e-12));
    const double above = sizes.survival(40'000.0 * (1.0 + 1e-12));
    EXPECT_NEAR(below / above, 1.0, 1e-10);
    const double mean_below = sizes.partial_mean(40'000.0 * (1.0 - 1e-12));
    EXPECT_NEAR(mean_below / sizes.partial_mean(40'000.0 * (1.0 + 1e-12)), 1.0, 1e-10);
    EXPECT_EQ(sizes.survival(1e8), 0.0);
    EXPECT_EQ(sizes.pdf(1.1e8), 0.0);
  }
}

TEST(SizeDistribution, QuantilesInvertTheSurvival) {
  for (const SizeParameters& parameters : variety()) {
    const SizeDistribution sizes(parameters);
    for (const double share : {1e-9, 1e-4, 0.03, 0.06, 0.5, 0.99}) {
      EXPECT_NEAR(sizes.survival(sizes.upper_quantile(share)) / share, 1.0, 1e-7) << share;
    }
    EXPECT_NEAR(sizes.quantile(0.25) / sizes.upper_quantile(0.75), 1.0, 1e-12);
  }
}

TEST(SizeDistribution, DrawsFollowTheSurvivalAndTheMean) {
  constexpr int kDraws = 400'000;
  const SizeDistribution sizes(with_tail(2.6));
  Rng rng(5);
  double sum = 0.0;
  double square = 0.0;
  int above = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double usd = sizes.draw(rng);
    sum += usd;
    square += usd * usd;
    above += usd > 80'000.0 ? 1 : 0;
  }
  const double mean = sum / kDraws;
  const double error = std::sqrt((square / kDraws - mean * mean) / kDraws);
  std::printf("mean size: calculated %.1f expected %.1f standard error %.1f\n", mean, sizes.mean(),
              error);
  EXPECT_NEAR(mean, sizes.mean(), 3.0 * error);
  const double share = sizes.survival(80'000.0);
  EXPECT_NEAR(above, kDraws * share, 3.0 * std::sqrt(kDraws * share));
}

TEST(SizeDistribution, LogNormalMeanIsTheTextbookOne) {
  const SizeDistribution sizes({.log_median = 2.0, .log_sigma = 0.7});
  EXPECT_NEAR(sizes.mean(), std::exp(2.0 + 0.245), 1e-12);
  EXPECT_TRUE(std::isinf(sizes.largest_usd()));
}

TEST(SizeFit, RecoversBodyAndTail) {
  for (const double exponent : {1.3, 2.0}) {
    SizeParameters planted = with_tail(exponent);
    // The threshold of the fit is the 95th percentile: let the tail begin there.
    planted.threshold_usd =
        SizeDistribution({.log_median = planted.log_median, .log_sigma = planted.log_sigma})
            .upper_quantile(0.05);
    const SizeDistribution sizes(planted);
    Rng rng(21);
    std::vector<double> sample;
    for (int i = 0; i < 40'000; ++i) sample.push_back(sizes.draw(rng));
    const SizeFit fit = fit_size_distribution(sample).value();
    std::printf("tail exponent: calculated %.4f expected %.4f standard error %.4f\n",
                fit.parameters.tail_exponent, exponent, fit.tail_exponent_se);
    EXPECT_NEAR(fit.parameters.tail_exponent, exponent, 3.0 * fit.tail_exponent_se);
    EXPECT_NEAR(fit.parameters.log_median, planted.log_median, 3.0 * 1.4 / 200.0);
    EXPECT_NEAR(fit.parameters.log_sigma, planted.log_sigma, 3.0 * 1.4 / 200.0);
    EXPECT_FALSE(fit.mean_rests_on_max);
    // A log-normal fitted to everything would be widened by the tail; the censored one is not.
    EXPECT_NEAR(fit.parameters.threshold_usd / planted.threshold_usd, 1.0, 0.05);
  }
}

TEST(SizeFit, SaysThatTheMeanRestsOnTheNamedMaximum) {
  const SizeDistribution sizes(with_tail(0.7));
  Rng rng(22);
  std::vector<double> sample;
  for (int i = 0; i < 5000; ++i) sample.push_back(sizes.draw(rng));
  const SizeFit fit = fit_size_distribution(sample).value();
  EXPECT_TRUE(fit.mean_rests_on_max);
  EXPECT_TRUE(std::isfinite(SizeDistribution(fit.parameters).mean()));
}

TEST(SizeFit, RefusesWhatIsNotASampleOfSizes) {
  std::vector<double> sample(kSizeFitMin - 1, 10.0);
  EXPECT_EQ(fit_size_distribution(sample).error().code, Errc::kNoData);
  sample.push_back(0.0);
  EXPECT_EQ(fit_size_distribution(sample).error(), (Error{Errc::kOutOfRange, kSizeFitMin - 1}));
  // Equal sizes are a sample: the narrowest body that there is, and no tail.
  sample.back() = 10.0;
  const SizeFit equal = fit_size_distribution(sample).value();
  EXPECT_EQ(equal.tail_count, 0U);
  EXPECT_NEAR(SizeDistribution(equal.parameters).mean(), 10.0, 0.01);
}

TEST(SizeDistributionDeathTest, RefusesATailThatBeginsAtItsEnd) {
  SizeParameters parameters = with_tail(2.0);
  parameters.max_usd = parameters.threshold_usd;
  EXPECT_DEATH(SizeDistribution{parameters}, "broken promise");
}

}  // namespace
}  // namespace faultline
