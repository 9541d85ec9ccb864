#include "lab/liquidation_ladder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/check.hpp"

namespace faultline {
namespace {

// A double price is exact to some 1e-11 ticks here; a tick this close to the price counts as on it.
constexpr double kTickSlack = 1e-6;

Position position_of(const LabContract& contract, const LabAccount& account) {
  return {.side = account.side(),
          .quantity = contract.quantity_approx(std::abs(account.qty)),
          .entry_price = contract.entry_approx(account.qty, account.cost)};
}

Collateral collateral_of(const LabContract& contract, const VenueMargin& margin,
                         const LabAccount& account, const Position& position) {
  const double backing = contract.money_approx(account.backing());
  return account.is_isolated ? isolated_collateral(*margin.rules, position, {.initial = backing})
                             : cross_collateral({.wallet_balance = backing});
}

// On the grid, on the side of the price that `towards` says: +1 up, −1 down.
std::optional<PriceTicks> tick_at(const LabContract& contract, double price, int towards) {
  const double ticks = price / contract.price_approx(PriceTicks(1));
  if (!(ticks < static_cast<double>(kPriceLevels))) return std::nullopt;
  const double whole = towards > 0 ? std::ceil(ticks - kTickSlack) : std::floor(ticks + kTickSlack);
  const PriceTicks tick(static_cast<std::int64_t>(whole));
  if (tick.value < 1 || !is_book_price(tick)) return std::nullopt;
  return tick;
}

}  // namespace

std::optional<PriceTicks> liquidation_tick(const LabContract& contract, const VenueMargin& margin,
                                           const LabAccount& account, PriceTicks mark) {
  if (account.qty == 0) return std::nullopt;
  Position position = position_of(contract, account);
  const double at_mark = contract.price_approx(mark);
  position.mark_price = account.qty > 0 ? std::max(position.entry_price, at_mark)
                                        : std::min(position.entry_price, at_mark);
  const auto found = liquidation_price(*margin.rules, *margin.tiers, position,
                                       collateral_of(contract, margin, account, position));
  if (!found) return std::nullopt;
  return tick_at(contract, found->price, -sign(account.side()));
}

std::optional<PriceTicks> bankruptcy_tick(const LabContract& contract, const VenueMargin& margin,
                                          const LabAccount& account) {
  if (account.qty == 0) return std::nullopt;
  const Position position = position_of(contract, account);
  const auto price =
      bankruptcy_price(*margin.rules, position, collateral_of(contract, margin, account, position));
  if (!price) return std::nullopt;
  return tick_at(contract, *price, sign(account.side()));
}

std::int64_t maintenance_of(const LabContract& contract, const VenueMargin& margin,
                            const LabAccount& account, PriceTicks mark) {
  FAULTLINE_CHECK(account.qty != 0);
  Position position = position_of(contract, account);
  position.mark_price = contract.price_approx(mark);
  const auto state = margin_state(*margin.rules, *margin.tiers, position,
                                  collateral_of(contract, margin, account, position));
  // Beyond the ladder nothing is enough.
  if (!state) return contract.notional(account.qty, mark);
  return contract.money_of(state->maintenance);
}

void LiquidationLadder::take_out(AccountIndex account) {
  Place& place = places_[account];
  if (place.key == kNoLevel) return;
  Ladder& ladder = ladders_[index_of(place.side)];
  Level& level = ladder.at(place.key);
  (place.previous == 0 ? level.head : places_[place.previous - 1].next) = place.next;
  (place.next == 0 ? level.tail : places_[place.next - 1].previous) = place.previous;
  level.lots -= place.lots;
  ladder.settle(place.key);
  place = {};
}

void LiquidationLadder::place(AccountIndex account, Side side, std::optional<PriceTicks> tick,
                              Qty lots) {
  take_out(account);
  if (!tick) return;
  FAULTLINE_CHECK(lots.value > 0);
  Place& place = places_[account];
  place.key = key_of(best_of(side), *tick);
  place.side = side;
  place.lots = lots.value;
  Level& level = ladders_[index_of(side)].open(place.key);
  place.previous = level.tail;
  (level.tail == 0 ? level.head : places_[level.tail - 1].next) = account + 1;
  level.tail = account + 1;
  level.lots += lots.value;
}

std::optional<PriceTicks> LiquidationLadder::tick_of(AccountIndex account) const {
  const Place& place = places_[account];
  if (place.key == kNoLevel) return std::nullopt;
  return price_of(best_of(place.side), place.key);
}

std::optional<AccountIndex> LiquidationLadder::reached(Side side, PriceTicks mark) const {
  const Ladder& ladder = ladders_[index_of(side)];
  const LevelKey first = ladder.first();
  if (first == kNoLevel || first > key_of(best_of(side), mark)) return std::nullopt;
  return ladder.look(first).head - 1;
}

}  // namespace faultline
