#include "lab/liquidation_index.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/check.hpp"
#include "margin/liquidation_price.hpp"
#include "margin/rules.hpp"

namespace faultline {
namespace {

// Units of lab_instrument() and of the ledger.
constexpr double kUsdPerUnit = 1e-4;
constexpr double kBtcPerLot = 1e-3;
// Beyond it a price is as good as none, and 1e-9 USD no longer fit.
constexpr double kPriceMax = 5e9;

}  // namespace

TierTable lab_tiers() {
  const auto rung = [](double floor, double cap, double rate, double leverage) {
    return MaintenanceTier{.notional_floor = floor,
                           .notional_cap = cap,
                           .maintenance_rate = rate,
                           .leverage_max = leverage};
  };
  std::vector<MaintenanceTier> rungs{rung(0, 300e3, .004, 125),   rung(300e3, 800e3, .005, 100),
                                     rung(800e3, 3e6, .0065, 75), rung(3e6, 12e6, .01, 50),
                                     rung(12e6, 70e6, .02, 20),   rung(70e6, 1e12, .05, 10)};
  return TierTable::make(with_continuous_deductions(std::move(rungs))).value();
}

std::optional<PriceE9> liquidation_price_of(const LabAccount& account, const LabMargin& margin) {
  if (account.qty == 0) return std::nullopt;
  const auto mode = margin.is_isolated ? MarginMode::kIsolated : MarginMode::kCross;
  const MarginRules rules = margin_rules({Venue::kSimulated, ContractKind::kLinear, mode}).value();
  const double quantity = static_cast<double>(std::abs(account.qty)) * kBtcPerLot;
  const double entry = static_cast<double>(std::abs(account.cost)) * kUsdPerUnit / quantity;
  const double mark = to_double_approx(margin.mark);
  // The search begins at the better of entry and mark: from a mark that is already beyond the
  // liquidation price the answer would be the mark itself.
  const double from = account.qty > 0 ? std::max(entry, mark) : std::min(entry, mark);
  const Position position{
      .side = account.side(), .quantity = quantity, .entry_price = entry, .mark_price = from};
  const double wallet = static_cast<double>(account.wallet) * kUsdPerUnit;
  const Collateral collateral = margin.is_isolated
                                    ? isolated_collateral(rules, position, {.initial = wallet})
                                    : cross_collateral({.wallet_balance = wallet});
  const auto found = liquidation_price(rules, *margin.tiers, position, collateral);
  if (!found || found->price > kPriceMax) return std::nullopt;
  return PriceE9(std::llround(found->price * 1e9));
}

void LiquidationIndex::place(AccountIndex account, Side side, std::optional<PriceE9> price) {
  if (const auto& old = keys_[account]) order_[index_of(old->side)].erase({old->key, account});
  keys_[account].reset();
  if (!price) return;
  keys_[account] = Place{side, sign(side) * price->value};
  order_[index_of(side)].emplace(keys_[account]->key, account);
}

std::optional<PriceE9> LiquidationIndex::price_of(AccountIndex account) const {
  const auto& place = keys_[account];
  if (!place) return std::nullopt;
  return PriceE9(sign(place->side) * place->key);
}

std::optional<AccountIndex> LiquidationIndex::crossed(Side side, PriceE9 mark) const {
  const auto& order = order_[index_of(side)];
  if (order.empty() || sign(side) * mark.value > order.rbegin()->first) return std::nullopt;
  return order.rbegin()->second;
}

}  // namespace faultline
