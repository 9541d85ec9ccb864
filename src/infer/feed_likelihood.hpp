#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "infer/feed_observation.hpp"
#include "infer/observation_factor.hpp"

namespace faultline {

// What a feed told of a stretch of time during which it was up: single prints, or a total.
//
// Units: USD; times as everywhere. A side without a value was not recorded, which is not a zero.
struct FeedReading {
  UnixNanos begin{};
  UnixNanos end{};
  Completeness completeness = Completeness::kUnknown;
  bool has_prints = false;                         // shown_usd, else total_usd
  std::array<std::vector<double>, 2> shown_usd{};  // by Side, one a print
  std::array<std::optional<double>, 2> total_usd{};

  double seconds() const { return static_cast<double>((end - begin).value) * 1e-9; }
  std::optional<double> printed_usd(Side side) const;
};

// The intensity of orders at which a feed shows so many dollars a second in the long run: what
// turns expected prints into the Λ of feed_observation.hpp.
//
// A feed of one order a second saturates. Beyond what it can show the intensity is kShownMax.
// Cost: a table on construction, some milliseconds for "largest"; a search a call.
class ShownIntensity {
 public:
  static constexpr double kShownMax = 100.0;

  // Requires: shows_intensity(rule.completeness) (checked).
  ShownIntensity(const FeedRule& rule, const SizeDistribution& sizes);

  double per_second(double shown_usd_per_second) const;

 private:
  bool is_proportional_ = false;
  double mean_usd_ = 0.0;
  std::vector<double> log_intensity_;
  std::vector<double> log_shown_usd_;
};

// ln P(evidence | a median intensity and its spread): the feed's own likelihood (feed_observation),
// integrated over ln Λ ~ N(ln center, sigma²).
//
// Why the spread: the observation factor misses single steps by a factor of three or more. A
// likelihood that took its mean for the truth would put all weight on the member whose mistake
// happened to agree.
// Error: about 2 % of the likelihood; for a member that expected hopelessly little, a twentieth of
// how far its logarithm lies below the best (tested against a fine integral).
// Thread safety: immutable. Cost: kNodes likelihoods once, as many exponentials a member.
class SpreadLikelihood {
 public:
  static constexpr std::size_t kNodes = 49;

  // Requires: evidence.observed_seconds > 0 (checked).
  SpreadLikelihood(const FeedEvidence& evidence, const FeedRule& rule);

  // Requires: per_second > 0, sigma > 0 (checked).
  double log_of(double per_second, double sigma) const;

 private:
  std::array<double, kNodes> log_intensity_{};
  std::array<double, kNodes> likelihood_{};  // over the best node's
  double log_best_ = 0.0;
  double count_ = 0.0;
};

// ln P of a printed total, given what was swept, by the factor's own log-normal residual and its
// share of zeros. Nothing swept and something printed is judged against `background_usd`.
// Requires: amounts >= 0, background_usd > 0 (checked).
double total_log_likelihood(const ObservationFactor& factor, const SweepPair& pair,
                            double background_usd);

}  // namespace faultline
