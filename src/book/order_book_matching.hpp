#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/check.hpp"
#include "book/order_book.hpp"

namespace faultline {

// What MatchingBook does. Only for a user with a listener of a class of its own, whose calls are to
// be compiled in; OrderBook is compiled already.
//
// Why rare calls take a request by value: one whose address nobody takes need not lie in memory.

namespace matching_detail {

// Of a triggered order that is refused when it fires.
inline RemovalReason removal_of(RejectReason reason) {
  FAULTLINE_CHECK(reason == RejectReason::kWouldCross || reason == RejectReason::kNothingToReduce);
  return reason == RejectReason::kWouldCross ? RemovalReason::kWouldCross
                                             : RemovalReason::kNothingToReduce;
}

}  // namespace matching_detail

// --- What a caller asks for ---------------------------------------------------------------------

template <std::derived_from<BookListener> Listener>
Result<Placement, RejectReason> MatchingBook<Listener>::place(const OrderRequest& request) {
  const Busy busy(*this);
  if (!is_well_formed(request, config())) [[unlikely]]
    return *flaw_of(OrderRequest(request), config());
  const bool needs_room = may_rest(request.kind) || request.trigger.has_value();
  if (needs_room && pool().used() >= config().orders_max) [[unlikely]]
    return RejectReason::kBookFull;
  if (request.trigger) [[unlikely]]
    return place_trigger(request);
  if (request.kind == OrderKind::kPostOnly || request.is_reduce_only) [[unlikely]] {
    if (const auto refusal = refusal_of(request)) return *refusal;
  }
  return entered(take_slot(request));
}

template <std::derived_from<BookListener> Listener>
Result<Placement, RejectReason> MatchingBook<Listener>::place_trigger(OrderRequest request) {
  const std::optional<PriceTicks> now = reference_price(request.trigger->source);
  if (!now) return RejectReason::kNoReferencePrice;
  const bool fires_up = fires_on_rise(request.side, request.trigger->kind);
  if (fires_up ? *now >= request.trigger->price : *now <= request.trigger->price)
    return RejectReason::kWouldTrigger;
  const Slot slot = take_slot(request);
  begin_to_wait(slot);
  return Placement{
      .id = pool().id_of(slot), .state = PlacementState::kWaiting, .taken = request.quantity};
}

template <std::derived_from<BookListener> Listener>
Result<OrderView, RejectReason> MatchingBook<Listener>::cancel(OrderId id) {
  const Busy busy(*this);
  const Slot slot = pool().find(id);
  if (slot == 0) [[unlikely]]
    return RejectReason::kUnknownOrder;
  return cancelled(slot);
}

template <std::derived_from<BookListener> Listener>
std::size_t MatchingBook<Listener>::cancel_all(OwnerId owner) {
  const Busy busy(*this);
  std::size_t count = 0;
  for (Slot slot = pool().newest_of(owner); slot != 0; slot = pool().newest_of(owner)) {
    remove(slot, RemovalReason::kCancelled);
    ++count;
  }
  return count;
}

template <std::derived_from<BookListener> Listener>
Result<Placement, RejectReason> MatchingBook<Listener>::replace(OrderId id,
                                                                Replacement replacement) {
  const Busy busy(*this);
  const Slot slot = pool().find(id);
  if (slot == 0) return RejectReason::kUnknownOrder;
  PooledOrder& order = pool()[slot];
  OrderRequest request = view_of(slot).order;
  request.price = replacement.price;
  request.quantity = replacement.quantity;
  if (const auto flaw = flaw_of(request, config())) return *flaw;

  const Qty less = Qty(order.lots) - replacement.quantity;
  const bool keeps_place = replacement.price == order.price() && less.value >= 0;
  if (order.traits.is_waiting() || keeps_place) {
    reduce(slot, replacement.price, replacement.quantity);
    if (!order.traits.is_waiting() && less.value > 0) listener_.on_reduced(view_of(slot), less);
    return Placement{
        .id = id,
        .state = order.traits.is_waiting() ? PlacementState::kWaiting : PlacementState::kResting,
        .taken = replacement.quantity};
  }
  if (const auto refusal = refusal_of(request)) return *refusal;
  const OrderView before = view_of(slot);
  take_out(slot);
  listener_.on_removed(before, RemovalReason::kReplaced);
  set_terms(order, replacement.price, replacement.quantity);
  return entered(slot);
}

template <std::derived_from<BookListener> Listener>
Result<void, RejectReason> MatchingBook<Listener>::set_price(PriceSource source, PriceTicks price) {
  const Busy busy(*this);
  if (!is_book_price(price)) return RejectReason::kBadPrice;
  note_price(source, price);
  run_fired();
  return {};
}

// --- Entering and matching ----------------------------------------------------------------------

// What stands against a well-formed order at this moment.
template <std::derived_from<BookListener> Listener>
std::optional<RejectReason> MatchingBook<Listener>::refusal_of(OrderRequest request) const {
  if (request.kind == OrderKind::kPostOnly) {
    const Side makers = opposite(request.side);
    if (resting(makers).first() <= key_of(best_of(makers), request.price))
      return RejectReason::kWouldCross;
  }
  if (request.is_reduce_only &&
      reducible_lots(listener_.position_lots(request.owner), request.side).value == 0)
    return RejectReason::kNothingToReduce;
  return std::nullopt;
}

// Functions of their own, with one way out, so that the answer is made where the caller reads it: a
// copy of what was just written waits for all writes before it, and costs as much as the rest.
template <std::derived_from<BookListener> Listener>
inline Result<Placement, RejectReason> MatchingBook<Listener>::entered(Slot slot) {
  Result<Placement, RejectReason> placed{Placement{}};
  enter(slot, *placed);
  if (placed->filled.value > 0 && has_fired()) [[unlikely]] {
    run_fired();
    if (pool().find(placed->id) == 0) placed->state = PlacementState::kDone;
  }
  return placed;
}

template <std::derived_from<BookListener> Listener>
Result<OrderView, RejectReason> MatchingBook<Listener>::cancelled(Slot slot) {
  Result<OrderView, RejectReason> order{OrderView{}};
  show(slot, *order);
  take_out(slot);
  pool().release(slot);
  listener_.on_removed(*order, RemovalReason::kCancelled);
  return order;
}

// The order is in no queue and not refused; it trades, and rests or goes.
template <std::derived_from<BookListener> Listener>
inline void MatchingBook<Listener>::enter(Slot slot, Placement& placed) {
  PooledOrder& order = pool()[slot];
  const OrderKind kind = order.traits.kind();
  const Side makers = opposite(order.traits.side());
  const LevelKey limit = kind == OrderKind::kMarket
                             ? kLevelKeys - 1
                             : across(key_of(best_of(order.traits.side()), order.price()));
  placed.id = pool().id_of(slot);
  if (kind == OrderKind::kFillOrKill) [[unlikely]] {
    if (!can_fill_whole(order, limit, listener_)) {
      finish(slot, RemovalReason::kKilled);
      return;
    }
  } else if (order.traits.is_reduce_only()) [[unlikely]] {
    order.lots = std::min(order.lots, reducible(order).value);
  }
  placed.taken = Qty(order.lots);
  if (resting(makers).first() <= limit) [[unlikely]] {
    const MatchEnd end = match(slot, limit);
    placed.filled = placed.taken - Qty(order.lots);
    if (end == MatchEnd::kFilled) {
      pool().release(slot);
      return;
    }
    if (end == MatchEnd::kSelfTrade) [[unlikely]] {
      finish(slot, RemovalReason::kSelfTrade);
      return;
    }
  }
  if (may_rest(kind)) [[likely]] {
    placed.state = PlacementState::kResting;
    join(slot);
    listener_.on_rested(view_of(slot));
  } else {
    finish(slot, RemovalReason::kExpired);
  }
}

// Every turn of the loop ends the taker, removes a maker or fills one.
template <std::derived_from<BookListener> Listener>
typename MatchingBook<Listener>::MatchEnd MatchingBook<Listener>::match(Slot taker_slot,
                                                                        LevelKey limit) {
  PooledOrder& taker = pool()[taker_slot];
  Ladder& makers = resting(opposite(taker.traits.side()));
  while (makers.first() <= limit) {
    Level& level = makers.at(makers.first());
    const Slot maker_slot = level.head;
    const PooledOrder& maker = pool()[maker_slot];
    if (maker.owner == taker.owner && taker.traits.self_trade() != SelfTrade::kAllow) [[unlikely]] {
      if (taker.traits.self_trade() != SelfTrade::kCancelTaker)
        remove(maker_slot, RemovalReason::kSelfTrade);
      if (taker.traits.self_trade() != SelfTrade::kCancelResting) return MatchEnd::kSelfTrade;
      continue;
    }
    std::int64_t lots = std::min(taker.lots, maker.lots);
    if (maker.traits.is_reduce_only()) [[unlikely]] {
      lots = std::min(lots, reducible(maker).value);
      if (lots == 0) {
        remove(maker_slot, RemovalReason::kNothingToReduce);
        continue;
      }
    }
    level.lots -= lots;
    fill(taker_slot, maker_slot, lots);
    if (taker.lots == 0) return MatchEnd::kFilled;
  }
  return MatchEnd::kNoMore;
}

// The maker is the first in the queue of the best level, whose sum is right already.
template <std::derived_from<BookListener> Listener>
void MatchingBook<Listener>::fill(Slot taker_slot, Slot maker_slot, std::int64_t lots) {
  PooledOrder& taker = pool()[taker_slot];
  PooledOrder& maker = pool()[maker_slot];
  pool().expect(maker.next);
  taker.lots -= lots;
  maker.lots -= lots;
  const BookTrade trade{.price = maker.price(),
                        .lots = Qty(lots),
                        .maker_id = pool().id_of(maker_slot),
                        .taker_id = pool().id_of(taker_slot),
                        .maker_owner = OwnerId{maker.owner},
                        .taker_owner = OwnerId{taker.owner},
                        .taker_side = taker.traits.side(),
                        .maker_remaining = Qty(maker.lots),
                        .taker_remaining = Qty(taker.lots)};
  if (maker.lots == 0) [[likely]] {
    take_out_first(opposite(trade.taker_side));
    pool().release(maker_slot);
  }
  note_price(PriceSource::kLast, trade.price);
  listener_.on_trade(trade);
  if (maker.traits.is_reduce_only() && trade.maker_remaining.value > 0 &&
      reducible(maker).value == 0) [[unlikely]]
    remove(maker_slot, RemovalReason::kNothingToReduce);
}

template <std::derived_from<BookListener> Listener>
Qty MatchingBook<Listener>::reducible(const PooledOrder& order) const {
  return reducible_lots(listener_.position_lots(OwnerId{order.owner}), order.traits.side());
}

// --- Leaving ------------------------------------------------------------------------------------

template <std::derived_from<BookListener> Listener>
void MatchingBook<Listener>::remove(Slot slot, RemovalReason reason) {
  take_out(slot);
  finish(slot, reason);
}

template <std::derived_from<BookListener> Listener>
void MatchingBook<Listener>::finish(Slot slot, RemovalReason reason) {
  const OrderView view = view_of(slot);
  pool().release(slot);
  listener_.on_removed(view, reason);
}

// Orders that fire while others are entered join the end of the queue: no recursion.
template <std::derived_from<BookListener> Listener>
void MatchingBook<Listener>::run_fired() {
  for (std::uint32_t count = 0; has_fired(); ++count) {
    FAULTLINE_CHECK(count < config().orders_max);  // each waited once, none can begin to
    const Slot slot = take_fired();
    const OrderView view = view_of(slot);
    listener_.on_triggered(view);
    if (const auto refusal = refusal_of(view.order)) {
      finish(slot, matching_detail::removal_of(*refusal));
    } else {
      Placement unread;
      enter(slot, unread);
    }
  }
}

}  // namespace faultline
