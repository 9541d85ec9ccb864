#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"
#include "margin/tiers.hpp"

namespace faultline {

// Liquidation and bankruptcy price of one position, for every venue by one path.
//
//   const MarginRules rules = ...;      // what the venue does: margin_rules() in margin/rules.hpp
//   const Position position{.side = Side::kLong, .quantity = 1.0, .entry_price = 40'000.0};
//   const Collateral collateral = isolated_collateral(
//       rules, position, {.initial = initial_margin(rules, position, 50.0), .added = 3'000.0});
//   const auto price = liquidation_price(rules, tiers, position, collateral);   // 36 380.25
//
// Why doubles: these are estimates from estimated entries; nothing here is compared for equality.
// Units: prices in quote currency. Money in the settlement currency: quote currency for linear
//        contracts, base coins for inverse ones.

// Of which value the maintenance rate is taken.
enum class MaintenanceValue : std::uint8_t {
  kAtPrice,  // of the position's value at the price in question: the requirement moves with it
  kAtEntry,  // of the entry value, rung included: the requirement is a constant
};

// By what a ladder's rungs are told apart.
enum class TierBasis : std::uint8_t {
  kNotional,  // the money value at the price in question
  kSize,      // Position::quantity: the rung does not move with the price
};

// At which price the closing fee inside the maintenance requirement is charged.
enum class ExitFeeValue : std::uint8_t { kAtPrice, kAtBankruptcy };

// How the venue's printed number differs from the formula's.
enum class Reporting : std::uint8_t {
  kExact,
  kLongOneTickAbove,  // longs: formula plus one tick, not rounded; shorts: as the formula
  kTickTowardsEntry,  // rounded to the tick on the safe side: up for longs, down for shorts
};

// What a venue does, as data. Rates are fractions of notional.
struct MarginRules {
  ContractKind kind = ContractKind::kLinear;
  MaintenanceValue maintenance_value = MaintenanceValue::kAtPrice;
  TierBasis tier_basis = TierBasis::kNotional;
  double maintenance_fee_rate = 0.0;  // closing fee that counts as maintenance
  ExitFeeValue exit_fee_value = ExitFeeValue::kAtPrice;
  double bankruptcy_fee_rate = 0.0;    // closing fee that the bankruptcy price leaves room for
  double added_margin_fee_rate = 0.0;  // Bybit: extra margin counts as added / (1 ∓ rate)
  Reporting reporting = Reporting::kExact;

  friend bool operator==(const MarginRules&, const MarginRules&) = default;
};

// Units: quantity in base coins (linear) or in quote currency (inverse: contracts · multiplier).
//        Without a mark the entry price stands for it.
struct Position {
  Side side = Side::kLong;
  double quantity = 0.0;
  double entry_price = 0.0;
  std::optional<double> mark_price = {};
};

// What backs a position: `wallet` is what its profit and loss are added to, `reserved` what other
// positions and orders claim first. Both in the settlement currency; `wallet` may be negative.
struct Collateral {
  double wallet = 0.0;
  double reserved = 0.0;
};

struct IsolatedMargin {
  double initial = 0.0;
  double added = 0.0;
};

struct CrossMargin {
  double wallet_balance = 0.0;
  double others_unrealized_pnl = 0.0;
  double others_maintenance = 0.0;
  double orders_margin = 0.0;
};

// A cross account as Hyperliquid publishes it: `account_value` includes the profit of all positions
// at their marks.
struct AccountAtMark {
  double account_value = 0.0;
  double others_maintenance = 0.0;
};

// Initial margin of a position opened with `leverage`. Requires: leverage > 0.
double initial_margin(const MarginRules& rules, const Position& position, double leverage);

Collateral isolated_collateral(const MarginRules& rules, const Position& position,
                               const IsolatedMargin& margin);
Collateral cross_collateral(const CrossMargin& margin);
Collateral cross_collateral_at_mark(const MarginRules& rules, const Position& position,
                                    const AccountAtMark& account);

struct LiquidationPrice {
  double price = 0.0;
  std::size_t tier_index = 0;  // the rung that decides, in TierTable::tiers()
};

// The first price, moving from the mark against the position, at which equity is no more than the
// maintenance requirement of the notional at that price. A position that is already there is
// liquidated at its mark.
//
// Errors: kNotLiquidatable (no positive price does it), kNoTier (the notional leaves the ladder
//         before), kOutOfRange (quantity, entry or mark not positive and finite, money not finite).
// Cost:   one step a rung between mark and price; no allocation.
Result<LiquidationPrice> liquidation_price(const MarginRules& rules, const TierTable& tiers,
                                           const Position& position, const Collateral& collateral);

// The price at which nothing of the collateral is left (after the closing fee where the venue takes
// it). Reserved margin does not count: at bankruptcy it is gone too.
// Errors: kNotLiquidatable (no positive price does it), kOutOfRange as above.
Result<double> bankruptcy_price(const MarginRules& rules, const Position& position,
                                const Collateral& collateral);

// The number that the venue would print for `price`. Lossy: for comparing with venue data.
struct PriceReport {
  Side side = Side::kLong;
  double price = 0.0;
  double tick_size = 0.0;
};
double reported_price_lossy(const MarginRules& rules, const PriceReport& report);

// Equity and requirement at the position's mark, reserved margin included in the requirement; a
// venue's margin ratio is equity / maintenance. Errors: kNoTier, kOutOfRange.
struct MarginState {
  double notional = 0.0;
  double equity = 0.0;
  double maintenance = 0.0;
  std::size_t tier_index = 0;
};
Result<MarginState> margin_state(const MarginRules& rules, const TierTable& tiers,
                                 const Position& position, const Collateral& collateral);

// Hedge mode: a long and a short in the same contract share one cross account. Each keeps its own
// rung. Requires: both quantities positive; use liquidation_price() for one leg.
struct HedgedPosition {
  double long_quantity = 0.0;
  double long_entry_price = 0.0;
  double short_quantity = 0.0;
  double short_entry_price = 0.0;
  double mark_price = 0.0;
};

// A hedge can be liquidated on either side, and on both: a nearly neutral one by a rise, because
// maintenance grows with the price. Each side has its price or the reason for having none
// (kNotLiquidatable, kNoTier). The tier index is that of the long leg.
struct HedgeLiquidation {
  Result<LiquidationPrice> below;
  Result<LiquidationPrice> above;
};

// Errors: kOutOfRange; kBadRequest for rules whose maintenance does not move with the price.
Result<HedgeLiquidation> hedge_liquidation_prices(const MarginRules& rules, const TierTable& tiers,
                                                  const HedgedPosition& position,
                                                  const Collateral& collateral);

}  // namespace faultline
