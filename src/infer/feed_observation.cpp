#include "infer/feed_observation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr double kBoundErrors = 2.0;        // standard errors between an estimate and a bound
constexpr double kWeightMin = 0.01;         // a rule less probable than this is ruled out
constexpr int kLargestSteps = 4000;         // of the integral of the expected maximum
constexpr double kBodyReach = 10.0;         // standard deviations of the body that it covers
constexpr double kPoissonChunkMean = 50.0;  // the exact branch of Rng::poisson

// Weight of the first of two hypotheses, from their log-likelihoods and its prior weight.
double weight_of_first(double first, double second, double prior) {
  if (prior <= 0.0 || prior >= 1.0) return std::clamp(prior, 0.0, 1.0);
  return 1.0 / (1.0 + std::exp(second - first + std::log((1.0 - prior) / prior)));
}

double log_mixture(double first, double second, double weight) {
  if (weight >= 1.0) return first;
  if (weight <= 0.0) return second;
  const double a = std::log(weight) + first;
  const double b = std::log1p(-weight) + second;
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

double latest_log_likelihood(const FeedEvidence& evidence, double per_second) {
  return evidence.log_density_sum - evidence.empty_seconds() * per_second +
         evidence.shown_count * std::log(-std::expm1(-per_second));
}

double largest_log_likelihood(const FeedEvidence& evidence, double per_second) {
  return evidence.log_density_sum + evidence.shown_count * std::log(per_second) -
         per_second * (evidence.empty_seconds() + evidence.survival_sum);
}

IntensityEstimate from_count(double count, double exposure) {
  return IntensityEstimate{.per_second = count / exposure,
                           .standard_error = std::sqrt(std::max(count, 1.0)) / exposure};
}

// The largest share of empty seconds that the window allows, by Wilson's interval: without any
// empty second it is still positive.
double empty_share_max(double empty, double seconds) {
  const double square = kBoundErrors * kBoundErrors;
  const double share = empty / seconds;
  const double root =
      std::sqrt(share * (1.0 - share) / seconds + square / (4.0 * seconds * seconds));
  return (share + square / (2.0 * seconds) + kBoundErrors * root) / (1.0 + square / seconds);
}

IntensityEstimate latest_estimate(const FeedEvidence& evidence) {
  const double seconds = evidence.observed_seconds;
  const double empty = evidence.empty_seconds();
  if (evidence.shown_count == 0.0) return from_count(0.0, seconds);
  IntensityEstimate estimate{.standard_error = std::numeric_limits<double>::infinity()};
  if (empty > 0.0) {
    estimate.per_second = -std::log(empty / seconds);
    estimate.standard_error = std::sqrt(std::expm1(estimate.per_second) / seconds);
  }
  const double most = estimate.per_second + kBoundErrors * estimate.standard_error;
  if (most < kLatestBlindPerSecond) return estimate;
  estimate.is_lower_bound = true;
  estimate.per_second = -std::log(empty_share_max(empty, seconds));
  return estimate;
}

IntensityEstimate largest_estimate(const FeedEvidence& evidence) {
  const double exposure = evidence.empty_seconds() + evidence.survival_sum;
  if (exposure * kIntensityMax > evidence.shown_count) {
    return from_count(evidence.shown_count, exposure);
  }
  // Everything shown lies beyond what F can draw: no intensity explains it.
  return IntensityEstimate{.per_second = kIntensityMax,
                           .standard_error = std::numeric_limits<double>::infinity(),
                           .is_lower_bound = true};
}

// Each rule is as good as its likelihood at its own best intensity: neither has a parameter more
// than the other.
IntensityEstimate one_per_second_estimate(const FeedEvidence& evidence, double latest_weight) {
  const IntensityEstimate latest = latest_estimate(evidence);
  const IntensityEstimate largest = largest_estimate(evidence);
  // Without an empty second the likelihood of "latest" rises for ever; half a second stands in.
  const double empty = std::max(evidence.empty_seconds(), 0.5);
  const double latest_best = std::max(-std::log(empty / evidence.observed_seconds), kIntensityMin);
  const double weight = weight_of_first(
      latest_log_likelihood(evidence, latest_best),
      largest_log_likelihood(evidence, std::max(largest.per_second, kIntensityMin)), latest_weight);
  if (weight < kWeightMin) return largest;
  if (weight > 1.0 - kWeightMin) return latest;
  IntensityEstimate mixed;
  mixed.per_second = weight * latest.per_second + (1.0 - weight) * largest.per_second;
  const auto square = [&](const IntensityEstimate& part) {
    const double away = part.per_second - mixed.per_second;
    return part.standard_error * part.standard_error + away * away;
  };
  mixed.standard_error = std::sqrt(weight * square(latest) + (1.0 - weight) * square(largest));
  mixed.is_lower_bound = latest.is_lower_bound || largest.is_lower_bound;
  // A bound and an estimate have no mean: the smaller of the two bounds both.
  if (mixed.is_lower_bound) mixed.per_second = std::min(latest.per_second, largest.per_second);
  return mixed;
}

// Poisson without the normal approximation of large means.
std::uint64_t exact_poisson(Rng& rng, double mean) {
  std::uint64_t count = 0;
  while (mean > kPoissonChunkMean) {
    count += rng.poisson(kPoissonChunkMean);
    mean -= kPoissonChunkMean;
  }
  return count + rng.poisson(mean);
}

}  // namespace

bool shows_intensity(Completeness completeness) { return completeness != Completeness::kUnknown; }

FeedEvidence& FeedEvidence::operator+=(const FeedEvidence& other) {
  observed_seconds += other.observed_seconds;
  shown_count += other.shown_count;
  shown_usd += other.shown_usd;
  survival_sum += other.survival_sum;
  log_density_sum += other.log_density_sum;
  return *this;
}

Result<FeedEvidence> evidence_of(const ObservedWindow& window, Completeness completeness,
                                 const SizeDistribution& sizes) {
  FAULTLINE_CHECK(shows_intensity(completeness));
  FeedEvidence evidence;
  evidence.observed_seconds = static_cast<double>(window.observed_seconds);
  evidence.shown_count = static_cast<double>(window.shown_usd.size());
  if (completeness != Completeness::kAll && window.shown_usd.size() > window.observed_seconds) {
    return Error{Errc::kBadFormat};
  }
  for (std::size_t i = 0; i < window.shown_usd.size(); ++i) {
    const double usd = window.shown_usd[i];
    if (!std::isfinite(usd) || usd <= 0.0) return Error{Errc::kOutOfRange, i};
    evidence.shown_usd += usd;
    evidence.survival_sum += sizes.survival(usd);
    evidence.log_density_sum += sizes.log_pdf(std::min(usd, sizes.largest_usd()));
  }
  return evidence;
}

double log_likelihood(const FeedEvidence& evidence, const FeedRule& rule, double per_second) {
  const double intensity = std::max(per_second, kIntensityMin);
  switch (rule.completeness) {
    case Completeness::kAll:
      return evidence.log_density_sum + evidence.shown_count * std::log(intensity) -
             intensity * evidence.observed_seconds;
    case Completeness::kLatestPerSecond:
      return latest_log_likelihood(evidence, intensity);
    case Completeness::kLargestPerSecond:
      return largest_log_likelihood(evidence, intensity);
    case Completeness::kOnePerSecond:
      return log_mixture(latest_log_likelihood(evidence, intensity),
                         largest_log_likelihood(evidence, intensity), rule.latest_weight);
    case Completeness::kUnknown:
      break;
  }
  FAULTLINE_CHECK(shows_intensity(rule.completeness));
  return 0.0;
}

double latest_weight_after(const FeedEvidence& evidence, const FeedRule& rule, double per_second) {
  FAULTLINE_CHECK(rule.completeness == Completeness::kOnePerSecond);
  const double intensity = std::max(per_second, kIntensityMin);
  return weight_of_first(latest_log_likelihood(evidence, intensity),
                         largest_log_likelihood(evidence, intensity), rule.latest_weight);
}

IntensityEstimate estimate_intensity(const FeedEvidence& evidence, const FeedRule& rule) {
  FAULTLINE_CHECK(shows_intensity(rule.completeness));
  FAULTLINE_CHECK(evidence.observed_seconds > 0.0);
  switch (rule.completeness) {
    case Completeness::kLatestPerSecond:
      return latest_estimate(evidence);
    case Completeness::kLargestPerSecond:
      return largest_estimate(evidence);
    case Completeness::kOnePerSecond:
      return one_per_second_estimate(evidence, rule.latest_weight);
    case Completeness::kAll:
    case Completeness::kUnknown:
      break;
  }
  return from_count(evidence.shown_count, evidence.observed_seconds);
}

IntensityBelief updated(const IntensityBelief& belief, const FeedEvidence& evidence,
                        Completeness completeness) {
  const bool is_all = completeness == Completeness::kAll;
  FAULTLINE_CHECK(is_all || completeness == Completeness::kLargestPerSecond);
  const double exposure =
      is_all ? evidence.observed_seconds : evidence.empty_seconds() + evidence.survival_sum;
  return IntensityBelief{belief.shape + evidence.shown_count, belief.rate + exposure};
}

ShownShare shown_share(const FeedRule& rule, double per_second, const SizeDistribution& sizes) {
  FAULTLINE_CHECK(shows_intensity(rule.completeness));
  const double intensity = std::max(per_second, kIntensityMin);
  if (rule.completeness == Completeness::kAll) return ShownShare{};
  const double count = -std::expm1(-intensity) / intensity;
  double latest_weight = rule.latest_weight;
  if (rule.completeness == Completeness::kLatestPerSecond) latest_weight = 1.0;
  if (rule.completeness == Completeness::kLargestPerSecond) latest_weight = 0.0;
  double volume = latest_weight * count;
  if (latest_weight < 1.0) {
    const double largest = expected_largest_usd(intensity, sizes) / (intensity * sizes.mean());
    volume += (1.0 - latest_weight) * largest;
  }
  return ShownShare{count, std::min(volume, 1.0)};
}

// E[max] = ∫ P(max > q) dq with P(max > q) = 1 − e^(−Λ(1−F(q))), in ln q. Below the range the
// integrand is P(not empty) to all digits.
double expected_largest_usd(double per_second, const SizeDistribution& sizes) {
  FAULTLINE_CHECK(per_second >= 0.0);
  const SizeParameters& body = sizes.parameters();
  const double from = body.log_median - kBodyReach * body.log_sigma;
  const double to = sizes.has_tail()
                        ? std::log(body.max_usd)
                        : body.log_median + (kBodyReach + body.log_sigma) * body.log_sigma;
  const double width = (to - from) / kLargestSteps;
  double sum = 0.0;
  for (int i = 0; i <= kLargestSteps; ++i) {
    const double usd = std::exp(from + width * i);
    const double end = i == 0 || i == kLargestSteps ? 0.5 : 1.0;
    sum += end * usd * -std::expm1(-per_second * sizes.survival(usd));
  }
  return sum * width - std::exp(from) * std::expm1(-per_second);
}

double hidden_usd(const FeedRule& rule, double per_second, double shown_usd,
                  const SizeDistribution& sizes) {
  FAULTLINE_CHECK(shows_intensity(rule.completeness));
  if (rule.completeness == Completeness::kAll) return 0.0;
  const double intensity = std::max(per_second, kIntensityMin);
  const double latest = (intensity / -std::expm1(-intensity) - 1.0) * sizes.mean();
  const double largest = intensity * sizes.partial_mean(shown_usd);
  switch (rule.completeness) {
    case Completeness::kLatestPerSecond:
      return latest;
    case Completeness::kLargestPerSecond:
      return largest;
    default:
      return rule.latest_weight * latest + (1.0 - rule.latest_weight) * largest;
  }
}

std::vector<double> simulate_shown(Completeness completeness, double per_second,
                                   std::uint64_t seconds, const SizeDistribution& sizes, Rng& rng) {
  FAULTLINE_CHECK(completeness != Completeness::kUnknown);
  FAULTLINE_CHECK(completeness != Completeness::kOnePerSecond);
  FAULTLINE_CHECK(per_second >= 0.0);
  std::vector<double> shown;
  for (std::uint64_t second = 0; second < seconds; ++second) {
    if (completeness == Completeness::kAll) {
      const std::uint64_t count = exact_poisson(rng, per_second);
      for (std::uint64_t i = 0; i < count; ++i) shown.push_back(sizes.draw(rng));
      continue;
    }
    // The share of F above the maximum is exponential over Λ; one or more means an empty second.
    const double survival = rng.exponential() / per_second;
    if (!(survival < 1.0)) continue;
    const bool is_latest = completeness == Completeness::kLatestPerSecond;
    shown.push_back(is_latest ? sizes.draw(rng) : sizes.upper_quantile(std::max(survival, 1e-300)));
  }
  return shown;
}

}  // namespace faultline
