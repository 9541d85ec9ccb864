#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "base/rng.hpp"
#include "core/event.hpp"
#include "infer/size_distribution.hpp"

namespace faultline {

// What a liquidation feed shows of what happened, by its rule.
//
// Orders of independent sizes ~ F come as a Poisson process of Λ per second. A feed shows all of
// them, or one of each second in which there was any:
//
//   kAll               every order                     N ~ Poisson(Λ·n)
//   kLatestPerSecond   the last of each second         P(empty) = e^−Λ, size ~ F
//   kLargestPerSecond  the largest of each second      density Λ·f(q)·e^(−Λ·(1−F(q)))
//   kOnePerSecond      one of each second, by one of these two rules, but which is not known
//
// kUnknown has no likelihood: nothing here accepts it (checked), so ask shows_intensity() first.
//
// Units: seconds, orders per second, USD. A second in which the feed was down is not an empty one:
// it is not in the window at all.
bool shows_intensity(Completeness completeness);

struct FeedRule {
  Completeness completeness = Completeness::kAll;
  // kOnePerSecond only: how probable it is that the rule is "latest" rather than "largest".
  double latest_weight = 0.5;
};

// Whole seconds during which the feed was up, and what it showed in them.
struct ObservedWindow {
  std::uint64_t observed_seconds = 0;
  std::span<const double> shown_usd;
};

// All that the likelihoods need of a window, so that an ensemble evaluates each member in constant
// time. Sums over windows that share F are windows too.
struct FeedEvidence {
  double observed_seconds = 0.0;
  double shown_count = 0.0;
  double shown_usd = 0.0;
  double survival_sum = 0.0;     // Σ (1 − F(q))
  double log_density_sum = 0.0;  // Σ ln f(q)

  // Of a feed that shows one order a second.
  double empty_seconds() const { return observed_seconds - shown_count; }
  FeedEvidence& operator+=(const FeedEvidence& other);
};

// Sizes beyond the largest that F knows count as that largest.
//
// Errors: kOutOfRange with the index of the first size that is not positive and finite; kBadFormat
// when more was shown than one a second by a feed that promises no more: the venue's rule is not
// the documented one.
// Cost: O(shown).
Result<FeedEvidence> evidence_of(const ObservedWindow& window, Completeness completeness,
                                 const SizeDistribution& sizes);

// ln P(window | Λ). An intensity below kIntensityMin counts as that: a member that expects nothing
// where something is printed is very wrong, not impossible.
inline constexpr double kIntensityMin = 1e-9;
inline constexpr double kIntensityMax = 1e6;  // beyond it an estimate is a lower bound
double log_likelihood(const FeedEvidence& evidence, const FeedRule& rule, double per_second);

// kOnePerSecond: the weight of "latest" after the window, for a given intensity.
double latest_weight_after(const FeedEvidence& evidence, const FeedRule& rule, double per_second);

// Above about five per second hardly a second is empty and "latest" cannot tell five from fifty.
inline constexpr double kLatestBlindPerSecond = 5.0;

struct IntensityEstimate {
  double per_second = 0.0;
  double standard_error = 0.0;
  // The feed is blind here: per_second is what the intensity exceeds with about 97 %, not an
  // estimate, and standard_error is that of the unusable estimate (infinite without empty seconds).
  bool is_lower_bound = false;
};

// The closed-form estimators, with the standard errors of the information at the estimate.
//
//   all      Λ̂ = N/n                                 Λ̂/√N
//   latest   Λ̂ = −ln(n₀/n)                           √((e^Λ̂ − 1)/n); a lower bound as soon as
//                                                    Λ̂ + 2 standard errors reaches the limit
//   largest  Λ̂ = K/(n₀ + Σ(1−F(q)))                  Λ̂/√K
//   one      the two above, weighted by latest_weight times the maximum of each likelihood, or one
//            of them where the other's weight is below .01; the spread between them is part of the
//            error
//
// Nothing shown gives zero with an error of one over the seconds observed.
// Requires: observed_seconds > 0 (checked).
IntensityEstimate estimate_intensity(const FeedEvidence& evidence, const FeedRule& rule);

// A Gamma(shape, rate) law of the intensity: mean shape/rate, rate in seconds.
struct IntensityBelief {
  double shape = 1.0;
  double rate = 1.0;
  double mean() const { return shape / rate; }
};

// The conjugate update: Gamma(a, b) → Gamma(a + K, b + n₀ + Σ(1−F(q))) for "largest",
// Gamma(a + N, b + n) for "all". Exact.
// Requires: one of these two rules (checked); the others have no conjugate law.
IntensityBelief updated(const IntensityBelief& belief, const FeedEvidence& evidence,
                        Completeness completeness);

// What share of the orders and of the dollars a feed shows in the long run, at a constant
// intensity. For "latest" both are (1 − e^−Λ)/Λ.
struct ShownShare {
  double of_count = 1.0;
  double of_volume = 1.0;
};
ShownShare shown_share(const FeedRule& rule, double per_second, const SizeDistribution& sizes);

// The mean over all seconds, empty ones included, of the largest order of a second.
// Cost: an integral of some thousand points. Error: below 1e-5 in relative terms.
double expected_largest_usd(double per_second, const SizeDistribution& sizes);

// Expected dollars that a non-empty second holds beside the order shown.
//
//   all      0
//   latest   (Λ/(1−e^−Λ) − 1)·E[q], whatever was shown
//   largest  Λ·∫₀^q u dF(u): everything else was smaller than what was shown
double hidden_usd(const FeedRule& rule, double per_second, double shown_usd,
                  const SizeDistribution& sizes);

// What such a feed would show: for replays of the likelihood against itself.
// Requires: "all", "latest" or "largest" (checked). Cost: O(1) a second for the throttled rules.
std::vector<double> simulate_shown(Completeness completeness, double per_second,
                                   std::uint64_t seconds, const SizeDistribution& sizes, Rng& rng);

}  // namespace faultline
