#include "margin/liquidation_price.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/check.hpp"
#include "margin/shortfall.hpp"

namespace faultline {
namespace {

// x is the money value of one unit of quantity (margin/shortfall.hpp): its own inverse.
double price_to_x(ContractKind kind, double price) {
  return kind == ContractKind::kLinear ? price : 1.0 / price;
}
double x_to_price(ContractKind kind, double x) { return price_to_x(kind, x); }

// +1 when the position gains as x rises: an inverse long loses, as coins get dearer.
double x_sign(ContractKind kind, Side side) {
  return kind == ContractKind::kLinear ? sign(side) : -sign(side);
}

Direction adverse(double position_x_sign) {
  return position_x_sign > 0.0 ? Direction::kDown : Direction::kUp;
}

bool is_positive(double value) { return value > 0.0 && std::isfinite(value); }

bool is_valid(const Position& position) {
  return is_positive(position.quantity) && is_positive(position.entry_price) &&
         is_positive(position.mark_price.value_or(position.entry_price));
}

bool is_valid(const Collateral& collateral) {
  return std::isfinite(collateral.wallet) && std::isfinite(collateral.reserved);
}

double mark_of(const Position& position) {
  return position.mark_price.value_or(position.entry_price);
}

// Wallet plus profit, nothing subtracted.
EquityLine equity_of(const MarginRules& rules, const Position& position, double wallet) {
  const double slope = x_sign(rules.kind, position.side) * position.quantity;
  const double entry_x = price_to_x(rules.kind, position.entry_price);
  return {.constant = wallet - slope * entry_x, .slope = slope};
}

// Where equity less the closing fee is nothing; may be negative or infinite.
double bankruptcy_x(const MarginRules& rules, const Position& position, double wallet) {
  const EquityLine equity = equity_of(rules, position, wallet);
  return -equity.constant / (equity.slope - rules.bankruptcy_fee_rate * position.quantity);
}

// A position's claim: the part that is fixed, and the leg that counts only when `moves`.
struct Requirement {
  double fixed = 0.0;
  bool moves = false;
  MaintenanceLeg leg = {};
  std::size_t tier_index = 0;
};

Result<Requirement> requirement_of(const MarginRules& rules, const TierTable& tiers,
                                   const Position& position, const Collateral& collateral) {
  Requirement requirement{.fixed = collateral.reserved};
  const bool fee_moves = rules.exit_fee_value == ExitFeeValue::kAtPrice;
  if (!fee_moves && rules.maintenance_fee_rate > 0.0) {
    const double x = bankruptcy_x(rules, position, collateral.wallet);
    const double value = std::isfinite(x) ? position.quantity * std::max(0.0, x) : 0.0;
    requirement.fixed += rules.maintenance_fee_rate * value;
  }
  const double fee_rate = fee_moves ? rules.maintenance_fee_rate : 0.0;
  const double entry_notional = position.quantity * price_to_x(rules.kind, position.entry_price);
  const bool by_size = rules.tier_basis == TierBasis::kSize;
  if (rules.maintenance_value == MaintenanceValue::kAtPrice && !by_size) {
    requirement.moves = true;
    requirement.leg = {.tiers = &tiers, .quantity = position.quantity, .fee_rate = fee_rate};
    return requirement;
  }
  const auto index = tiers.tier_index_at(by_size ? position.quantity : entry_notional);
  if (!index) return index.error();
  requirement.tier_index = *index;
  if (rules.maintenance_value == MaintenanceValue::kAtPrice) {
    requirement.moves = true;
    requirement.leg = {&tiers, position.quantity, fee_rate, *index};
    return requirement;
  }
  FAULTLINE_CHECK(fee_rate == 0.0);  // no venue mixes an entry-value rate with a moving fee
  requirement.fixed += maintenance_at(tiers.tiers()[*index], entry_notional);
  return requirement;
}

// Positive prices only: x of 0 is an infinite price of an inverse contract.
Result<LiquidationPrice> as_price(const MarginRules& rules, const Result<Shortfall>& found) {
  if (!found) return found.error();
  const double price = x_to_price(rules.kind, found->x);
  if (!is_positive(price)) return Error{Errc::kNotLiquidatable};
  return LiquidationPrice{price, found->tier_index};
}

}  // namespace

double initial_margin(const MarginRules& rules, const Position& position, double leverage) {
  FAULTLINE_CHECK(leverage > 0.0);
  return position.quantity * price_to_x(rules.kind, position.entry_price) / leverage;
}

Collateral isolated_collateral(const MarginRules& rules, const Position& position,
                               const IsolatedMargin& margin) {
  const double fee = x_sign(rules.kind, position.side) * rules.added_margin_fee_rate;
  return {.wallet = margin.initial + margin.added / (1.0 - fee)};
}

Collateral cross_collateral(const CrossMargin& margin) {
  return {.wallet = margin.wallet_balance + margin.others_unrealized_pnl,
          .reserved = margin.others_maintenance + margin.orders_margin};
}

Collateral cross_collateral_at_mark(const MarginRules& rules, const Position& position,
                                    const AccountAtMark& account) {
  const EquityLine profit = equity_of(rules, position, 0.0);
  const double mark_x = price_to_x(rules.kind, mark_of(position));
  return {.wallet = account.account_value - (profit.constant + profit.slope * mark_x),
          .reserved = account.others_maintenance};
}

Result<LiquidationPrice> liquidation_price(const MarginRules& rules, const TierTable& tiers,
                                           const Position& position, const Collateral& collateral) {
  if (!is_valid(position) || !is_valid(collateral)) return Error{Errc::kOutOfRange};
  const auto requirement = requirement_of(rules, tiers, position, collateral);
  if (!requirement) return requirement.error();
  EquityLine equity = equity_of(rules, position, collateral.wallet);
  equity.constant -= requirement->fixed;
  const std::span legs(&requirement->leg, requirement->moves ? 1 : 0);
  const SearchFrom from{.x = price_to_x(rules.kind, mark_of(position)),
                        .direction = adverse(equity.slope)};
  auto price = as_price(rules, first_shortfall(equity, legs, from));
  if (price && !requirement->moves) price->tier_index = requirement->tier_index;
  return price;
}

Result<double> bankruptcy_price(const MarginRules& rules, const Position& position,
                                const Collateral& collateral) {
  if (!is_valid(position) || !is_valid(collateral)) return Error{Errc::kOutOfRange};
  const double x = bankruptcy_x(rules, position, collateral.wallet);
  const double price = x_to_price(rules.kind, x);
  if (!is_positive(x) || !is_positive(price)) return Error{Errc::kNotLiquidatable};
  return price;
}

double reported_price_lossy(const MarginRules& rules, const PriceReport& report) {
  const double ticks = report.price / report.tick_size;
  const bool is_long = report.side == Side::kLong;
  switch (rules.reporting) {
    case Reporting::kExact:
      return report.price;
    case Reporting::kLongOneTickAbove:
      return is_long ? report.price + report.tick_size : report.price;
    case Reporting::kTickTowardsEntry:
      return (is_long ? std::ceil(ticks) : std::floor(ticks)) * report.tick_size;
  }
  return report.price;
}

Result<MarginState> margin_state(const MarginRules& rules, const TierTable& tiers,
                                 const Position& position, const Collateral& collateral) {
  if (!is_valid(position) || !is_valid(collateral)) return Error{Errc::kOutOfRange};
  const auto requirement = requirement_of(rules, tiers, position, collateral);
  if (!requirement) return requirement.error();
  const double mark_x = price_to_x(rules.kind, mark_of(position));
  const EquityLine equity = equity_of(rules, position, collateral.wallet);
  MarginState state{.notional = position.quantity * mark_x,
                    .equity = equity.constant + equity.slope * mark_x,
                    .maintenance = requirement->fixed,
                    .tier_index = requirement->tier_index};
  if (!requirement->moves) return state;
  if (!requirement->leg.fixed_tier) {
    const auto index = tiers.tier_index_at(state.notional);
    if (!index) return index.error();
    state.tier_index = *index;
  }
  state.maintenance += maintenance_at(tiers.tiers()[state.tier_index], state.notional) +
                       requirement->leg.fee_rate * state.notional;
  return state;
}

Result<HedgeLiquidation> hedge_liquidation_prices(const MarginRules& rules, const TierTable& tiers,
                                                  const HedgedPosition& position,
                                                  const Collateral& collateral) {
  const bool moves = rules.maintenance_value == MaintenanceValue::kAtPrice &&
                     rules.exit_fee_value == ExitFeeValue::kAtPrice &&
                     rules.tier_basis == TierBasis::kNotional;
  if (!moves) return Error{Errc::kBadRequest};
  const Position long_leg{Side::kLong, position.long_quantity, position.long_entry_price,
                          position.mark_price};
  const Position short_leg{Side::kShort, position.short_quantity, position.short_entry_price,
                           position.mark_price};
  if (!is_valid(long_leg) || !is_valid(short_leg) || !is_valid(collateral)) {
    return Error{Errc::kOutOfRange};
  }
  const EquityLine of_long = equity_of(rules, long_leg, collateral.wallet - collateral.reserved);
  const EquityLine of_short = equity_of(rules, short_leg, 0.0);
  const EquityLine equity{.constant = of_long.constant + of_short.constant,
                          .slope = of_long.slope + of_short.slope};
  const std::array legs{
      MaintenanceLeg{&tiers, position.long_quantity, rules.maintenance_fee_rate},
      MaintenanceLeg{&tiers, position.short_quantity, rules.maintenance_fee_rate}};
  const double mark_x = price_to_x(rules.kind, position.mark_price);
  const auto search = [&](double price_sign) {
    const double wanted = rules.kind == ContractKind::kLinear ? price_sign : -price_sign;
    const SearchFrom from{.x = mark_x,
                          .direction = wanted < 0.0 ? Direction::kDown : Direction::kUp};
    return as_price(rules, first_shortfall(equity, legs, from));
  };
  return HedgeLiquidation{.below = search(-1.0), .above = search(1.0)};
}

}  // namespace faultline
