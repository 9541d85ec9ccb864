#pragma once

#include <array>
#include <cstdint>

#include "core/event.hpp"
#include "core/units.hpp"

namespace faultline {

// One step of the market as the estimator sees it (docs/models/position_density.md).
//
// Why: live data and every historical file are reduced to steps by the same code, so a map does not
// know where its data came from. Steps may be a second, a minute or an hour. Units: amounts in
// native units of the instrument (coins or contracts), as doubles: from here on everything is an
//        estimate. Prices in quote currency. Funding as a fraction of notional, positive when longs
//        pay.
// Invariant: low <= open, close <= high; volume >= taker_buy_volume >= 0; begin < end.
struct MarketStep {
  UnixNanos begin;
  UnixNanos end;

  double open = 0.0;
  double high = 0.0;
  double low = 0.0;
  double close = 0.0;
  PriceKind price_kind =
      PriceKind::kLast;  // of the sweep range: kMark, or kLast where only last prices are known

  double volume = 0.0;
  double taker_buy_volume = 0.0;
  bool has_taker_side = false;

  double oi_begin = 0.0;
  double oi_end = 0.0;
  bool has_open_interest = false;  // false: held at the last known value

  double funding_rate = 0.0;

  // Liquidated USD by Side, as the feed reported it, and how much the feed tells.
  std::array<double, 2> liquidated_usd{0.0, 0.0};
  bool has_liquidations = false;  // false: the feed was not recorded, which is not a zero
  Completeness completeness = Completeness::kUnknown;

  bool is_gap = false;  // nothing was recorded in this step; prices are held
};

}  // namespace faultline
