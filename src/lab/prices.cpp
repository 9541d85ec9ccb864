#include "lab/prices.hpp"

#include <algorithm>
#include <cmath>

namespace faultline {
namespace {

constexpr double kTicksPerUsd = 10.0;  // of lab_instrument()
constexpr double kHalfSpread = 0.5e-6;
// Mid over value when makers hold the whole open interest on one side.
constexpr double kMakerSkew = 0.002;
constexpr Nanos kNewsLength{2 * kMinute.value};
constexpr Nanos kPremiumMean{150 * kSecond.value};
constexpr double kInterestRate = 1e-4;
constexpr double kInterestPull = 5e-4;
constexpr double kFundingRateMax = 7.5e-3;

double ratio(Nanos part, Nanos whole) {
  return static_cast<double>(part.value) / static_cast<double>(whole.value);
}

PriceE9 price_e9(double price) { return PriceE9(std::llround(price * 1e9)); }

double median(double a, double b, double c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

}  // namespace

LabPrices::LabPrices(const LabConfig& config, const Rng& seed)
    : config_(config),
      noise_(seed.stream("value")),
      now_(config.begin - config.warm_up),
      value_log_(std::log(config.start_price)),
      mid_log_(value_log_),
      trend_mean_log_(value_log_),
      last_(config.start_price) {
  Rng rng = seed.stream("news");
  for (std::uint32_t i = 0; i < config.news_count; ++i) {
    const double at = 0.15 + 0.7 * rng.uniform();
    const double direction = rng.uniform() < 0.5 ? -1.0 : 1.0;
    const double size = config.news_size * (0.7 + 0.6 * rng.uniform());
    const auto offset = static_cast<std::int64_t>(at * static_cast<double>(config.length.value));
    news_.push_back(News{config.begin + Nanos(offset), direction * size});
  }
}

double LabPrices::news_log(UnixNanos now) const {
  double sum = 0.0;
  for (const News& news : news_)
    sum += news.size_log * std::clamp(ratio(now - news.begin, kNewsLength), 0.0, 1.0);
  return sum;
}

void LabPrices::tick(UnixNanos now, double maker_share) {
  const Nanos passed = now - now_;
  value_log_ += config_.daily_volatility * std::sqrt(ratio(passed, kDay)) * noise_.normal();
  value_log_ += news_log(now) - news_log(now_);
  const double target = value_log_ - kMakerSkew * maker_share;
  mid_log_ += (target - mid_log_) * (1.0 - std::exp2(-ratio(passed, config_.resilience_half_life)));
  trend_mean_log_ += (mid_log_ - trend_mean_log_) * std::min(1.0, ratio(passed, kHour));
  premium_mean_ += (premium() - premium_mean_) * std::min(1.0, ratio(passed, kPremiumMean));
  premium_sum_ += premium();
  ++premium_count_;
  now_ = now;
}

PriceTicks LabPrices::take(Side opens_towards, double usd) {
  const double move = sign(opens_towards) * usd / (100.0 * config_.depth_usd_per_percent);
  const double fill_log = mid_log_ + 0.5 * move + sign(opens_towards) * kHalfSpread;
  mid_log_ += move;
  value_log_ += config_.permanent_impact * move;
  const auto ticks = std::max<std::int64_t>(1, std::llround(std::exp(fill_log) * kTicksPerUsd));
  last_ = static_cast<double>(ticks) / kTicksPerUsd;
  return PriceTicks(ticks);
}

std::int64_t LabPrices::funding_estimate_e9() const {
  const double mean =
      premium_count_ == 0 ? 0.0 : premium_sum_ / static_cast<double>(premium_count_);
  const double rate = mean + std::clamp(kInterestRate - mean, -kInterestPull, kInterestPull);
  return std::llround(1e9 * std::clamp(rate, -kFundingRateMax, kFundingRateMax));
}

std::int64_t LabPrices::settle_funding_e9() {
  const std::int64_t rate = funding_estimate_e9();
  premium_sum_ = 0.0;
  premium_count_ = 0;
  return rate;
}

double LabPrices::mid() const { return std::exp(mid_log_); }
PriceE9 LabPrices::index() const { return price_e9(std::exp(value_log_)); }

PriceE9 LabPrices::mark() const {
  const double index = std::exp(value_log_);
  const Nanos since{((now_ - config_.begin).value % config_.funding_interval.value +
                     config_.funding_interval.value) %
                    config_.funding_interval.value};
  const double due = 1.0 - ratio(since, config_.funding_interval);
  const double with_funding =
      index * (1.0 + 1e-9 * static_cast<double>(funding_estimate_e9()) * due);
  return price_e9(median(with_funding, index * (1.0 + premium_mean_), last_));
}

double LabPrices::trend() const {
  const double deviation = config_.daily_volatility * std::sqrt(0.5 * ratio(kHour, kDay));
  return (mid_log_ - trend_mean_log_) / deviation;
}

}  // namespace faultline
