#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "core/units.hpp"
#include "margin/tiers.hpp"

namespace faultline {

// BitMEX inverse contracts (XBTUSD) under isolated margin, in the venue's own integers.
//
// Why apart from liquidation_price(): BitMEX values a contract in whole XBt (1e-8 XBT) and rounds
// on the way, which moves the printed price by a tick or more. The value per contract at which the
// margin is gone is rounded away from liquidation, then the price to the tick on the safe side.
//
// Source: a real position of 2018 (short 500 at 6725), which this reproduces in all six numbers.
//         One position, a short: the rounding for longs is its mirror image, not seen.

// Units: contracts of 1 USD each; rates are fractions; leverage as chosen for the position.
struct BitmexInversePosition {
  Side side = Side::kLong;
  std::int64_t contracts = 0;
  double entry_price = 0.0;
  double leverage = 1.0;
  double taker_fee_rate = 0.00075;
  double tick_size = 0.5;
};

// Units: XBt for money, USD for prices.
struct BitmexInverseLiquidation {
  std::int64_t initial_margin_xbt = 0;      // posInit
  std::int64_t closing_fee_xbt = 0;         // posComm: charged on entry value + posInit
  std::int64_t maintenance_margin_xbt = 0;  // posMaint: MMR · entry value + posComm
  double liquidation_price = 0.0;
  double bankruptcy_price = 0.0;
};

// `tiers` is the risk-limit ladder in XBT, entered with the value at entry.
// Errors: kOutOfRange (an input that is not positive), kNoTier, kNotLiquidatable (a short whose
//         margin covers its whole value: no price takes it all).
Result<BitmexInverseLiquidation> bitmex_inverse_liquidation(const TierTable& tiers,
                                                            const BitmexInversePosition& position);

}  // namespace faultline
