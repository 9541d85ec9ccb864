#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/check.hpp"
#include "lab/exchange.hpp"

// The part of the exchange that takes positions from their owners.

namespace faultline {

// Accounts that are being liquidated stay out of the ladder until that is over.
void Exchange::reprice_touched() {
  FAULTLINE_CHECK(unsettled_.empty());
  for (const AccountIndex account : touched_) {
    is_touched_[account] = 0;
    if (is_held_[account] != 0 || account == fund_account()) continue;
    const LabAccount& state = ledger_[account];
    ladder_.place(account, state.side(), liquidation_tick_of(account), Qty(std::abs(state.qty)));
  }
  touched_.clear();
}

std::optional<AccountIndex> Exchange::next_reached() const {
  if (const auto account = ladder_.reached(Side::kLong, mark_)) return account;
  return ladder_.reached(Side::kShort, mark_);
}

// One step of each account that the mark has reached. What their orders do to the mark is seen at
// once where margins are judged at the last price, and at the next update_mark() elsewhere.
void Exchange::judge() {
  for (Ranking& ranking : rankings_) ranking.is_fresh = false;
  revisit_held();
  reprice_touched();
  for (std::uint32_t step = 0; step < config_.steps_per_round_max; ++step) {
    const auto account = next_reached();
    if (!account) return;
    liquidate(*account, false);
    if (config_.mark_kind == MarkKind::kLast) move_mark(last().value_or(mark_));
    reprice_touched();
  }
}

void Exchange::revisit_held() {
  std::vector<Held> held;
  held.swap(held_);
  for (const Held& one : held) {
    const AccountIndex account = one.account;
    is_held_[account] = 0;
    touch(account);
    settle_touched();
    if (ledger_[account].qty == 0) continue;
    const std::int64_t needed =
        maintenance_of(contract_, {&rules_, &config_.tiers}, ledger_[account], mark_);
    if (ledger_.equity(account, mark_) > needed) continue;
    if (now_ >= one.until || is_beyond_help(account)) {
      liquidate(account, one.has_had_part);
    } else {
      is_held_[account] = 1;
      held_.push_back(one);
    }
  }
}

bool Exchange::is_beyond_help(AccountIndex account) const {
  const std::int64_t equity = ledger_.equity(account, mark_);
  if (equity <= 0) return true;
  const std::int64_t needed =
      maintenance_of(contract_, {&rules_, &config_.tiers}, ledger_[account], mark_);
  return static_cast<double>(equity) <
         config_.liquidation.takeover_share * static_cast<double>(needed);
}

std::int64_t Exchange::lots_to_close(AccountIndex account, bool has_had_part) const {
  const std::int64_t lots = std::abs(ledger_[account].qty);
  const LiquidationConfig& how = config_.liquidation;
  switch (how.style) {
    case LiquidationStyle::kWhole:
      return lots;
    case LiquidationStyle::kPartialFirst: {
      if (has_had_part || contract_.usd_approx(lots, mark_) <= how.partial_from_usd) return lots;
      const double part = std::ceil(how.partial_share * static_cast<double>(lots));
      return std::clamp<std::int64_t>(static_cast<std::int64_t>(part), 1, lots);
    }
    case LiquidationStyle::kStepDown: {
      const double notional = contract_.money_approx(contract_.notional(lots, mark_));
      const auto rung = config_.tiers.tier_index_at(notional);
      if (!rung || *rung == 0) return lots;
      const double floor = config_.tiers.tiers()[*rung].notional_floor;
      const std::int64_t kept = contract_.lots_within(contract_.money_of(floor) - 1, mark_);
      return std::clamp<std::int64_t>(lots - kept, 1, lots);
    }
  }
  return lots;
}

void Exchange::liquidate(AccountIndex account, bool has_had_part) {
  ladder_.place(account, Side::kLong, std::nullopt, Qty(0));
  book_.cancel_all(OwnerId{account});
  if (is_beyond_help(account) && take_over(account)) return;
  const std::int64_t lots = lots_to_close(account, has_had_part);
  const bool is_part = lots < std::abs(ledger_[account].qty);
  close_in_book(account, lots);
  if (ledger_[account].qty == 0) return;
  const bool has_pause = is_part && config_.liquidation.style == LiquidationStyle::kPartialFirst;
  held_.push_back({.account = account,
                   .until = has_pause ? now_ + config_.liquidation.cool_down : now_,
                   .has_had_part = true});
  is_held_[account] = 1;
}

// Never at a price that would leave something missing.
void Exchange::close_in_book(AccountIndex account, std::int64_t lots) {
  const LabAccount& state = ledger_[account];
  const auto limit = bankruptcy_tick(contract_, {&rules_, &config_.tiers}, state);
  const OrderRequest order{.owner = OwnerId{account},
                           .side = opposite(state.side()),
                           .kind = limit ? OrderKind::kImmediateOrCancel : OrderKind::kMarket,
                           .self_trade = SelfTrade::kCancelResting,
                           .price = limit.value_or(mark_),
                           .quantity = Qty(lots)};
  forced_ = LiquidationRecord{.time = now_,
                              .account = account,
                              .side = state.side(),
                              .kind = ForcedKind::kBook,
                              .lots = Qty(0),
                              .value = 0,
                              .liquidation_tick = liquidation_tick_of(account),
                              .mark = mark_};
  const auto placed = book_.place(order);
  FAULTLINE_CHECK(placed.has_value());
  const LiquidationRecord record = *forced_;
  forced_.reset();
  if (record.lots.value > 0) {
    ledger_.charge_liquidation(account, fee_of(account, record.value, config_.liquidation.fee_e6));
    listener_.on_liquidation(record);
  }
  settle_touched();
}

bool Exchange::fund_can_take(AccountIndex account, PriceTicks price) const {
  const std::int64_t qty = ledger_[account].qty;
  const std::int64_t gained = contract_.value(qty, mark_) - contract_.value(qty, price);
  const double floor = config_.liquidation.fund_floor_share * config_.liquidation.fund_usd;
  const std::int64_t held = std::abs(ledger_[fund_account()].qty + qty);
  return contract_.usd_of_money(fund_equity() + gained, mark_) >= floor &&
         contract_.usd_approx(held, mark_) <= config_.liquidation.fund_position_usd_max;
}

// False where the fund cannot take it and it is not bankrupt either: nobody on the other side is
// made to give up a position for an account that still has something.
bool Exchange::take_over(AccountIndex account) {
  const LabAccount before = ledger_[account];
  const auto bankruptcy = bankruptcy_tick(contract_, {&rules_, &config_.tiers}, before);
  const PriceTicks price = bankruptcy.value_or(mark_);
  LiquidationRecord record{.time = now_,
                           .account = account,
                           .side = before.side(),
                           .kind = ForcedKind::kTakeover,
                           .lots = Qty(std::abs(before.qty)),
                           .value = 0,
                           .liquidation_tick = liquidation_tick_of(account),
                           .mark = mark_};
  if (!fund_can_take(account, price)) {
    if (ledger_.equity(account, mark_) > 0) return false;
    record.lots = Qty(deleverage(account, price));
    record.kind = ForcedKind::kDeleveraged;
    record.value = contract_.notional(record.lots.value, price);
    if (record.lots.value > 0) listener_.on_liquidation(record);
    record.kind = ForcedKind::kTakeover;
    record.lots = Qty(std::abs(ledger_[account].qty));  // what nobody was left to take
  }
  if (record.lots.value > 0) {
    ledger_.trade({.taker = account,
                   .maker = fund_account(),
                   .opens_towards = opposite(before.side()),
                   .price = price,
                   .qty = record.lots});
    record.value = contract_.notional(record.lots.value, price);
    listener_.on_liquidation(record);
  }
  touch(account);
  settle_touched();
  return true;
}

// The lots that found a counterparty.
std::int64_t Exchange::deleverage(AccountIndex bankrupt, PriceTicks price) {
  const Side side = opposite(ledger_[bankrupt].side());
  Ranking& ranking = rankings_[index_of(side)];
  if (!ranking.is_fresh) rank_against(side);
  const std::int64_t wanted = std::abs(ledger_[bankrupt].qty);
  std::int64_t left = wanted;
  while (left > 0 && ranking.next < ranking.accounts.size()) {
    const AccountIndex account = ranking.accounts[ranking.next];
    const std::int64_t there = sign(side) * ledger_[account].qty;
    const std::int64_t lots = std::min(left, there);
    if (lots == there || lots <= 0) ++ranking.next;
    if (lots <= 0) continue;
    book_.cancel_all(OwnerId{account});
    ledger_.trade({.taker = bankrupt,
                   .maker = account,
                   .opens_towards = side,
                   .price = price,
                   .qty = Qty(lots)});
    left -= lots;
    touch(account);
    listener_.on_deleverage({.time = now_,
                             .account = account,
                             .bankrupt = bankrupt,
                             .side = side,
                             .lots = Qty(lots),
                             .price = price});
  }
  return wanted - left;
}

// Gain over entry, times leverage where it is a gain and divided by it where it is a loss.
// Source: Binance support, "What is auto-deleveraging"; Hyperliquid's index has the same shape.
double Exchange::gain_score(AccountIndex account) const {
  const LabAccount& state = ledger_[account];
  const double value = static_cast<double>(contract_.value(state.qty, mark_));
  const double cost = static_cast<double>(state.entry_value());
  const double gain = (value - cost) / std::abs(cost);
  const double equity =
      static_cast<double>(std::max<std::int64_t>(1, ledger_.equity(account, mark_)));
  const double leverage = std::abs(value) / equity;
  return gain > 0.0 ? gain * leverage : gain / std::max(leverage, 1e-9);
}

// Cost: O(accounts · log accounts), once a round at most.
void Exchange::rank_against(Side side) {
  Ranking& ranking = rankings_[index_of(side)];
  ranking.accounts.clear();
  ranking.next = 0;
  ranking.is_fresh = true;
  std::vector<double> scores(config_.account_count);
  for (AccountIndex account = 0; account < config_.account_count; ++account) {
    if (sign(side) * ledger_[account].qty <= 0) continue;
    scores[account] = gain_score(account);
    ranking.accounts.push_back(account);
  }
  std::ranges::sort(ranking.accounts, [&](AccountIndex a, AccountIndex b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
}

void Exchange::unwind() {
  const std::int64_t qty = ledger_[fund_account()].qty;
  if (qty == 0) return;
  const LiquidationConfig& how = config_.liquidation;
  const double share = how.unwind_share * static_cast<double>(std::abs(qty));
  const double least = how.unwind_usd_least / contract_.usd_approx(1, mark_);
  const auto lots = static_cast<std::int64_t>(std::ceil(std::max(share, least)));
  const Side side = qty > 0 ? Side::kShort : Side::kLong;
  const double limit = static_cast<double>(mark_.value) * (1.0 + sign(side) * how.unwind_slippage);
  const OrderRequest order{
      .owner = OwnerId{fund_account()},
      .side = side,
      .kind = OrderKind::kImmediateOrCancel,
      .price = PriceTicks(std::clamp<std::int64_t>(std::llround(limit), 1, kPriceLevels - 1)),
      .quantity = Qty(std::min(lots, std::abs(qty)))};
  FAULTLINE_CHECK(book_.place(order).has_value());
  settle_touched();
}

}  // namespace faultline
