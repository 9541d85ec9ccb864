#include "infer/feed_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.hpp"
#include "base/distributions.hpp"

namespace faultline {
namespace {

constexpr int kTableSize = 80;
constexpr double kTableMin = 1e-5;  // orders a second; below it a feed shows everything
// Up to here "latest" still changes with the intensity.
constexpr double kLatestReach = 12.0;
constexpr double kQuietZeroShare = 0.9;  // where nothing was swept, nothing is mostly printed
constexpr double kZeroShareMin = 1e-3;
constexpr double kEmptyReach = 100.0;  // e^-100 is no likelihood
constexpr double kInverseRootTwoPi = 0.3989422804014327;

double log_or_least(double value) {
  return std::log(std::max(value, std::numeric_limits<double>::min()));
}

}  // namespace

std::optional<double> FeedReading::printed_usd(Side side) const {
  if (!has_prints) return total_usd[index_of(side)];
  const std::vector<double>& shown = shown_usd[index_of(side)];
  return std::accumulate(shown.begin(), shown.end(), 0.0);
}

ShownIntensity::ShownIntensity(const FeedRule& rule, const SizeDistribution& sizes)
    : is_proportional_(rule.completeness == Completeness::kAll), mean_usd_(sizes.mean()) {
  FAULTLINE_CHECK(shows_intensity(rule.completeness));
  if (is_proportional_) return;
  const double step = std::log(kShownMax / kTableMin) / (kTableSize - 1);
  for (int i = 0; i < kTableSize; ++i) {
    const double per_second = kTableMin * std::exp(step * i);
    const double shown = per_second * mean_usd_ * shown_share(rule, per_second, sizes).of_volume;
    log_intensity_.push_back(std::log(per_second));
    log_shown_usd_.push_back(std::log(shown));
  }
}

double ShownIntensity::per_second(double shown_usd_per_second) const {
  const double proportional = shown_usd_per_second / mean_usd_;
  if (is_proportional_) return std::clamp(proportional, kIntensityMin, kIntensityMax);
  if (proportional <= kTableMin) return std::max(proportional, kIntensityMin);
  const double wanted = std::log(shown_usd_per_second);
  const auto above = std::ranges::upper_bound(log_shown_usd_, wanted);
  if (above == log_shown_usd_.end()) return kShownMax;
  if (above == log_shown_usd_.begin()) return kTableMin;
  const auto i = static_cast<std::size_t>(above - log_shown_usd_.begin());
  const double share = (wanted - log_shown_usd_[i - 1]) / (*above - log_shown_usd_[i - 1]);
  return std::exp(std::lerp(log_intensity_[i - 1], log_intensity_[i], share));
}

// The nodes lie where the likelihood is: its maximum is 1/√count wide in ln Λ, and above it the
// likelihood falls like e^−Λ, so far that no member's spread reaches beyond.
SpreadLikelihood::SpreadLikelihood(const FeedEvidence& evidence, const FeedRule& rule) {
  FAULTLINE_CHECK(evidence.observed_seconds > 0.0);
  const double count = evidence.shown_count;
  const bool is_largest = rule.completeness == Completeness::kLargestPerSecond;
  double exposure = evidence.observed_seconds;
  if (is_largest) exposure = evidence.empty_seconds() + evidence.survival_sum;
  exposure = std::max(exposure, 0.5);
  const double low = std::log((count + 0.5) / exposure) - 8.0 / std::sqrt(count + 0.5);
  double high = std::log((count + 10.0 * std::sqrt(count) + kEmptyReach) / exposure);
  const bool can_saturate = rule.completeness != Completeness::kAll && !is_largest;
  if (can_saturate && count > 0.25 * evidence.observed_seconds) {
    high = std::max(high, std::log(kLatestReach));
  }
  count_ = count;
  const double step = (high - low) / (kNodes - 1);
  log_best_ = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < kNodes; ++i) {
    log_intensity_[i] = low + step * static_cast<double>(i);
    likelihood_[i] = log_likelihood(evidence, rule, std::exp(log_intensity_[i]));
    log_best_ = std::max(log_best_, likelihood_[i]);
  }
  for (double& value : likelihood_) value = std::exp(value - log_best_);
}

double SpreadLikelihood::log_of(double per_second, double sigma) const {
  FAULTLINE_CHECK(per_second > 0.0 && sigma > 0.0);
  const double center = std::log(per_second);
  const double step = log_intensity_[1] - log_intensity_[0];
  double sum = 0.0;
  for (std::size_t i = 0; i < kNodes; ++i) {
    const double z = (log_intensity_[i] - center) / sigma;
    const double end = i == 0 || i + 1 == kNodes ? 0.5 : 1.0;
    sum += end * likelihood_[i] * std::exp(-0.5 * z * z);
  }
  sum *= step * kInverseRootTwoPi / sigma;
  sum += likelihood_.back() * normal_cdf((center - log_intensity_.back()) / sigma);
  // Below the nodes every rule's likelihood is Λ^count times a constant: a closed form. It is kept
  // in logs, because a member may expect far less than was printed.
  const double below = (log_intensity_.front() - center) / sigma - count_ * sigma;
  const double share = normal_cdf(below);
  if (share <= 0.0) return log_best_ + log_or_least(sum);
  const double log_below = log_or_least(likelihood_.front()) +
                           count_ * (center - log_intensity_.front()) +
                           0.5 * count_ * count_ * sigma * sigma + std::log(share);
  const double most = std::max(log_below, log_or_least(sum));
  return log_best_ + most +
         std::log(std::exp(log_below - most) + std::exp(log_or_least(sum) - most));
}

double total_log_likelihood(const ObservationFactor& factor, const SweepPair& pair,
                            double background_usd) {
  FAULTLINE_CHECK(pair.swept_usd >= 0.0 && pair.printed_usd >= 0.0 && background_usd > 0.0);
  const bool has_swept = pair.swept_usd >= ObservationFactor::kSweptMinUsd;
  const double zero_share = has_swept ? factor.zero_share() : kQuietZeroShare;
  if (pair.printed_usd == 0.0) return std::log(std::max(zero_share, kZeroShareMin));
  double line = background_usd;
  if (has_swept) {
    line +=
        factor.expected_liquidation_usd(pair.swept_usd) / ((1.0 - zero_share) * factor.smearing());
  }
  const double z = std::log(pair.printed_usd / line) / factor.residual_sigma();
  return std::log1p(-zero_share) - std::log(factor.residual_sigma()) - 0.5 * z * z;
}

}  // namespace faultline
