#include "lab/outside_value.hpp"

#include <algorithm>
#include <cmath>

namespace faultline {
namespace {

double ratio(Nanos part, Nanos whole) {
  return static_cast<double>(part.value) / static_cast<double>(whole.value);
}

}  // namespace

std::vector<NewsJump> planned_news(const MarketConfig& config) {
  Rng rng = Rng(config.seed).stream("news");
  std::vector<NewsJump> news;
  for (std::uint32_t i = 0; i < config.value.news_count; ++i) {
    const double at = 0.15 + 0.7 * rng.uniform();
    const bool is_up = rng.uniform() < 0.5 * (1.0 + config.value.news_sign);
    const double size = config.value.news_size * (0.7 + 0.6 * rng.uniform());
    const auto offset = static_cast<std::int64_t>(at * static_cast<double>(config.length.value));
    news.push_back({config.begin + Nanos(offset), is_up ? size : -size});
  }
  return news;
}

OutsideValue::OutsideValue(const MarketConfig& config, const Rng& seed)
    : config_(config.value),
      noise_(seed.stream("value")),
      news_(planned_news(config)),
      now_(config.begin - config.warm_up),
      value_log_(std::log(config.value.start_price)) {}

double OutsideValue::news_log(UnixNanos now) const {
  double sum = 0.0;
  for (const NewsJump& news : news_)
    sum += news.size_log * std::clamp(ratio(now - news.begin, config_.news_length), 0.0, 1.0);
  return sum;
}

void OutsideValue::move_to(UnixNanos now) {
  value_log_ += config_.daily_volatility * std::sqrt(ratio(now - now_, kDay)) * noise_.normal();
  value_log_ += news_log(now) - news_log(now_);
  now_ = now;
}

double OutsideValue::price() const { return std::exp(value_log_); }

}  // namespace faultline
