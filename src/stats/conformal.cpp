#include "stats/conformal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The value that the next score lies below with probability `level`, if it is as likely to fall
// into any of the gaps between n earlier scores as into any other: the order statistic (n + 1) ·
// level, interpolated. Beyond the outermost scores they stand for what the window does not hold.
double order_statistic(std::span<const double> ascending, double level) {
  const auto last = static_cast<double>(ascending.size() - 1);
  const double rank = static_cast<double>(ascending.size() + 1) * level - 1.0;
  const double position = std::clamp(rank, 0.0, last);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  const double share = position - static_cast<double>(below);
  return ascending[below] + share * (ascending[above] - ascending[below]);
}

double upper_end(std::span<const double> ascending, double miss) {
  return miss <= 0.0 ? kInfinity : order_statistic(ascending, 1.0 - miss);
}

double lower_end(std::span<const double> ascending, double miss) {
  return miss <= 0.0 ? -kInfinity : order_statistic(ascending, miss);
}

// Below 0 a level goes by one step only, since an infinite end is never missed. Above 1 it would go
// on and on where all scores are equal (nothing expected, nothing happened), and take as long to
// come back: it stops there.
double moved(double alpha, double gamma, double target, bool is_missed) {
  return std::min(1.0, alpha + gamma * (target - (is_missed ? 1.0 : 0.0)));
}

void check(const Forecast& forecast) {
  FAULTLINE_CHECK(std::isfinite(forecast.center));
  FAULTLINE_CHECK(forecast.scale > 0.0 && std::isfinite(forecast.scale));
}

}  // namespace

double score_of(const Forecast& forecast, double outcome) {
  check(forecast);
  FAULTLINE_CHECK(std::isfinite(outcome));
  return (outcome - forecast.center) / forecast.scale;
}

Interval interval_around(const Forecast& forecast, const Interval& scores) {
  check(forecast);
  return {.low = forecast.center + forecast.scale * scores.low,
          .high = forecast.center + forecast.scale * scores.high};
}

AdaptiveConformal::AdaptiveConformal(const ConformalOptions& options) : options_(options) {
  FAULTLINE_CHECK(options.buckets > 0);
  FAULTLINE_CHECK(options.coverage > 0.0 && options.coverage < 1.0);
  FAULTLINE_CHECK(options.gamma >= 0.0 && options.gamma < 1.0);
  FAULTLINE_CHECK(options.scores_min > 0 && options.window >= options.scores_min);
  Bucket fresh;
  fresh.alpha_high = is_absolute() ? 1.0 - options.coverage : 0.5 * (1.0 - options.coverage);
  fresh.alpha_low = is_absolute() ? 0.0 : fresh.alpha_high;
  buckets_.assign(options.buckets, fresh);
}

const AdaptiveConformal::Bucket& AdaptiveConformal::at(std::size_t bucket) const {
  FAULTLINE_CHECK(bucket < buckets_.size());
  return buckets_[bucket];
}

// The two ends by their levels; they may cross.
Interval AdaptiveConformal::ends(const Bucket& bucket) const {
  if (bucket.ascending.size() < options_.scores_min) return {.low = -kInfinity, .high = kInfinity};
  const double high = upper_end(bucket.ascending, bucket.alpha_high);
  if (is_absolute()) return {.low = -high, .high = high};
  return {.low = lower_end(bucket.ascending, bucket.alpha_low), .high = high};
}

Interval AdaptiveConformal::interval(std::size_t bucket) const {
  const Interval raw = ends(at(bucket));
  if (raw.low <= raw.high) return raw;
  const double middle = 0.5 * (raw.low + raw.high);
  return {.low = middle, .high = middle};
}

void AdaptiveConformal::update(std::size_t bucket, double score) {
  FAULTLINE_CHECK(bucket < buckets_.size() && std::isfinite(score));
  Bucket& entry = buckets_[bucket];
  if (entry.ascending.size() >= options_.scores_min) {
    const Interval raw = ends(entry);
    const double target = 1.0 - options_.coverage;
    if (is_absolute()) {
      entry.alpha_high = moved(entry.alpha_high, options_.gamma, target, !raw.contains(score));
    } else {
      entry.alpha_low = moved(entry.alpha_low, options_.gamma, 0.5 * target, score < raw.low);
      entry.alpha_high = moved(entry.alpha_high, options_.gamma, 0.5 * target, score > raw.high);
    }
  }
  remember(entry, is_absolute() ? std::abs(score) : score);
}

void AdaptiveConformal::remember(Bucket& bucket, double score) const {
  if (bucket.latest.size() < options_.window) {
    bucket.latest.push_back(score);
  } else {
    const auto gone = std::lower_bound(bucket.ascending.begin(), bucket.ascending.end(),
                                       bucket.latest[bucket.oldest]);
    bucket.ascending.erase(gone);
    bucket.latest[bucket.oldest] = score;
    bucket.oldest = (bucket.oldest + 1) % options_.window;
  }
  bucket.ascending.insert(std::upper_bound(bucket.ascending.begin(), bucket.ascending.end(), score),
                          score);
}

double AdaptiveConformal::alpha(std::size_t bucket) const {
  return at(bucket).alpha_low + at(bucket).alpha_high;
}

std::size_t AdaptiveConformal::score_count(std::size_t bucket) const {
  return at(bucket).latest.size();
}

}  // namespace faultline
