#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "core/units.hpp"
#include "lab/day.hpp"

namespace faultline {

// The prices of a lab day: what the world thinks, what makers quote, and what margins are judged
// by.
//
//   outside value  a random walk with news, pulled along by a share of every order: the index
//   mid            returns to the value, less where makers are heavy, and moves with every order
//   mark           the median of: index with the funding that is due, index plus a slow mean of the
//                  premium, last trade. The shape of Binance's mark price.
//
// Units: prices in USD; logs where the name says so.
class LabPrices {
 public:
  LabPrices(const LabConfig& config, const Rng& seed);

  // Moves everything from the tick before to `now`. `maker_share` is the makers' net position as a
  // share of open interest: heavy makers quote lower.
  void tick(UnixNanos now, double maker_share);

  // The impact of a taker's money on its way through the makers' quotes: the price that this piece
  // is filled at, on the tick grid.
  PriceTicks take(Side opens_towards, double usd);

  // The rate of the interval that ends now, in 1e-9; a new interval begins. Binance's formula:
  // mean premium, pulled to .01 % by at most .05 %.
  std::int64_t settle_funding_e9();

  double mid() const;
  PriceE9 index() const;
  PriceE9 mark() const;
  std::int64_t funding_estimate_e9() const;
  // Mid over its hourly mean, in standard deviations that the configured volatility would give.
  double trend() const;
  double premium() const { return mid_log_ - value_log_; }

 private:
  struct News {
    UnixNanos begin;
    double size_log = 0.0;
  };
  double news_log(UnixNanos now) const;

  LabConfig config_;
  Rng noise_;
  std::vector<News> news_;
  UnixNanos now_{};
  double value_log_ = 0.0;
  double mid_log_ = 0.0;
  double trend_mean_log_ = 0.0;
  double premium_mean_ = 0.0;  // of minutes, for the mark
  double last_ = 0.0;
  double premium_sum_ = 0.0;  // of this funding interval
  std::int64_t premium_count_ = 0;
};

}  // namespace faultline
