#include "margin/rules.hpp"

#include <optional>

namespace faultline {
namespace {

// Source: Bybit help centre, unified account, read 2026-05. "MM = value · MMR − deduction + fee to
// close": the isolated formula leaves the fee out, the account-level rate of cross accounts has it.
// That the cross fee is taken at the price in question is our reading of that sentence.
MarginRules bybit_rules(const RulesQuery& query) {
  constexpr double kTakerFee = 0.00055;
  if (query.mode == MarginMode::kIsolated) {
    return {.kind = query.kind, .added_margin_fee_rate = kTakerFee};
  }
  return {.kind = query.kind, .maintenance_fee_rate = kTakerFee, .bankruptcy_fee_rate = kTakerFee};
}

// Source: OKX, position margin ratio (margin + upl) / (value · (MMR + taker)), checked against two
// real positions (ccxt issues 28121 and 20688); the printed price of both is one tick above.
MarginRules okx_rules(const RulesQuery& query) {
  constexpr double kTakerFee = 0.0005;
  return {.kind = query.kind,
          .tier_basis = TierBasis::kSize,
          .maintenance_fee_rate = kTakerFee,
          .bankruptcy_fee_rate = kTakerFee,
          .reporting = Reporting::kLongOneTickAbove};
}

// Source: Gate help 22156, 38042 and 22159 as copied by third parties; checked against two real
// positions (ccxt pull requests 13130 and 15622).
MarginRules gate_rules(const RulesQuery& query) {
  constexpr double kTakerFee = 0.00075;
  return {.kind = query.kind, .maintenance_fee_rate = kTakerFee, .bankruptcy_fee_rate = kTakerFee};
}

// Source: BitMEX, "isolated margin examples" (maintenance of the entry value; the examples have no
// fee). Inverse contracts round to whole XBt: margin/bitmex_inverse.hpp.
MarginRules bitmex_rules(const RulesQuery& query) {
  return {.kind = query.kind, .maintenance_value = MaintenanceValue::kAtEntry};
}

std::optional<ContractKind> only_kind(Venue venue) {
  switch (venue) {
    case Venue::kBinanceUsdm:
    case Venue::kBybitLinear:
    case Venue::kHyperliquid:
      return ContractKind::kLinear;
    case Venue::kBinanceCoinm:
    case Venue::kBybitInverse:
    case Venue::kDeribit:
      return ContractKind::kInverse;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<MarginRules> margin_rules(const RulesQuery& query) {
  const auto only = only_kind(query.venue);
  if (only && *only != query.kind) return Error{Errc::kBadRequest};
  switch (query.venue) {
    case Venue::kBinanceUsdm:   // Source: Binance support b3c689c1f50a44cabb3a84e663b81d93
    case Venue::kBinanceCoinm:  // Source: dev.binance.vision/t/6292 (the clearance fee is left out)
    case Venue::kHyperliquid:   // Source: Hyperliquid documentation, "Liquidations", read 2026-04
    case Venue::kDeribit:       // Source: support.deribit.com, read 2022-01-11
    case Venue::kSimulated:
      return MarginRules{.kind = query.kind};
    case Venue::kBybitLinear:
    case Venue::kBybitInverse:
      return bybit_rules(query);
    case Venue::kOkx:
      return okx_rules(query);
    case Venue::kGate:
      return gate_rules(query);
    case Venue::kBitmex:
      return bitmex_rules(query);
    case Venue::kAggregate:
      break;
  }
  return Error{Errc::kUnknownVenue};
}

}  // namespace faultline
