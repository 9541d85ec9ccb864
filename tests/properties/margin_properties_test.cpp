// What must hold for every liquidation price, whatever the venue: where it lies, how it moves, and
// that a linear long is an inverse short seen in the mirror p → 1/p.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "margin/liquidation_price.hpp"
#include "margin/rules.hpp"

namespace faultline {
namespace {

// Uniform in [low, high), in steps of a millionth of the range.
struct Range {
  double low;
  double high;
};
double any_in(Range range) {
  const int step = *rc::gen::inRange(0, 1'000'000);
  return range.low + (range.high - range.low) * step * 1e-6;
}

Side any_side() { return *rc::gen::element(Side::kLong, Side::kShort); }

MarginRules any_rules() {
  return margin_rules(*rc::gen::element(RulesQuery{Venue::kBinanceUsdm, ContractKind::kLinear},
                                        RulesQuery{Venue::kBinanceCoinm, ContractKind::kInverse},
                                        RulesQuery{Venue::kBybitLinear, ContractKind::kLinear},
                                        RulesQuery{Venue::kBybitInverse, ContractKind::kInverse},
                                        RulesQuery{Venue::kBybitLinear, ContractKind::kLinear,
                                                   MarginMode::kCross},
                                        RulesQuery{Venue::kOkx, ContractKind::kLinear},
                                        RulesQuery{Venue::kOkx, ContractKind::kInverse},
                                        RulesQuery{Venue::kGate, ContractKind::kLinear},
                                        RulesQuery{Venue::kGate, ContractKind::kInverse},
                                        RulesQuery{Venue::kHyperliquid, ContractKind::kLinear},
                                        RulesQuery{Venue::kBitmex, ContractKind::kLinear},
                                        RulesQuery{Venue::kBitmex, ContractKind::kInverse}))
      .value();
}

Position any_position() { return {any_side(), any_in({.01, 50.0}), any_in({.1, 90'000.0})}; }

double notional_of(const MarginRules& rules, const Position& position) {
  return initial_margin(rules, position, 1.0);
}

// Three open-ended rungs whose edges lie around `notional`, with or without deductions.
TierTable any_ladder(double notional) {
  const double first = notional * any_in({.3, 1.0});
  const double second = first * any_in({1.1, 3.0});
  std::vector<MaintenanceTier> tiers{
      {.notional_cap = first, .maintenance_rate = any_in({.002, .01})},
      {.notional_floor = first, .notional_cap = second, .maintenance_rate = any_in({.0101, .02})},
      {.notional_floor = second, .maintenance_rate = any_in({.0201, .04})}};
  if (*rc::gen::arbitrary<bool>()) tiers = with_continuous_deductions(std::move(tiers));
  return TierTable::make(std::move(tiers)).value();
}

// Signed distance that a price has moved against the position.
double adverse_move(const Position& position, double from, double to) {
  return sign(position.side) * (from - to);
}

RC_GTEST_PROP(MarginProperties, IsolatedPriceLiesBetweenBankruptcyAndEntry, ()) {
  const MarginRules rules = any_rules();
  const Position position = any_position();
  const double rate = any_in({.002, .05});
  const double requirement = rate + rules.maintenance_fee_rate;
  const double leverage = 1.0001 + any_in({0.0, 1.0}) * (.99 / requirement - 1.0001);
  const TierTable tiers = TierTable::make({{.maintenance_rate = rate}}).value();
  const Collateral collateral =
      isolated_collateral(rules, position, {initial_margin(rules, position, leverage)});
  const auto price = liquidation_price(rules, tiers, position, collateral);
  RC_ASSERT(price.has_value());
  RC_ASSERT(price->price > 0.0);
  RC_ASSERT(adverse_move(position, position.entry_price, price->price) > 0.0);
  const auto bankrupt = bankruptcy_price(rules, position, collateral);
  RC_ASSERT(bankrupt.has_value());
  RC_ASSERT(adverse_move(position, price->price, *bankrupt) >= 0.0);
}

RC_GTEST_PROP(MarginProperties, CrossPriceNeverPassesTheMark, ()) {
  const MarginRules rules = any_rules();
  Position position = any_position();
  position.mark_price = position.entry_price * any_in({.7, 1.4});
  const double notional = notional_of(rules, position);
  const TierTable tiers = any_ladder(notional);
  const Collateral collateral =
      cross_collateral({.wallet_balance = notional * any_in({-.3, 1.2}),
                        .others_unrealized_pnl = notional * any_in({-.2, .2}),
                        .others_maintenance = notional * any_in({0.0, .1})});
  const auto state = margin_state(rules, tiers, position, collateral);
  const auto price = liquidation_price(rules, tiers, position, collateral);
  if (!state || !price) {
    RC_TAG("no price");
    return;
  }
  const double move = adverse_move(position, *position.mark_price, price->price);
  const double slack = 1e-12 * *position.mark_price;
  const double surplus = state->equity - state->maintenance;
  if (surplus > 1e-9 * notional) RC_ASSERT(move > 0.0);
  if (surplus < -1e-9 * notional) RC_ASSERT(std::abs(move) <= slack);
  RC_ASSERT(move >= -slack);
  RC_CLASSIFY(adverse_move(position, position.entry_price, price->price) < 0.0, "past the entry");
}

// At the price found, the venue's own state says equity = maintenance (or jumps below it there).
RC_GTEST_PROP(MarginProperties, StateAtThePriceIsShort, ()) {
  const MarginRules rules = any_rules();
  Position position = any_position();
  const double notional = notional_of(rules, position);
  const TierTable tiers = any_ladder(notional);
  const Collateral collateral{.wallet = notional * any_in({.01, .95})};
  const auto price = liquidation_price(rules, tiers, position, collateral);
  RC_PRE(price.has_value());
  // The price may be an edge that rounding puts on either side: a hair farther counts too.
  const double hair = 1e-12 * sign(position.side);
  double surplus_least = std::numeric_limits<double>::infinity();
  for (const double nudge : {-hair, 0.0, hair}) {
    position.mark_price = price->price * (1.0 + nudge);
    const auto state = margin_state(rules, tiers, position, collateral);
    RC_ASSERT(state.has_value());
    surplus_least = std::min(surplus_least, state->equity - state->maintenance);
  }
  RC_ASSERT(surplus_least <= 1e-9 * notional);
}

RC_GTEST_PROP(MarginProperties, MoreMarginNeverBringsThePriceNearer, ()) {
  const MarginRules rules = any_rules();
  const Position position = any_position();
  const double notional = notional_of(rules, position);
  const TierTable tiers = any_ladder(notional);
  const double wallet = notional * any_in({.01, 1.0});
  const Collateral less{.wallet = wallet};
  const Collateral more{.wallet = wallet + notional * any_in({0.0, .5})};
  const auto near = liquidation_price(rules, tiers, position, less);
  const auto far = liquidation_price(rules, tiers, position, more);
  if (!near) RC_ASSERT(!far.has_value());
  if (near && far) {
    RC_ASSERT(adverse_move(position, near->price, far->price) >= -1e-12 * near->price);
  }
}

RC_GTEST_PROP(MarginProperties, MoreLeverageNeverTakesThePriceFarther, ()) {
  const MarginRules rules = any_rules();
  const Position position = any_position();
  const TierTable tiers = any_ladder(notional_of(rules, position));
  const double low = any_in({1.01, 50.0});
  const double high = low * any_in({1.0, 3.0});
  const auto price_at = [&](double leverage) {
    return liquidation_price(
        rules, tiers, position,
        isolated_collateral(rules, position, {initial_margin(rules, position, leverage)}));
  };
  const auto far = price_at(low);
  const auto near = price_at(high);
  if (far) RC_ASSERT(near.has_value());
  if (near && far) {
    RC_ASSERT(adverse_move(position, near->price, far->price) >= -1e-12 * near->price);
  }
}

RC_GTEST_PROP(MarginProperties, LinearAndInverseAreMirrorImages, ()) {
  MarginRules linear = any_rules();
  linear.kind = ContractKind::kLinear;
  MarginRules inverse = linear;
  inverse.kind = ContractKind::kInverse;
  Position position = any_position();
  position.mark_price = position.entry_price * any_in({.8, 1.2});
  const Position mirror{opposite(position.side), position.quantity, 1.0 / position.entry_price,
                        1.0 / *position.mark_price};
  const double notional = notional_of(linear, position);
  const TierTable tiers = any_ladder(notional);
  const Collateral collateral{.wallet = notional * any_in({.01, 1.1}),
                              .reserved = notional * any_in({0.0, .05})};
  const auto price = liquidation_price(linear, tiers, position, collateral);
  const auto image = liquidation_price(inverse, tiers, mirror, collateral);
  RC_ASSERT(price.has_value() == image.has_value());
  if (!price) {
    RC_ASSERT(price.error() == image.error());
    return;
  }
  RC_ASSERT(std::abs(price->price * image->price - 1.0) < 1e-9);
}

}  // namespace
}  // namespace faultline
