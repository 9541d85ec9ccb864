#pragma once

#include <cstdint>
#include <vector>

#include "core/units.hpp"

namespace faultline {

// By what a venue judges margins: the median of three prices, so that neither a thin book nor a
// stray trade liquidates anybody by itself.
//
//   index · (1 + funding rate · time left / interval)      the basis that funding will pay for
//   index + moving average of (mid − index)                the basis that the market shows
//   last trade
//
// Source: Binance, "Mark price in USDⓈ-M futures": window 30 s since 2025-09-18, 60 s before.
// Units: prices in quote currency, rates as fractions of one funding interval.
struct MarkConfig {
  Nanos basis_window{30 * kSecond.value};
  Nanos basis_interval{kSecond.value};  // between samples of the basis; divides the window

  friend bool operator==(const MarkConfig&, const MarkConfig&) = default;
};

struct MarkInputs {
  double index = 0.0;
  double last = 0.0;
  double funding_rate = 0.0;  // as estimated for the running interval
  double funding_left = 0.0;  // of the interval, as a share
};

class MarkPrice {
 public:
  explicit MarkPrice(const MarkConfig& config);

  // One sample of the basis. Requires: called once each basis_interval.
  void sample_basis(double index, double mid);
  double at(const MarkInputs& inputs) const;
  // Mean of the samples that the window still holds; 0 before the first.
  double basis_mean() const;

 private:
  std::vector<double> samples_;  // a ring, basis_window long
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

// How funding follows from the premium of the book over the index.
//
//   premium P = (max(0, impact bid − index) − max(0, index − impact ask)) / index,
//   sampled every five seconds, the later samples weighing more (1, 2, 3, ...)
//   rate = [mean P + clamp(interest − mean P, ±pull)] · interval / 8 h, within ±cap
//
// Source: Binance, "Introduction to funding rates"; Hyperliquid documentation (hourly, an eighth).
struct FundingConfig {
  Nanos interval{8 * kHour.value};
  Nanos sample_interval{5 * kSecond.value};
  double interest_rate = 1e-4;  // for eight hours
  double pull = 5e-4;
  double rate_max = 7.5e-3;  // for one interval
  double impact_notional_usd = 25'000.0;

  friend bool operator==(const FundingConfig&, const FundingConfig&) = default;
};

struct PremiumSample {
  double index = 0.0;
  double impact_bid = 0.0;  // mean price of selling the impact notional into the book
  double impact_ask = 0.0;
};

class FundingRate {
 public:
  explicit FundingRate(const FundingConfig& config) : config_(config) {}

  void sample(const PremiumSample& sample);
  // What the running interval would pay if it ended now.
  double estimate() const;
  // The rate of the interval that ends now, in 1e-9 of value; a new interval begins.
  std::int64_t settle_e9();

 private:
  FundingConfig config_;
  double weighted_ = 0.0;
  double weight_ = 0.0;
  std::int64_t count_ = 0;
};

}  // namespace faultline
