#include "lab/exchange.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/check.hpp"

namespace faultline {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kRateE6 = 1'000'000;

OwnerId owner_of(AccountIndex account) { return OwnerId{account}; }
AccountIndex account_of(OwnerId owner) { return static_cast<AccountIndex>(owner); }

double ratio(Nanos part, Nanos whole) {
  return static_cast<double>(part.value) / static_cast<double>(whole.value);
}

}  // namespace

Exchange::Exchange(const ExchangeConfig& config, ExchangeListener& listener)
    : config_(config),
      listener_(listener),
      contract_(LabContract::of(config.instrument).value()),
      rules_(margin_rules({Venue::kSimulated, config.instrument.kind, MarginMode::kCross}).value()),
      ledger_(config.account_count + std::size_t{1}, contract_),
      book_({.orders_max = config.orders_max, .owners_max = config.account_count + 1}, *this),
      ladder_(config.account_count + std::size_t{1}),
      mark_price_(config.mark),
      funding_(config.funding),
      now_(config.opening_time),
      funding_due_(config.opening_time + config.funding.interval),
      mark_(config.opening_price),
      is_touched_(config.account_count + std::size_t{1}),
      is_held_(config.account_count + std::size_t{1}) {
  FAULTLINE_CHECK(validate(config).has_value());
  for (auto* by_side : {&resting_lots_, &waiting_lots_}) {
    for (auto& lots : *by_side) lots.resize(config.account_count + std::size_t{1});
  }
  ledger_.transfer(fund_account(), contract_.money_of_usd(config.liquidation.fund_usd, mark_));
  for (const PriceSource source : {PriceSource::kMark, PriceSource::kLast})
    FAULTLINE_CHECK(book_.set_price(source, mark_).has_value());
}

void Exchange::set_time(UnixNanos now) {
  FAULTLINE_CHECK(now >= now_);
  now_ = now;
}

// --- Accounts -----------------------------------------------------------------------------------

void Exchange::set_mode(AccountIndex account, MarginMode mode, double leverage) {
  FAULTLINE_CHECK(leverage >= 1.0);
  const auto rate = static_cast<std::int32_t>(std::ceil(static_cast<double>(kRateE6) / leverage));
  mode == MarginMode::kIsolated ? ledger_.set_isolated(account, rate)
                                : ledger_.set_cross(account, rate);
}

std::int64_t Exchange::withdraw(AccountIndex account, std::int64_t money) {
  const LabAccount& state = ledger_[account];
  std::int64_t free = state.wallet;
  if (!state.is_isolated) {
    const std::int64_t kept = initial_margin_of(account, std::abs(state.qty));
    free = std::min(free, ledger_.equity(account, mark_) - kept);
  }
  const std::int64_t taken = std::clamp<std::int64_t>(money, 0, std::max<std::int64_t>(free, 0));
  deposit(account, -taken);
  return taken;
}

void Exchange::add_margin(AccountIndex account, std::int64_t money) {
  const std::int64_t free = std::max<std::int64_t>(ledger_[account].wallet, 0);
  ledger_.add_margin(account, std::clamp<std::int64_t>(money, 0, free));
  touch(account);
  settle_touched();
}

void Exchange::deposit(AccountIndex account, std::int64_t money) {
  ledger_.transfer(account, money);
  if (ledger_[account].qty != 0) touch(account);
  settle_touched();
}

// --- Orders -------------------------------------------------------------------------------------

Result<Placement, OrderRefusal> Exchange::place(OrderRequest request) {
  if (static_cast<std::uint32_t>(request.owner) >= config_.account_count)
    return OrderRefusal{RejectReason::kBadOwner};
  request.self_trade = SelfTrade::kCancelResting;
  if (!has_margin_for(request)) return OrderRefusal{};
  const auto placed = book_.place(request);
  settle_touched();
  if (!placed) return OrderRefusal{placed.error()};
  if (placed->state == PlacementState::kWaiting) count_waiting(request, 1);
  return *placed;
}

Result<OrderView, RejectReason> Exchange::cancel(OrderId id) { return book_.cancel(id); }

bool Exchange::has_margin_for_more(const OrderView& order, Qty wanted) const {
  if (wanted <= order.order.quantity) return true;
  OrderRequest more = order.order;
  more.quantity = wanted - order.order.quantity;
  return has_margin_for(more);
}

Result<Placement, OrderRefusal> Exchange::replace(OrderId id, Replacement replacement) {
  const std::optional<OrderView> before = book_.find(id);
  if (before && !has_margin_for_more(*before, replacement.quantity)) return OrderRefusal{};
  const auto placed = book_.replace(id, replacement);
  settle_touched();
  if (!placed) return OrderRefusal{placed.error()};
  // A waiting order changes without a word from the book.
  if (before->is_waiting) {
    count_waiting(before->order, -1);
    OrderRequest after = before->order;
    after.quantity = replacement.quantity;
    count_waiting(after, 1);
  }
  return *placed;
}

void Exchange::cancel_all(AccountIndex account) { book_.cancel_all(owner_of(account)); }

// Of a position of so many lots at the mark: what the account chose, but no less than the rung of
// the ladder asks for.
std::int64_t Exchange::initial_margin_of(AccountIndex account, std::int64_t lots) const {
  const std::int64_t notional = contract_.notional(lots, mark_);
  std::int64_t rate = std::max<std::int64_t>(1, ledger_[account].initial_rate_e6);
  const auto rung = config_.tiers.tier_index_at(contract_.money_approx(notional));
  if (!rung) return ledger_.transferred();  // beyond the ladder: more than anybody has
  const double leverage_max = config_.tiers.tiers()[*rung].leverage_max.value_or(1.0);
  rate = std::max(rate, static_cast<std::int64_t>(static_cast<double>(kRateE6) / leverage_max));
  return static_cast<std::int64_t>(Wide{notional} * rate / kRateE6);
}

// As if everything that rests or waits on the side were filled too. What only reduces needs no
// margin.
bool Exchange::has_margin_for(const OrderRequest& request) const {
  if (request.is_reduce_only || request.quantity.value <= 0) return true;
  const AccountIndex account = account_of(request.owner);
  const std::size_t s = index_of(request.side);
  const LabAccount& state = ledger_[account];
  const std::int64_t held = sign(request.side) * state.qty;
  const std::int64_t after =
      held + resting_lots_[s][account] + waiting_lots_[s][account] + request.quantity.value;
  if (after <= 0) return true;
  if (after >= kOrderLotsMax.value) return false;
  const std::int64_t needed = initial_margin_of(account, after);
  if (!state.is_isolated) return ledger_.equity(account, mark_) >= needed;
  // An isolated position keeps its margin as it grows; what turns it around sets it free first.
  if (held > 0) return state.wallet >= needed - initial_margin_of(account, held);
  const std::int64_t freed = held < 0 ? ledger_.equity(account, mark_) : 0;
  return state.wallet + std::max<std::int64_t>(freed, 0) >= needed;
}

std::int64_t Exchange::fee_of(AccountIndex account, std::int64_t notional,
                              std::int64_t rate_e6) const {
  if (account == fund_account()) return 0;
  return static_cast<std::int64_t>(Wide{notional} * rate_e6 / kRateE6);
}

void Exchange::on_trade(const BookTrade& trade) {
  const std::int64_t notional = contract_.notional(trade.lots.value, trade.price);
  const Fill fill{
      .taker = account_of(trade.taker_owner),
      .maker = account_of(trade.maker_owner),
      .opens_towards = trade.taker_side,
      .price = trade.price,
      .qty = trade.lots,
      .taker_fee = fee_of(account_of(trade.taker_owner), notional, config_.taker_fee_e6),
      .maker_fee = fee_of(account_of(trade.maker_owner), notional, config_.maker_fee_e6)};
  ledger_.trade(fill);
  resting_lots_[index_of(opposite(trade.taker_side))][fill.maker] -= trade.lots.value;
  touch(fill.taker);
  touch(fill.maker);
  // A stop that it sets off is another order, inside the same call.
  if (forced_ && fill.taker == forced_->account) {
    forced_->lots += trade.lots;
    forced_->value += notional;
  }
  listener_.on_trade(now_, fill);
}

void Exchange::on_rested(const OrderView& order) {
  resting_lots_[index_of(order.order.side)][account_of(order.order.owner)] +=
      order.order.quantity.value;
}

void Exchange::on_reduced(const OrderView& order, Qty by) {
  resting_lots_[index_of(order.order.side)][account_of(order.order.owner)] -= by.value;
}

// Takers never leave for having met themselves here, so these reasons tell what had rested.
void Exchange::on_removed(const OrderView& order, RemovalReason reason) {
  const bool was_taken_out = reason == RemovalReason::kCancelled ||
                             reason == RemovalReason::kReplaced ||
                             reason == RemovalReason::kSelfTrade;
  if (was_taken_out && order.is_waiting) on_triggered(order);
  if (was_taken_out && !order.is_waiting) on_reduced(order, order.order.quantity);
  if (reason == RemovalReason::kSelfTrade || reason == RemovalReason::kNothingToReduce)
    listener_.on_order_lost(order, reason);
}

void Exchange::count_waiting(const OrderRequest& order, int sign) {
  if (order.is_reduce_only) return;
  waiting_lots_[index_of(order.side)][account_of(order.owner)] += sign * order.quantity.value;
}

void Exchange::on_triggered(const OrderView& order) { count_waiting(order.order, -1); }

Qty Exchange::position_lots(OwnerId owner) const { return Qty(ledger_[account_of(owner)].qty); }

void Exchange::touch(AccountIndex account) {
  unsettled_.push_back(account);
  if (is_touched_[account] != 0) return;
  is_touched_[account] = 1;
  touched_.push_back(account);
}

// Nobody stays below zero without a position; a position that pays for it is cashed in.
void Exchange::settle_touched() {
  for (const AccountIndex account : unsettled_) {
    const LabAccount& state = ledger_[account];
    if (account == fund_account()) continue;
    if (state.qty == 0) {
      ledger_.cover(account);
    } else if (state.wallet < 0 || state.margin < 0) {
      ledger_.realise(account, mark_);
    }
  }
  unsettled_.clear();
}

// --- The clock's part ---------------------------------------------------------------------------

double Exchange::mid() const {
  const auto bid = book_.best_price(Side::kLong);
  const auto ask = book_.best_price(Side::kShort);
  if (bid && ask) return 0.5 * (contract_.price_approx(*bid) + contract_.price_approx(*ask));
  return contract_.price_approx(last().value_or(mark_));
}

void Exchange::sample_basis(double index) { mark_price_.sample_basis(index, mid()); }

// The mean price of taking the impact notional from the resting orders of `side`; of what there is,
// where that is less, and the index where there is nothing.
double Exchange::impact_price(Side side, double index) const {
  double left_usd = config_.funding.impact_notional_usd;
  double quantity = 0.0;
  double paid = 0.0;
  book_.visit_levels(side, [&](PriceTicks price, Qty lots) {
    const double there = contract_.usd_approx(lots.value, price);
    const double taken = std::min(left_usd, there);
    quantity += taken / contract_.price_approx(price);
    paid += taken;
    left_usd -= taken;
    return left_usd > 0.0;
  });
  return quantity > 0.0 ? paid / quantity : index;
}

void Exchange::sample_premium(double index) {
  funding_.sample({.index = index,
                   .impact_bid = impact_price(Side::kLong, index),
                   .impact_ask = impact_price(Side::kShort, index)});
}

void Exchange::settle_funding() {
  const std::int64_t rate_e9 = funding_.settle_e9();
  ledger_.pay_funding({.rate_e9 = rate_e9, .mark = mark_});
  for (AccountIndex account = 0; account < config_.account_count; ++account) {
    if (ledger_[account].qty != 0) touch(account);
  }
  funding_due_ = now_ + config_.funding.interval;
  settle_touched();
  listener_.on_funding(now_, rate_e9);
}

void Exchange::move_mark(PriceTicks mark) {
  if (mark == mark_) return;
  mark_ = mark;
  for (Ranking& ranking : rankings_) ranking.is_fresh = false;
  FAULTLINE_CHECK(book_.set_price(PriceSource::kMark, mark_).has_value());
  settle_touched();
}

// Off the grid, in quote currency.
double Exchange::mark_of(double index) const {
  const double last_price = contract_.price_approx(last().value_or(mark_));
  if (config_.mark_kind == MarkKind::kLast) return last_price;
  if (config_.mark_kind == MarkKind::kIndex) return index;
  const Nanos left = funding_due_ > now_ ? funding_due_ - now_ : Nanos(0);
  return mark_price_.at({.index = index,
                         .last = last_price,
                         .funding_rate = funding_.estimate(),
                         .funding_left = ratio(left, config_.funding.interval)});
}

void Exchange::update_mark(double index) {
  const double ticks = std::round(mark_of(index) / contract_.price_approx(PriceTicks(1)));
  move_mark(PriceTicks(
      static_cast<std::int64_t>(std::clamp(ticks, 1.0, static_cast<double>(kPriceLevels - 1)))));
  judge();
}

std::int64_t Exchange::fund_equity() const {
  return ledger_.insurance() + ledger_.equity(fund_account(), mark_);
}

std::optional<PriceTicks> Exchange::liquidation_tick_of(AccountIndex account) const {
  return liquidation_tick(contract_, {&rules_, &config_.tiers}, ledger_[account], mark_);
}

const LiquidationLadder& Exchange::liquidation_levels() {
  reprice_touched();
  return ladder_;
}

}  // namespace faultline
