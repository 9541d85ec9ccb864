#pragma once

#include <vector>

#include "base/rng.hpp"
#include "core/units.hpp"
#include "lab/market_config.hpp"

namespace faultline {

// A jump of the outside value: evenly over ValueConfig::news_length from `begin` on.
struct NewsJump {
  UnixNanos begin;
  double size_log = 0.0;  // signed
};

// The news that a market of this configuration will have. Depends on the seed, on the length and on
// the news of `config.value` alone, so that arms of an experiment which share them share the news.
std::vector<NewsJump> planned_news(const MarketConfig& config);

// What the rest of the world thinks the coin is worth; see ValueConfig.
//
// Units: logs where the name says so; prices in USD.
class OutsideValue {
 public:
  OutsideValue(const MarketConfig& config, const Rng& seed);

  // Requires: time does not go back.
  void move_to(UnixNanos now);
  // What an order is thought to have known: `move` is its impact in log price.
  void learn(double move_log) { value_log_ += config_.permanent_impact * move_log; }

  double price() const;
  double log() const { return value_log_; }

 private:
  double news_log(UnixNanos now) const;

  ValueConfig config_;
  Rng noise_;
  std::vector<NewsJump> news_;
  UnixNanos now_;
  double value_log_ = 0.0;
};

}  // namespace faultline
