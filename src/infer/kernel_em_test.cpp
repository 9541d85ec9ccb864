#include "infer/kernel_em.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <vector>

#include "base/rng.hpp"

namespace faultline {
namespace {

constexpr std::size_t kBins = 13;    // the last is "never"
constexpr std::size_t kReached = 8;  // bins that price reached; the others it never did
constexpr std::size_t kTimes = 240;
constexpr double kOpened = 200'000.0;

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::vector<double> planted_kernel() {
  return {0.03, 0.02, 0.05, 0.11, 0.16, 0.09, 0.06, 0.08, 0.10, 0.07, 0.09, 0.06, 0.08};
}

// The part of bin j that is crossed at time t: each is reached around a time of its own, neighbours
// overlap, and a third of it to all of it has its chance.
std::vector<double> crossed_at(std::size_t t) {
  std::vector<double> crossed(kBins, 0.0);
  for (std::size_t j = 0; j < kReached; ++j) {
    const double middle = 30.0 * static_cast<double>(j) + 15.0;
    const double z = (static_cast<double>(t) - middle) / 20.0;
    const double chance = 0.35 + 0.07 * static_cast<double>(j);
    crossed[j] =
        kOpened * chance * std::exp(-0.5 * z * z) / (20.0 * std::sqrt(2.0 * std::numbers::pi));
  }
  return crossed;
}

// Liquidations of the planted kernel, as Poisson counts, or their expectations.
KernelEvidence simulate(const std::vector<double>& kernel, Rng* rng) {
  KernelEvidence evidence(kBins);
  evidence.add_opened(kOpened);
  for (std::size_t t = 0; t < kTimes; ++t) {
    const std::vector<double> crossed = crossed_at(t);
    double expected = 0.0;
    for (std::size_t j = 0; j < kBins; ++j) expected += kernel[j] * crossed[j];
    const double seen = rng != nullptr ? static_cast<double>(rng->poisson(expected)) : expected;
    EXPECT_TRUE(evidence.add(crossed, seen));
  }
  return evidence;
}

std::vector<double> flat() { return std::vector<double>(kBins, 1.0 / kBins); }

std::vector<double> no_prior() { return std::vector<double>(kBins, 0.0); }

TEST(KernelEm, RecoversAPlantedKernelWherePriceReached) {
  const std::vector<double> planted = planted_kernel();
  Rng rng(301);
  const KernelEvidence evidence = simulate(planted, &rng);
  const KernelFit fit = fit_kernel(evidence, flat(), no_prior());
  EXPECT_TRUE(fit.is_converged);
  double worst = 0.0;
  for (std::size_t j = 0; j < kReached; ++j) {
    std::printf("kernel bin %zu: calculated %.4f expected %.4f error %+.4f\n", j, fit.weights[j],
                planted[j], fit.weights[j] - planted[j]);
    worst = std::max(worst, std::abs(fit.weights[j] - planted[j]));
  }
  EXPECT_LT(worst, 0.006);
  // What was never reached is known together, from the survivors.
  const double far = std::accumulate(fit.weights.begin() + kReached, fit.weights.end(), 0.0);
  EXPECT_NEAR(far, 0.40, 0.01);
  std::printf("never reached: calculated %.4f expected .4000, after %zu iterations\n", far,
              fit.objective.size());
}

TEST(KernelEm, ExpectationsGiveThePlantedKernelBackExactly) {
  const std::vector<double> planted = planted_kernel();
  const KernelEvidence evidence = simulate(planted, nullptr);
  const KernelFit fit = fit_kernel(evidence, planted, no_prior());
  for (std::size_t j = 0; j < kBins; ++j) EXPECT_NEAR(fit.weights[j], planted[j], 1e-7) << j;
  const KernelFit from_flat =
      fit_kernel(evidence, flat(), no_prior(), {.iterations_max = 50'000, .tolerance = 1e-11});
  for (std::size_t j = 0; j < kReached; ++j) {
    EXPECT_NEAR(from_flat.weights[j], planted[j], 2e-4) << j;
  }
}

TEST(KernelEm, BinsNeverReachedKeepTheShapeOfThePrior) {
  Rng rng(302);
  const KernelEvidence evidence = simulate(planted_kernel(), &rng);
  std::vector<double> start(kBins);
  for (std::size_t j = 0; j < kBins; ++j) start[j] = static_cast<double>(j + 1);
  for (double& weight : start) weight /= kBins * (kBins + 1) / 2.0;
  for (const double strength : {0.0, 50.0, 5000.0}) {
    const KernelFit fit = fit_kernel(evidence, start, dirichlet_prior(start, strength));
    for (std::size_t j = kReached; j + 1 < kBins; ++j) {
      EXPECT_NEAR(fit.weights[j + 1] / fit.weights[j], start[j + 1] / start[j], 1e-9)
          << j << " strength " << strength;
    }
  }
}

// The update without survivors, as image restoration uses it: K_j · Σ_t y_t·m_j/Σ_i K_i·m_i / Σ_t
// m_j, or put back on the simplex.
std::vector<double> richardson_lucy(const KernelEvidence& evidence, std::vector<double> weights,
                                    int iterations, bool is_on_simplex) {
  for (int i = 0; i < iterations; ++i) {
    std::vector<double> ratio(kBins, 0.0);
    for (std::size_t t = 0; t < evidence.observation_count(); ++t) {
      const auto crossed = evidence.crossed(t);
      double sum = 0.0;
      for (std::size_t j = 0; j < kBins; ++j) sum += weights[j] * crossed[j];
      for (std::size_t j = 0; j < kBins; ++j) {
        ratio[j] += evidence.liquidated(t) * crossed[j] / sum;
      }
    }
    for (std::size_t j = 0; j < kBins; ++j) {
      weights[j] *= ratio[j];
      if (!is_on_simplex) weights[j] /= evidence.chance(j) * evidence.opened();
    }
    const double sum = sum_of(weights);
    for (double& weight : weights) weight /= is_on_simplex ? sum : 1.0;
  }
  return weights;
}

TEST(KernelEm, WithoutSurvivorsTheUpdateEmptiesOrLosesTheUnreachedBins) {
  const std::vector<double> planted = planted_kernel();
  const KernelEvidence evidence = simulate(planted, nullptr);
  // On the simplex: the far bins are emptied and their mass goes to the reached ones.
  const std::vector<double> emptied = richardson_lucy(evidence, flat(), 500, true);
  const std::vector<double> undefined = richardson_lucy(evidence, flat(), 500, false);
  const KernelFit fit = fit_kernel(evidence, flat(), no_prior());
  double emptied_error = 0.0;
  double fit_error = 0.0;
  for (std::size_t j = 0; j < kReached; ++j) {
    emptied_error += std::abs(emptied[j] - planted[j]);
    fit_error += std::abs(fit.weights[j] - planted[j]);
  }
  std::printf("L1 error in reached bins: with survivors %.4f, without %.4f\n", fit_error,
              emptied_error);
  for (std::size_t j = kReached; j < kBins; ++j) {
    EXPECT_EQ(emptied[j], 0.0);
    // Divided by the chance that they never had: nothing by nothing.
    EXPECT_TRUE(std::isnan(undefined[j]));
    EXPECT_GT(fit.weights[j], 0.05);
  }
  EXPECT_GT(emptied_error, 0.35);
  EXPECT_LT(fit_error, 0.02);
}

TEST(KernelEm, StaysOnTheSimplexConservesAndNeverFalls) {
  Rng rng(303);
  for (int trial = 0; trial < 5; ++trial) {
    std::vector<double> kernel(kBins);
    for (double& weight : kernel) weight = rng.exponential();
    const double sum = sum_of(kernel);
    for (double& weight : kernel) weight /= sum;
    const KernelEvidence evidence = simulate(kernel, &rng);
    const KernelFit fit = fit_kernel(evidence, flat(), dirichlet_prior(flat(), 300.0));
    EXPECT_NEAR(sum_of(fit.weights), 1.0, 1e-12);
    EXPECT_TRUE(std::ranges::all_of(fit.weights, [](double weight) { return weight >= 0.0; }));
    EXPECT_NEAR(sum_of(fit.expected) + fit.survivors + fit.unexplained, kOpened, 1e-6);
    EXPECT_NEAR(sum_of(fit.expected), evidence.liquidated_total(), 1e-6);
    for (std::size_t i = 1; i < fit.objective.size(); ++i) {
      // The last iterations gain less than the rounding of sums of a million.
      ASSERT_GE(fit.objective[i], fit.objective[i - 1] - 1e-12 * std::abs(fit.objective[i])) << i;
    }
    EXPECT_GT(fit.objective.back(), fit.objective.front());
  }
}

TEST(KernelEm, WithoutEvidenceThePriorStays) {
  KernelEvidence evidence(kBins);
  const std::vector<double> planted = planted_kernel();
  EXPECT_EQ(fit_kernel(evidence, planted, no_prior()).weights, planted);
  // Opened, and nothing crossed yet: all survive and nothing is learnt.
  evidence.add_opened(100.0);
  const KernelFit fit = fit_kernel(evidence, planted, no_prior());
  for (std::size_t j = 0; j < kBins; ++j) EXPECT_NEAR(fit.weights[j], planted[j], 1e-12);
  EXPECT_EQ(fit.survivors, 100.0);
}

TEST(KernelEm, CrossedWithoutAPrintIsEvidenceAgainst) {
  KernelEvidence evidence(2);
  evidence.add_opened(1000.0);
  ASSERT_TRUE(evidence.add(std::vector<double>{900.0, 0.0}, 0.0));
  EXPECT_EQ(evidence.observation_count(), 0U);
  const std::vector<double> start{0.5, 0.5};
  const KernelFit fit = fit_kernel(evidence, start, dirichlet_prior(start, 10.0));
  // 1000 survivors at (1 − f) = .1 against 1, and 5 of the prior each: solved by hand from
  // w·1010 = 1000·.1w/(.1w + 1 − w) + 5.
  const double w = fit.weights[0];
  EXPECT_NEAR(w * 1010.0, 1000.0 * 0.1 * w / (1.0 - 0.9 * w) + 5.0, 1e-4);
  EXPECT_LT(w, 0.01);
}

TEST(KernelEm, CountsWhatNoKernelExplains) {
  KernelEvidence evidence(2);
  evidence.add_opened(10.0);
  ASSERT_TRUE(evidence.add(std::vector<double>{0.0, 0.0}, 3.0));
  const std::vector<double> start{0.5, 0.5};
  const KernelFit fit = fit_kernel(evidence, start, start);
  EXPECT_EQ(fit.unexplained, 3.0);
  EXPECT_EQ(fit.survivors, 7.0);
  EXPECT_FALSE(fit.liquidated_exceeds_opened);
  ASSERT_TRUE(evidence.add(std::vector<double>{5.0, 0.0}, 30.0));
  EXPECT_TRUE(fit_kernel(evidence, start, start).liquidated_exceeds_opened);
  EXPECT_EQ(fit_kernel(evidence, start, start).survivors, 0.0);
  EXPECT_EQ(evidence.add(std::vector<double>{5.0, 0.0}, -1.0).error().code, Errc::kOutOfRange);
}

}  // namespace
}  // namespace faultline
