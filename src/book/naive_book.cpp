#include "book/naive_book.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace faultline {
namespace {

// True where a price is at least as good for a taker of `side` as another: lower for a buyer.
bool is_as_good(Side side, PriceTicks price, PriceTicks other) {
  return side == Side::kLong ? price <= other : price >= other;
}

bool crosses(const OrderRequest& taker, PriceTicks maker_price) {
  return taker.kind == OrderKind::kMarket || is_as_good(taker.side, maker_price, taker.price);
}

bool is_reached(const OrderRequest& order, PriceTicks now) {
  return fires_on_rise(order.side, order.trigger->kind) ? now >= order.trigger->price
                                                        : now <= order.trigger->price;
}

// Keeps positions as trades would leave them, and is otherwise deaf.
class WhatIf final : public BookListener {
 public:
  explicit WhatIf(const BookListener& real) : real_(real) {}

  void on_trade(const BookTrade& trade) override {
    moved_[trade.taker_owner] += sign(trade.taker_side) * trade.lots.value;
    moved_[trade.maker_owner] -= sign(trade.taker_side) * trade.lots.value;
  }
  void on_rested(const OrderView&) override {}
  void on_reduced(const OrderView&, Qty) override {}
  void on_removed(const OrderView&, RemovalReason) override {}
  void on_triggered(const OrderView&) override {}
  Qty position_lots(OwnerId owner) const override {
    const auto found = moved_.find(owner);
    return real_.position_lots(owner) + Qty(found == moved_.end() ? 0 : found->second);
  }

 private:
  const BookListener& real_;
  std::map<OwnerId, std::int64_t> moved_;
};

}  // namespace

Result<Placement, RejectReason> NaiveBook::place(const OrderRequest& request) {
  if (const auto flaw = flaw_of(request, config_)) return *flaw;
  const bool needs_room = may_rest(request.kind) || request.trigger.has_value();
  if (needs_room && orders_.size() >= config_.orders_max) return RejectReason::kBookFull;
  if (request.trigger) {
    const auto now = reference_price(request.trigger->source);
    if (!now) return RejectReason::kNoReferencePrice;
    if (is_reached(request, *now)) return RejectReason::kWouldTrigger;
  } else if (const auto refusal = refusal_of(request)) {
    return *refusal;
  }
  Order order{.view = {.id = OrderId{++last_id_}, .order = request}};
  order.view.is_waiting = request.trigger.has_value();
  if (request.kind == OrderKind::kMarket) order.view.order.price = PriceTicks(0);
  orders_.push_back(order);
  if (!request.trigger) return enter_and_follow(order.view.id);
  return Placement{
      .id = order.view.id, .state = PlacementState::kWaiting, .taken = request.quantity};
}

Result<OrderView, RejectReason> NaiveBook::cancel(OrderId id) {
  const std::optional<OrderView> order = find(id);
  if (!order) return RejectReason::kUnknownOrder;
  remove(id, RemovalReason::kCancelled);
  return *order;
}

std::size_t NaiveBook::cancel_all(OwnerId owner) {
  std::vector<OrderId> ids;
  for (const Order& order : orders_) {
    if (order.view.order.owner == owner) ids.push_back(order.view.id);
  }
  std::ranges::reverse(ids);
  for (const OrderId id : ids) remove(id, RemovalReason::kCancelled);
  return ids.size();
}

Result<Placement, RejectReason> NaiveBook::replace(OrderId id, Replacement replacement) {
  Order* order = pointer_to(id);
  if (order == nullptr) return RejectReason::kUnknownOrder;
  const OrderView before = order->view;
  OrderRequest changed = before.order;
  changed.price = replacement.price;
  changed.quantity = replacement.quantity;
  if (const auto flaw = flaw_of(changed, config_)) return *flaw;
  if (changed.kind == OrderKind::kMarket) changed.price = PriceTicks(0);

  Placement same{.id = id, .state = PlacementState::kResting, .taken = replacement.quantity};
  if (before.is_waiting) {
    order->view.order = changed;
    same.state = PlacementState::kWaiting;
    return same;
  }
  if (changed.price == before.order.price && changed.quantity <= before.order.quantity) {
    order->view.order = changed;
    const Qty less = before.order.quantity - changed.quantity;
    if (less.value > 0) listener_->on_reduced(order->view, less);
    return same;
  }
  if (const auto refusal = refusal_of(changed)) return *refusal;
  order->queued = 0;
  listener_->on_removed(before, RemovalReason::kReplaced);
  order->view.order = changed;
  return enter_and_follow(id);
}

Result<void, RejectReason> NaiveBook::set_price(PriceSource source, PriceTicks price) {
  if (!is_book_price(price)) return RejectReason::kBadPrice;
  note_price(source, price);
  run_fired();
  return {};
}

NaiveBook::Order* NaiveBook::pointer_to(OrderId id) {
  const auto found =
      std::ranges::find_if(orders_, [&](const Order& order) { return order.view.id == id; });
  return found == orders_.end() ? nullptr : &*found;
}

// The resting order that a taker would meet first: the best price, then the longest in its queue.
const NaiveBook::Order* NaiveBook::first_maker(const OrderRequest& taker) const {
  const Order* first = nullptr;
  for (const Order& order : orders_) {
    if (order.queued == 0 || order.view.order.side == taker.side) continue;
    if (!crosses(taker, order.view.order.price)) continue;
    const bool is_better = first == nullptr || (order.view.order.price == first->view.order.price
                                                    ? order.queued < first->queued
                                                    : is_as_good(taker.side, order.view.order.price,
                                                                 first->view.order.price));
    if (is_better) first = &order;
  }
  return first;
}

std::optional<RejectReason> NaiveBook::refusal_of(const OrderRequest& request) const {
  if (request.kind == OrderKind::kPostOnly && first_maker(request) != nullptr)
    return RejectReason::kWouldCross;
  if (request.is_reduce_only && reducible(request).value == 0)
    return RejectReason::kNothingToReduce;
  return std::nullopt;
}

Qty NaiveBook::reducible(const OrderRequest& order) const {
  return reducible_lots(listener_->position_lots(order.owner), order.side);
}

bool NaiveBook::would_fill_whole(const Order& taker) const {
  const OrderRequest& order = taker.view.order;
  if (order.is_reduce_only && reducible(order) < order.quantity) return false;
  WhatIf what_if(*listener_);
  NaiveBook copy(*this);
  copy.listener_ = &what_if;
  copy.match(taker.view.id);
  return copy.pointer_to(taker.view.id)->view.order.quantity.value == 0;
}

Placement NaiveBook::enter_and_follow(OrderId id) {
  Placement placed = enter(id);
  run_fired();
  if (pointer_to(id) == nullptr) placed.state = PlacementState::kDone;
  return placed;
}

Placement NaiveBook::enter(OrderId id) {
  OrderRequest& order = pointer_to(id)->view.order;
  Placement placed{.id = id};
  if (order.kind == OrderKind::kFillOrKill) {
    if (!would_fill_whole(*pointer_to(id))) {
      remove(id, RemovalReason::kKilled);
      return placed;
    }
  } else if (order.is_reduce_only) {
    order.quantity = std::min(order.quantity, reducible(order));
  }
  placed.taken = order.quantity;
  const bool is_stopped = match(id);
  Order& taker = *pointer_to(id);
  const Qty left = taker.view.order.quantity;
  placed.filled = placed.taken - left;
  if (left.value == 0) {
    std::erase_if(orders_, [&](const Order& one) { return one.view.id == id; });
  } else if (is_stopped) {
    remove(id, RemovalReason::kSelfTrade);
  } else if (may_rest(taker.view.order.kind)) {
    taker.queued = ++last_queued_;
    placed.state = PlacementState::kResting;
    listener_->on_rested(taker.view);
  } else {
    remove(id, RemovalReason::kExpired);
  }
  return placed;
}

// True where self-trade prevention ends the taker.
bool NaiveBook::match(OrderId taker_id) {
  for (;;) {
    const OrderRequest taker = pointer_to(taker_id)->view.order;
    if (taker.quantity.value == 0) return false;
    const Order* first = first_maker(taker);
    if (first == nullptr) return false;
    const OrderView maker = first->view;
    if (maker.order.owner == taker.owner && taker.self_trade != SelfTrade::kAllow) {
      const bool ends_maker = taker.self_trade != SelfTrade::kCancelTaker;
      const bool ends_taker = taker.self_trade != SelfTrade::kCancelResting;
      if (ends_maker) remove(maker.id, RemovalReason::kSelfTrade);
      if (ends_taker) return true;
      continue;
    }
    Qty lots = std::min(taker.quantity, maker.order.quantity);
    if (maker.order.is_reduce_only) lots = std::min(lots, reducible(maker.order));
    if (lots.value > 0) fill(maker.id, taker_id, lots);
    // What is left of a maker that cannot reduce any more goes.
    const Order* rest = pointer_to(maker.id);
    if (rest != nullptr && maker.order.is_reduce_only && reducible(maker.order).value == 0)
      remove(maker.id, RemovalReason::kNothingToReduce);
  }
}

void NaiveBook::fill(OrderId maker_id, OrderId taker_id, Qty lots) {
  OrderRequest& maker = pointer_to(maker_id)->view.order;
  OrderRequest& taker = pointer_to(taker_id)->view.order;
  maker.quantity -= lots;
  taker.quantity -= lots;
  const BookTrade trade{.price = maker.price,
                        .lots = lots,
                        .maker_id = maker_id,
                        .taker_id = taker_id,
                        .maker_owner = maker.owner,
                        .taker_owner = taker.owner,
                        .taker_side = taker.side,
                        .maker_remaining = maker.quantity,
                        .taker_remaining = taker.quantity};
  if (trade.maker_remaining.value == 0)
    std::erase_if(orders_, [&](const Order& one) { return one.view.id == maker_id; });
  note_price(PriceSource::kLast, trade.price);
  listener_->on_trade(trade);
}

void NaiveBook::remove(OrderId id, RemovalReason reason) {
  const OrderView view = pointer_to(id)->view;
  std::erase_if(orders_, [&](const Order& one) { return one.view.id == id; });
  listener_->on_removed(view, reason);
}

// Fires what the price has reached: nearest to the old price first, then in order of entry.
void NaiveBook::note_price(PriceSource source, PriceTicks price) {
  reference_[static_cast<std::size_t>(source)] = price;
  std::vector<OrderView> reached;
  for (const Order& order : orders_) {
    const OrderView& view = order.view;
    const bool waits = view.is_waiting && std::ranges::find(fired_, view.id) == fired_.end();
    if (waits && view.order.trigger->source == source && is_reached(view.order, price))
      reached.push_back(view);
  }
  std::ranges::stable_sort(reached, [&](const OrderView& a, const OrderView& b) {
    const auto behind = [&](const OrderView& view) {
      return std::abs((price - view.order.trigger->price).value);
    };
    return behind(a) > behind(b);
  });
  for (const OrderView& view : reached) fired_.push_back(view.id);
}

void NaiveBook::run_fired() {
  while (!fired_.empty()) {
    const OrderId id = fired_.front();
    fired_.pop_front();
    Order& order = *pointer_to(id);
    order.view.is_waiting = false;
    listener_->on_triggered(order.view);
    if (const auto refusal = refusal_of(order.view.order)) {
      remove(id, *refusal == RejectReason::kWouldCross ? RemovalReason::kWouldCross
                                                       : RemovalReason::kNothingToReduce);
    } else {
      enter(id);
    }
  }
}

std::optional<PriceTicks> NaiveBook::best_price(Side side) const {
  const Order* first = first_maker({.side = opposite(side), .kind = OrderKind::kMarket});
  if (first == nullptr) return std::nullopt;
  return first->view.order.price;
}

std::optional<PriceTicks> NaiveBook::next_price(Side side, PriceTicks after) const {
  std::optional<PriceTicks> next;
  for (const Order& order : orders_) {
    const OrderRequest& one = order.view.order;
    if (order.queued == 0 || one.side != side) continue;
    const bool is_behind = !is_as_good(opposite(side), one.price, after);
    if (is_behind && (!next || is_as_good(opposite(side), one.price, *next))) next = one.price;
  }
  return next;
}

Qty NaiveBook::lots_at(Side side, PriceTicks price) const {
  Qty total;
  for (const OrderView& view : orders_at(side, price)) total += view.order.quantity;
  return total;
}

Qty NaiveBook::lots_to(Side side, PriceTicks limit) const {
  Qty total;
  for (const Order& order : orders_) {
    const OrderRequest& one = order.view.order;
    const bool counts = order.queued != 0 && one.side == side;
    if (counts && is_as_good(opposite(side), one.price, limit)) total += one.quantity;
  }
  return total;
}

std::vector<OrderView> NaiveBook::orders_at(Side side, PriceTicks price) const {
  Orders queue;
  for (const Order& order : orders_) {
    const OrderRequest& one = order.view.order;
    if (order.queued != 0 && one.side == side && one.price == price) queue.push_back(order);
  }
  std::ranges::sort(queue, {}, &Order::queued);
  std::vector<OrderView> views;
  for (const Order& order : queue) views.push_back(order.view);
  return views;
}

std::optional<OrderView> NaiveBook::find(OrderId id) const {
  for (const Order& order : orders_) {
    if (order.view.id == id) return order.view;
  }
  return std::nullopt;
}

}  // namespace faultline
