#include "infer/size_learner.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "infer/feed_fit.hpp"

namespace faultline {
namespace {

// The tail is cut so far above the largest size seen: a mean that rests on a far larger maximum
// would make every intensity too small.
constexpr double kTailReach = 10.0;

// The largest wait that a checkpoint may name: a sum of all kept ones is still a count of seconds.
constexpr double kSecondsMax = 1e12;
// Sizes that a checkpoint may name: a contract's least quantity times its least price is 1e-18, and
// no density of such sizes overflows.
constexpr double kUsdMin = 1e-18;
constexpr double kUsdMax = 1e18;
constexpr double kLogUsdMax = 50.0;
constexpr double kLogSigmaMin = 1e-9;
constexpr double kLogSigmaMax = 25.0;

// What SizeDistribution asks for, and no density of it overflows: without a threshold the tail's
// parameters mean nothing.
bool is_sound(const SizeParameters& p) {
  const bool has_tail = !std::isinf(p.threshold_usd);
  return std::abs(p.log_median) <= kLogUsdMax && p.log_sigma >= kLogSigmaMin &&
         p.log_sigma <= kLogSigmaMax && p.threshold_usd >= kUsdMin && p.tail_exponent > 0.0 &&
         !std::isnan(p.max_usd) &&
         (!has_tail || (std::isfinite(p.tail_exponent) && std::isfinite(p.max_usd) &&
                        p.threshold_usd < p.max_usd));
}

bool is_wait(double seconds) { return seconds >= 0.0 && seconds <= kSecondsMax; }
bool is_size(double usd) { return usd >= kUsdMin && usd <= kUsdMax; }

}  // namespace

SizeLearner::SizeLearner(const SizeParameters& prior) : sizes_(prior) {}

void SizeLearner::learn(std::span<const double> shown_usd, double seconds,
                        Completeness completeness) {
  seconds_ += seconds;
  for (const double usd : shown_usd) {
    if (!std::isfinite(usd) || usd <= 0.0) continue;
    if (kept_usd_.size() < kSizesKept) {
      kept_usd_.push_back(usd);
      kept_seconds_.push_back(seconds_);
    } else {
      const std::size_t at = shown_count_ % kSizesKept;
      kept_usd_[at] = usd;
      kept_seconds_[at] = seconds_;
    }
    seconds_ = 0.0;
    ++shown_count_;
  }
  if (shown_count_ < next_fit_) return;
  fit(completeness);
  next_fit_ = shown_count_ + std::min<std::uint64_t>(shown_count_, kSizesKept);
}

void SizeLearner::fit(Completeness completeness) {
  if (completeness == Completeness::kLargestPerSecond) {
    const double seconds = std::accumulate(kept_seconds_.begin(), kept_seconds_.end(), 0.0);
    const Result<JointFeedFit> joint =
        fit_largest_per_second({static_cast<std::uint64_t>(seconds), kept_usd_});
    if (!joint || !is_sound({.log_median = joint->log_median, .log_sigma = joint->log_sigma}))
      return;
    sizes_ = joint->sizes();
  } else {
    const double most = *std::ranges::max_element(kept_usd_);
    const Result<SizeFit> fitted = fit_size_distribution(kept_usd_, {.max_usd = kTailReach * most});
    if (!fitted || !is_sound(fitted->parameters)) return;
    sizes_ = SizeDistribution(fitted->parameters);
  }
  ++fit_count_;
}

void SizeLearner::save(StateWriter& out) const {
  const SizeParameters& p = sizes_.parameters();
  for (const double value :
       {p.log_median, p.log_sigma, p.threshold_usd, p.tail_exponent, p.max_usd, seconds_}) {
    out.put(value);
  }
  for (const std::uint64_t value : {shown_count_, next_fit_, fit_count_}) out.put(value);
  out.put_list(std::span<const double>(kept_usd_));
  out.put_list(std::span<const double>(kept_seconds_));
}

bool SizeLearner::load(StateReader& in) {
  SizeParameters p;
  for (double* value :
       {&p.log_median, &p.log_sigma, &p.threshold_usd, &p.tail_exponent, &p.max_usd, &seconds_}) {
    *value = in.get<double>();
  }
  for (std::uint64_t* value : {&shown_count_, &next_fit_, &fit_count_}) {
    *value = in.get<std::uint64_t>();
  }
  kept_usd_ = in.get_list<double>();
  kept_seconds_ = in.get_list<double>();
  const bool is_whole = in.has_all() && kept_usd_.size() == kept_seconds_.size() &&
                        kept_usd_.size() == std::min<std::uint64_t>(shown_count_, kSizesKept);
  if (!is_whole || !is_sound(p) || next_fit_ < kFirstFit || !is_wait(seconds_)) return false;
  if (!std::ranges::all_of(kept_usd_, is_size) || !std::ranges::all_of(kept_seconds_, is_wait))
    return false;
  sizes_ = SizeDistribution(p);
  return true;
}

}  // namespace faultline
