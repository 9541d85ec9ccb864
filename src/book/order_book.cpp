#include "book/order_book.hpp"

#include <algorithm>
#include <unordered_map>

namespace faultline {
namespace {

// Where makers of `side` stop to cross a taker's limit.
LevelKey limit_key(Side maker_side, OrderKind kind, PriceTicks price) {
  return kind == OrderKind::kMarket ? kLevelKeys - 1 : key_of(best_of(maker_side), price);
}

RemovalReason removal_of(RejectReason reason) {
  FAULTLINE_CHECK(reason == RejectReason::kWouldCross || reason == RejectReason::kNothingToReduce);
  return reason == RejectReason::kWouldCross ? RemovalReason::kWouldCross
                                             : RemovalReason::kNothingToReduce;
}

// Positions as a fill-or-kill order would leave them.
class MovedPositions {
 public:
  void add(std::uint32_t owner, std::int64_t lots) { moved_[owner] += lots; }
  Qty of(std::uint32_t owner, const BookListener& listener) const {
    const auto found = moved_.find(owner);
    const Qty now = listener.position_lots(OwnerId{owner});
    return found == moved_.end() ? now : now + Qty(found->second);
  }

 private:
  std::unordered_map<std::uint32_t, std::int64_t> moved_;
};

}  // namespace

// While a call runs: the listener must not start another one.
class OrderBook::Busy {
 public:
  explicit Busy(OrderBook& book) : book_(book) {
    FAULTLINE_CHECK(!book.is_busy_);
    book.is_busy_ = true;
  }
  ~Busy() { book_.is_busy_ = false; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  OrderBook& book_;
};

OrderBook::OrderBook(const BookConfig& config, BookListener& listener)
    : config_(config), listener_(listener) {
  FAULTLINE_CHECK(config.orders_max <= kBookOrdersMax && config.lots_max <= kOrderLotsMax);
}

// --- What a caller asks for ---------------------------------------------------------------------

Result<Placement, RejectReason> OrderBook::place(const OrderRequest& request) {
  const Busy busy(*this);
  if (const auto flaw = flaw_of(request, config_)) return *flaw;
  const bool needs_room = may_rest(request.kind) || request.trigger.has_value();
  if (needs_room && pool_.used() >= config_.orders_max) return RejectReason::kBookFull;
  if (request.trigger) return place_trigger(request);
  if (request.kind == OrderKind::kPostOnly || request.is_reduce_only) {
    if (const auto refusal = refusal_of(request)) return *refusal;
  }
  return entered(take_slot(request));
}

Result<Placement, RejectReason> OrderBook::place_trigger(const OrderRequest& request) {
  const std::optional<PriceTicks> now = reference_price(request.trigger->source);
  if (!now) return RejectReason::kNoReferencePrice;
  const bool fires_up = fires_on_rise(request.side, request.trigger->kind);
  if (fires_up ? *now >= request.trigger->price : *now <= request.trigger->price)
    return RejectReason::kWouldTrigger;
  const Slot slot = take_slot(request);
  PooledOrder& order = pool_[slot];
  order.traits.begin_to_wait();
  const QueuePlace place = place_of(slot);
  push_back(pool_, place.ladder->open(place.key), slot);
  pool_.list(slot);
  return Placement{
      .id = pool_.id_of(slot), .state = PlacementState::kWaiting, .taken = request.quantity};
}

Result<OrderView, RejectReason> OrderBook::cancel(OrderId id) {
  const Busy busy(*this);
  const Slot slot = pool_.find(id);
  if (slot == 0) return RejectReason::kUnknownOrder;
  return cancelled(slot);
}

std::size_t OrderBook::cancel_all(OwnerId owner) {
  const Busy busy(*this);
  std::size_t count = 0;
  for (Slot slot = pool_.newest_of(owner); slot != 0; slot = pool_.newest_of(owner)) {
    remove(slot, RemovalReason::kCancelled);
    ++count;
  }
  return count;
}

Result<Placement, RejectReason> OrderBook::replace(OrderId id, Replacement replacement) {
  const Busy busy(*this);
  const Slot slot = pool_.find(id);
  if (slot == 0) return RejectReason::kUnknownOrder;
  PooledOrder& order = pool_[slot];
  const OrderView before = view_of(slot);
  OrderRequest request = before.order;
  request.price = replacement.price;
  request.quantity = replacement.quantity;
  if (const auto flaw = flaw_of(request, config_)) return *flaw;

  const Qty less = before.order.quantity - replacement.quantity;
  const bool keeps_place = replacement.price == before.order.price && less.value >= 0;
  if (order.traits.is_waiting() || keeps_place) {
    const QueuePlace place = place_of(slot);
    place.ladder->at(place.key).lots -= less.value;
    set_terms(order, request);
    if (!order.traits.is_waiting() && less.value > 0) listener_.on_reduced(view_of(slot), less);
    return Placement{
        .id = id,
        .state = order.traits.is_waiting() ? PlacementState::kWaiting : PlacementState::kResting,
        .taken = replacement.quantity};
  }
  if (const auto refusal = refusal_of(request)) return *refusal;
  take_out(slot);
  listener_.on_removed(before, RemovalReason::kReplaced);
  set_terms(order, request);
  return entered(slot);
}

Result<void, RejectReason> OrderBook::set_price(PriceSource source, PriceTicks price) {
  const Busy busy(*this);
  if (!is_book_price(price)) return RejectReason::kBadPrice;
  note_price(source, price);
  run_fired();
  return {};
}

// --- Entering and matching ----------------------------------------------------------------------

// What stands against a well-formed order at this moment.
std::optional<RejectReason> OrderBook::refusal_of(const OrderRequest& request) const {
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

OrderBook::Slot OrderBook::take_slot(const OrderRequest& request) {
  const Slot slot = pool_.take();
  PooledOrder& order = pool_[slot];
  order.owner = static_cast<std::uint32_t>(request.owner);
  order.traits = OrderTraits(request);
  if (request.trigger) pool_.set_trigger(slot, *request.trigger);
  set_terms(order, request);
  return slot;
}

void OrderBook::set_terms(PooledOrder& order, const OrderRequest& request) {
  order.lots = request.quantity.value;
  // A market order has no price, whatever was written there.
  order.set_price(order.traits.kind() == OrderKind::kMarket ? PriceTicks(0) : request.price);
}

// Functions of their own, with one way out, so that the answer is made where the caller reads it: a
// copy of what was just written waits for all writes before it, and costs as much as the rest.
Result<Placement, RejectReason> OrderBook::entered(Slot slot) {
  Result<Placement, RejectReason> placed{Placement{}};
  enter(slot, *placed);
  if (fired_.head != 0) {
    run_fired();
    if (pool_.find(placed->id) == 0) placed->state = PlacementState::kDone;
  }
  return placed;
}

Result<OrderView, RejectReason> OrderBook::cancelled(Slot slot) {
  Result<OrderView, RejectReason> order{OrderView{}};
  show(slot, *order);
  take_out(slot);
  pool_.release(slot);
  listener_.on_removed(*order, RemovalReason::kCancelled);
  return order;
}

// The order is in no queue and not refused; it trades, and rests or goes.
void OrderBook::enter(Slot slot, Placement& placed) {
  PooledOrder& order = pool_[slot];
  const Side makers = opposite(order.traits.side());
  const LevelKey limit = limit_key(makers, order.traits.kind(), order.price());
  placed.id = pool_.id_of(slot);
  if (order.traits.kind() == OrderKind::kFillOrKill) {
    if (!can_fill_whole(order, limit)) {
      finish(slot, RemovalReason::kKilled);
      return;
    }
  } else if (order.traits.is_reduce_only()) {
    order.lots = std::min(order.lots, reducible(order).value);
  }
  placed.taken = Qty(order.lots);
  const bool crosses = resting(makers).first() <= limit;
  const MatchEnd end = crosses ? match(slot, limit) : MatchEnd::kNoMore;
  placed.filled = placed.taken - Qty(order.lots);
  if (order.lots == 0) {
    pool_.release(slot);
  } else if (end == MatchEnd::kSelfTrade) {
    finish(slot, RemovalReason::kSelfTrade);
  } else if (may_rest(order.traits.kind())) {
    rest(slot);
    placed.state = PlacementState::kResting;
  } else {
    finish(slot, RemovalReason::kExpired);
  }
}

// Every turn of the loop ends the taker, removes a maker or fills one.
OrderBook::MatchEnd OrderBook::match(Slot taker_slot, LevelKey limit) {
  PooledOrder& taker = pool_[taker_slot];
  Ladder& makers = resting(opposite(taker.traits.side()));
  while (taker.lots > 0 && makers.first() <= limit) {
    const Slot maker_slot = makers.at(makers.first()).head;
    const PooledOrder& maker = pool_[maker_slot];
    if (maker.owner == taker.owner && taker.traits.self_trade() != SelfTrade::kAllow) {
      if (taker.traits.self_trade() != SelfTrade::kCancelTaker)
        remove(maker_slot, RemovalReason::kSelfTrade);
      if (taker.traits.self_trade() != SelfTrade::kCancelResting) return MatchEnd::kSelfTrade;
      continue;
    }
    std::int64_t lots = std::min(taker.lots, maker.lots);
    if (maker.traits.is_reduce_only()) {
      lots = std::min(lots, reducible(maker).value);
      if (lots == 0) {
        remove(maker_slot, RemovalReason::kNothingToReduce);
        continue;
      }
    }
    fill(taker_slot, lots);
  }
  return MatchEnd::kNoMore;
}

// The maker is the first in the queue of the best level.
void OrderBook::fill(Slot taker_slot, std::int64_t lots) {
  PooledOrder& taker = pool_[taker_slot];
  Ladder& makers = resting(opposite(taker.traits.side()));
  Level& level = makers.at(makers.first());
  const Slot maker_slot = level.head;
  PooledOrder& maker = pool_[maker_slot];
  pool_.expect(maker.next);
  taker.lots -= lots;
  maker.lots -= lots;
  level.lots -= lots;
  const BookTrade trade{.price = maker.price(),
                        .lots = Qty(lots),
                        .maker_id = pool_.id_of(maker_slot),
                        .taker_id = pool_.id_of(taker_slot),
                        .maker_owner = OwnerId{maker.owner},
                        .taker_owner = OwnerId{taker.owner},
                        .taker_side = taker.traits.side(),
                        .maker_remaining = Qty(maker.lots),
                        .taker_remaining = Qty(taker.lots)};
  if (maker.lots == 0) {
    take_out(maker_slot);
    pool_.release(maker_slot);
  }
  note_price(PriceSource::kLast, trade.price);
  listener_.on_trade(trade);
  if (trade.maker_remaining.value > 0 && maker.traits.is_reduce_only() &&
      reducible(maker).value == 0)
    remove(maker_slot, RemovalReason::kNothingToReduce);
}

// Walks what match() would do, and changes nothing.
bool OrderBook::can_fill_whole(const PooledOrder& taker, LevelKey limit) const {
  if (taker.traits.is_reduce_only() && reducible(taker).value < taker.lots) return false;
  const Side side = opposite(taker.traits.side());
  const Ladder& makers = resting(side);
  const bool has_caps = reduce_only_count_[index_of(side)] > 0;
  MovedPositions moved;
  std::int64_t left = taker.lots;
  for (LevelKey key = makers.first(); key <= limit; key = makers.next_after(key)) {
    for (Slot slot = makers.look(key).head; slot != 0; slot = pool_[slot].next) {
      const PooledOrder& maker = pool_[slot];
      if (maker.owner == taker.owner && taker.traits.self_trade() == SelfTrade::kCancelResting)
        continue;
      if (maker.owner == taker.owner && taker.traits.self_trade() != SelfTrade::kAllow)
        return false;
      std::int64_t lots = std::min(left, maker.lots);
      if (maker.traits.is_reduce_only())
        lots = std::min(lots, reducible_lots(moved.of(maker.owner, listener_), side).value);
      left -= lots;
      if (left == 0) return true;
      if (!has_caps) continue;
      moved.add(maker.owner, sign(side) * lots);
      moved.add(taker.owner, sign(taker.traits.side()) * lots);
    }
  }
  return false;
}

void OrderBook::rest(Slot slot) {
  PooledOrder& order = pool_[slot];
  const QueuePlace place = place_of(slot);
  push_back(pool_, place.ladder->open(place.key), slot);
  if (!order.traits.is_listed()) pool_.list(slot);
  if (order.traits.is_reduce_only()) ++reduce_only_count_[index_of(order.traits.side())];
  listener_.on_rested(view_of(slot));
}

// --- Leaving ------------------------------------------------------------------------------------

void OrderBook::take_out(Slot slot) {
  const PooledOrder& order = pool_[slot];
  const QueuePlace place = place_of(slot);
  Level& level = place.ladder->at(place.key);
  unlink(pool_, level, slot);
  place.ladder->settle(place.key);
  if (order.traits.is_reduce_only() && !order.traits.is_waiting())
    --reduce_only_count_[index_of(order.traits.side())];
}

void OrderBook::remove(Slot slot, RemovalReason reason) {
  take_out(slot);
  finish(slot, reason);
}

void OrderBook::finish(Slot slot, RemovalReason reason) {
  const OrderView view = view_of(slot);
  pool_.release(slot);
  listener_.on_removed(view, reason);
}

// --- Triggers -----------------------------------------------------------------------------------

// Moves what the price has crossed to the end of the queue of fired orders.
void OrderBook::note_price(PriceSource source, PriceTicks price) {
  std::optional<PriceTicks>& known = reference_[static_cast<std::size_t>(source)];
  if (known == price) return;
  known = price;
  for (const Best direction : {Best::kLowest, Best::kHighest}) {
    Ladder& ladder = waiting(source, direction);
    const LevelKey reached = key_of(direction, price);
    while (ladder.first() <= reached) {
      const Slot slot = ladder.at(ladder.first()).head;
      take_out(slot);
      push_back(pool_, fired_, slot);
    }
  }
}

// Orders that fire while others are entered join the end of the queue: no recursion.
void OrderBook::run_fired() {
  for (std::uint32_t count = 0; fired_.head != 0; ++count) {
    FAULTLINE_CHECK(count < config_.orders_max);  // each waited once, none can begin to
    const Slot slot = fired_.head;
    PooledOrder& order = pool_[slot];
    unlink(pool_, fired_, slot);
    order.traits.end_to_wait();
    const OrderView view = view_of(slot);
    listener_.on_triggered(view);
    if (const auto refusal = refusal_of(view.order)) {
      finish(slot, removal_of(*refusal));
    } else {
      Placement unread;
      enter(slot, unread);
    }
  }
}

// --- Reading ------------------------------------------------------------------------------------

OrderBook::QueuePlace OrderBook::place_of(Slot slot) {
  const PooledOrder& order = pool_[slot];
  if (!order.traits.is_waiting())
    return {&resting(order.traits.side()), key_of(best_of(order.traits.side()), order.price())};
  const Trigger& trigger = pool_.trigger(slot);
  const Best direction =
      fires_on_rise(order.traits.side(), trigger.kind) ? Best::kLowest : Best::kHighest;
  return {&waiting(trigger.source, direction), key_of(direction, trigger.price)};
}

Qty OrderBook::reducible(const PooledOrder& order) const {
  return reducible_lots(listener_.position_lots(OwnerId{order.owner}), order.traits.side());
}

void OrderBook::show(Slot slot, OrderView& view) const {
  const PooledOrder& order = pool_[slot];
  view.id = pool_.id_of(slot);
  view.order.owner = OwnerId{order.owner};
  view.order.side = order.traits.side();
  view.order.kind = order.traits.kind();
  view.order.self_trade = order.traits.self_trade();
  view.order.is_reduce_only = order.traits.is_reduce_only();
  view.order.price = order.price();
  view.order.quantity = Qty(order.lots);
  if (order.traits.has_trigger()) view.order.trigger = pool_.trigger(slot);
  view.is_waiting = order.traits.is_waiting();
}

OrderView OrderBook::view_of(Slot slot) const {
  OrderView view;
  show(slot, view);
  return view;
}

std::optional<PriceTicks> OrderBook::best_price(Side side) const {
  const LevelKey key = resting(side).first();
  if (key == kNoLevel) return std::nullopt;
  return price_of(best_of(side), key);
}

std::optional<PriceTicks> OrderBook::next_price(Side side, PriceTicks after) const {
  if (!is_book_price(after)) return std::nullopt;
  const LevelKey key = resting(side).next_after(key_of(best_of(side), after));
  if (key == kNoLevel) return std::nullopt;
  return price_of(best_of(side), key);
}

Qty OrderBook::lots_at(Side side, PriceTicks price) const {
  if (!is_book_price(price)) return Qty(0);
  return Qty(resting(side).look(key_of(best_of(side), price)).lots);
}

Qty OrderBook::lots_to(Side side, PriceTicks limit) const {
  Qty total;
  visit_levels(side, [&](PriceTicks price, Qty lots) {
    const bool is_within = sign(side) * (price - limit).value >= 0;
    if (is_within) total += lots;
    return is_within;
  });
  return total;
}

std::vector<OrderView> OrderBook::orders_at(Side side, PriceTicks price) const {
  std::vector<OrderView> orders;
  if (!is_book_price(price)) return orders;
  Slot slot = resting(side).look(key_of(best_of(side), price)).head;
  for (; slot != 0; slot = pool_[slot].next) orders.push_back(view_of(slot));
  return orders;
}

std::optional<OrderView> OrderBook::find(OrderId id) const {
  const Slot slot = pool_.find(id);
  if (slot == 0) return std::nullopt;
  return view_of(slot);
}

}  // namespace faultline
