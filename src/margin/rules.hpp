#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "core/instrument.hpp"
#include "margin/liquidation_price.hpp"

namespace faultline {

enum class MarginMode : std::uint8_t { kIsolated, kCross };

struct RulesQuery {
  Venue venue = Venue::kBinanceUsdm;
  ContractKind kind = ContractKind::kLinear;
  MarginMode mode = MarginMode::kIsolated;
};

// What a venue's margin engine does for accounts of the lowest fee level, as last read (dates at
// each rule). Ladders are not part of it: they change far more often than the mechanics.
//
// Simulated venues follow Binance's mechanics.
// Errors: kUnknownVenue (aggregates have no margin rules), kBadRequest (a contract kind that the
//         venue does not have, or whose rule Faultline does not know).
Result<MarginRules> margin_rules(const RulesQuery& query);

// Mechanics that are no longer in force, for old recordings.

// Bybit before the unified account: maintenance of the entry value, no fees.
// Source: Bybit help centre, "Liquidation price under isolated mode", copies of 2021.
inline constexpr MarginRules kBybitIsolated2021{.maintenance_value = MaintenanceValue::kAtEntry};

// Bybit inverse contracts under the old cross mode: entry-value maintenance plus the closing fee at
// the bankruptcy price, shown rounded to the tick on the safe side (the rounding is inferred from
// one example). Source: help.bybit.com 360039261334.
inline constexpr MarginRules kBybitInverseCross2021{.kind = ContractKind::kInverse,
                                                    .maintenance_value = MaintenanceValue::kAtEntry,
                                                    .maintenance_fee_rate = 0.00075,
                                                    .exit_fee_value = ExitFeeValue::kAtBankruptcy,
                                                    .bankruptcy_fee_rate = 0.00075,
                                                    .reporting = Reporting::kTickTowardsEntry};

}  // namespace faultline
