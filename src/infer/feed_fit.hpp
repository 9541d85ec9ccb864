#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "base/rng.hpp"
#include "infer/feed_observation.hpp"

namespace faultline {

// Intensity and sizes together, from a "largest of each second" feed whose F is not known from
// elsewhere.
//
// What such a feed shows are maxima, so that a size distribution fitted to them as if they were
// orders is too large, and the intensity that follows from it too small. The joint likelihood
//
//   Σ ln f(q) + K ln Λ − Λ·(n₀ + Σ(1−F(q)))
//
// has no such bias to first order. For given F the best Λ is closed (feed_observation.hpp), so the
// search is over the two parameters of a log-normal only.
//
// What it cannot do: without empty seconds Λ is told from F by the shape of the maxima alone, which
// tends to one shape as Λ grows. log_intensity_se says how much is left; where is_weak is set, use
// a size distribution from a venue that shows everything.
struct JointFeedFit {
  double per_second = 0.0;
  double log_intensity_se = 0.0;  // of ln Λ; infinite where the likelihood is flat
  double log_median = 0.0;        // of F, ln USD
  double log_sigma = 0.0;
  double log_likelihood = 0.0;
  std::uint64_t observed_seconds = 0;
  std::uint64_t shown_count = 0;
  // What the naive reading gives, and its biases against the joint fit: shown sizes taken for
  // orders overstate the mean of ln size by log_size_bias (>= 0).
  double naive_per_second = 0.0;
  double log_size_bias = 0.0;
  bool is_weak = false;  // log_intensity_se above kWeakLogIntensity, or at the edge of the search

  SizeDistribution sizes() const {
    return SizeDistribution({.log_median = log_median, .log_sigma = log_sigma});
  }
};
inline constexpr double kWeakLogIntensity = 0.5;
inline constexpr std::size_t kJointFitMin = 30;

// Deterministic. Errors: those of evidence_of, and kNoData for fewer than kJointFitMin sizes.
// Cost: some hundred passes over the shown sizes, one erfc each.
Result<JointFeedFit> fit_largest_per_second(const ObservedWindow& window);

// The bias of the joint fit itself, by replaying it: feeds are simulated with the fitted values as
// the truth and fitted again.
//
// Units: of ln Λ and of ln USD; `error` is that of the mean of ln Λ over the replicas.
// Cost: `replicas` fits.
struct JointFitBias {
  double log_intensity = 0.0;
  double log_median = 0.0;
  double log_sigma = 0.0;
  double log_intensity_error = 0.0;
  std::uint32_t replicas = 0;
};
JointFitBias replay_bias(const JointFeedFit& fit, std::uint32_t replicas, Rng& rng);

}  // namespace faultline
