#pragma once

#include <cstdint>

#include "base/diagnostic.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"

namespace faultline {

// What a position is worth, in whole units of the currency that it is settled in.
//
// Why integers: money in the lab must be conserved to the last unit. value() is the only place
// where an inverse contract is rounded, and both sides of a trade use the same rounded number.
//
//   linear    value = qty · price                          unit: one tick · one lot
//   inverse   value = −qty · (lot in quote) / price        unit: 1e-8 coins, half rounded outwards
//
// In both, equity = wallet + value(qty, mark) − cost, where cost is the sum of the values of what
// is open at the prices that it was traded at: one code path for all that follows. The value of
// an inverse position is negative for longs and grows with the price.
//
// Invariant: value(−q, p) = −value(q, p); it never falls as the price rises, for q > 0.
// Units: prices in ticks, quantities in lots (core/instrument.hpp).
class LabContract {
 public:
  // The contract of simulated:BTCUSDT.
  LabContract() = default;
  // Errors: kOutOfRange (tick, lot or multiplier not positive, or finer than 1e-9).
  static Outcome<LabContract> of(const InstrumentSpec& spec);

  // Requires: price > 0; |qty| · price < 2^62 (linear), a result below 2^62 (inverse), checked.
  std::int64_t value(std::int64_t qty, PriceTicks price) const;
  // |value|: what margins and fees are fractions of.
  std::int64_t notional(std::int64_t qty, PriceTicks price) const;
  // The most lots whose notional at `price` does not exceed `money`.
  std::int64_t lots_within(std::int64_t money, PriceTicks price) const;

  ContractKind kind() const { return kind_; }

  // Lossy: for the margin layer and for people, which count in coins and in quote currency.
  double price_approx(PriceTicks price) const;
  // Base coins (linear) or quote currency (inverse): margin's Position::quantity.
  double quantity_approx(std::int64_t qty) const;
  // The mean price of so many lots that cost so much; signs do not matter. Requires: neither is 0.
  double entry_approx(std::int64_t qty, std::int64_t cost) const;
  // Of the settlement currency.
  double money_approx(std::int64_t money) const;
  std::int64_t money_of(double amount) const;
  // In quote currency, of either kind: of so many lots, and of so much money.
  double usd_approx(std::int64_t qty, PriceTicks price) const;
  double usd_of_money(std::int64_t money, PriceTicks price) const;
  std::int64_t money_of_usd(double usd, PriceTicks price) const;

 private:
  ContractKind kind_ = ContractKind::kLinear;
  std::int64_t tick_e9_ = 100'000'000;
  std::int64_t lot_e9_ = 1'000'000;
};

}  // namespace faultline
